import { refName, type ObjectRef } from '../../core/model.js';
import type { Holder, KeptThing, UnnamedThings } from '../../core/ports/file-marks.js';
import type { GroupRecord, MemberOf } from '../../core/ports/groups.js';
import type { ObjectRecord } from '../../core/ports/objects.js';
import type { RoleRecord } from '../../core/ports/roles.js';
import type { TypeRecord } from '../../core/ports/types.js';
import { inParts } from '../ancestry.js';
import type { Statement } from '../executor.js';
import type { Transaction } from '../transaction.js';
import { findAssignments } from './assignment-store.js';
import type { HeldRow, MarkedRows } from './file-unnamed.js';
import { findGrants } from './grant-rows.js';
import { objectRecord, readObjectRows } from './object-rows.js';
import { PrismaRoleWriter } from './role-store.js';
import { SUBJECT_COLUMNS, type SubjectRow } from './subject-rows.js';
import { PrismaTypeWriter } from './type-store.js';

const SUBJECTS: Statement = {
  name: 'castellan_subjects_of_rows',
  text: `SELECT ${SUBJECT_COLUMNS} FROM castellan.subjects s WHERE s.id = ANY($1::int[]) ORDER BY s.id`,
};

const TYPE_NAMES: Statement = {
  name: 'castellan_type_names_of_rows',
  text: 'SELECT id, name FROM castellan.types WHERE id = ANY($1::int[]) ORDER BY id',
};

/** What hangs on the rows that are held, and what those are called themselves. */
export interface Holders {
  readonly names: ReadonlyMap<string, Pick<KeptThing, 'kind' | 'name'>>;
  readonly holders: ReadonlyMap<string, Holder>;
}

/** Reads the names of what is held, and what it is held by. */
export async function holdersOf(tx: Transaction, held: readonly HeldRow[]): Promise<Holders> {
  const some = held.flatMap((row) => row.some);
  const ids = (kind: Holder['kind']): string[] => some.filter((what) => kindOf(what) === kind).map(idOf);
  const heldIds = (kind: HeldRow['kind']): string[] => held.filter((row) => row.kind === kind).map(({ id }) => id);
  const pairs = ids('member').map((pair) => pair.split(' '));
  const roles = [...ids('inclusion'), ...ids('rule')];
  const subjects = await subjectsById(tx, [...pairs.flat(), ...roles, ...heldIds('subject')].map(Number));
  const objects = new Map(
    (await readObjectRows(tx.sql, [...ids('object'), ...heldIds('object')])).map((row) => [row.row_id, row] as const),
  );
  const refOf = ({ type, id }: ObjectRef): ObjectRef => ({ type, id });
  const holders: [string, Holder][] = [];
  for (const grant of await findGrants(tx.sql, ids('grant')))
    holders.push([`grant ${grant.id}`, { kind: 'grant', grant }]);
  for (const assignment of await findAssignments(tx.prisma, ids('assignment')))
    holders.push([`assignment ${assignment.id}`, { kind: 'assignment', assignment }]);
  for (const [group = '', member = ''] of pairs) {
    const [above, below] = [subjects.get(Number(group)), subjects.get(Number(member))];
    if (above && below)
      holders.push([
        `member ${group} ${member}`,
        { kind: 'member', member: { group: above.id, member: refOf(below) } },
      ]);
  }
  for (const id of ids('object')) {
    const object = objects.get(id);
    if (object) holders.push([`object ${id}`, { kind: 'object', object: refOf(object) }]);
  }
  for (const kind of ['inclusion', 'rule'] as const)
    for (const id of ids(kind)) {
      const role = subjects.get(Number(id));
      if (role) holders.push([`${kind} ${id}`, { kind, role: role.id }]);
    }
  return { names: await namesOf(tx, held, subjects, objects), holders: new Map(holders) };
}

async function namesOf(
  tx: Transaction,
  held: readonly HeldRow[],
  subjects: ReadonlyMap<number, SubjectRow>,
  objects: ReadonlyMap<string, ObjectRef>,
): Promise<Holders['names']> {
  const types = await typeNames(
    tx,
    held.filter(({ kind }) => kind === 'type').map(({ id }) => Number(id)),
  );
  const names = new Map<string, Pick<KeptThing, 'kind' | 'name'>>();
  for (const { kind, id } of held) {
    const subject = kind === 'subject' ? subjects.get(Number(id)) : undefined;
    const object = kind === 'object' ? objects.get(id) : undefined;
    const type = kind === 'type' ? types.get(Number(id)) : undefined;
    if (subject) names.set(`${kind} ${id}`, { kind: subject.type as 'group' | 'role', name: subject.id });
    if (object) names.set(`${kind} ${id}`, { kind: 'object', name: refName(object) });
    if (type !== undefined) names.set(`${kind} ${id}`, { kind: 'type', name: type });
  }
  return names;
}

/** A row that is held, in the words of the outside. */
export function keptThing({ kind, id, count, some }: HeldRow, { names, holders }: Holders): KeptThing {
  const named = names.get(`${kind} ${id}`) ?? { kind: 'object', name: id };
  return { ...named, holders: some.flatMap((what) => holders.get(what) ?? []), count };
}

/** Reads the records of rows, as they are. */
export async function readGone(tx: Transaction, rows: MarkedRows): Promise<UnnamedThings> {
  const members = rows.members.flatMap(({ group_id, member_id }) => [group_id, member_id]);
  const subjects = await subjectsById(tx, [...rows.subjects, ...members]);
  const own = rows.subjects.flatMap((id) => subjects.get(id) ?? []);
  const objects: ObjectRecord[] = [];
  for (const part of inParts(rows.objects)) objects.push(...(await readObjectRows(tx.sql, part)).map(objectRecord));
  const roles: RoleRecord[] = await new PrismaRoleWriter(tx).findMany(
    own.filter(({ type }) => type === 'role').map(({ id }) => id),
  );
  const types: TypeRecord[] = await new PrismaTypeWriter(tx).findMany([...(await typeNames(tx, rows.types)).values()]);
  return {
    types,
    groups: own.filter(({ type }) => type === 'group').map(({ id, description }): GroupRecord => ({ id, description })),
    members: rows.members.flatMap(({ group_id, member_id }): MemberOf[] => {
      const [group, member] = [subjects.get(group_id), subjects.get(member_id)];
      return group && member ? [{ group: group.id, member: { type: member.type, id: member.id } }] : [];
    }),
    roles,
    objects,
    assignments: await findAssignments(tx.prisma, rows.assignments),
    grants: await findGrants(tx.sql, rows.grants),
  };
}

async function subjectsById({ sql }: Transaction, ids: readonly number[]): Promise<Map<number, SubjectRow>> {
  const rows = await sql.query<SubjectRow>(SUBJECTS, [[...new Set(ids)]]);
  return new Map(rows.map((row) => [row.row_id, row]));
}

async function typeNames({ sql }: Transaction, ids: readonly number[]): Promise<Map<number, string>> {
  const rows = await sql.query<{ id: number; name: string }>(TYPE_NAMES, [ids]);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

function kindOf(what: string): string {
  return what.slice(0, what.indexOf(' '));
}

function idOf(what: string): string {
  return what.slice(what.indexOf(' ') + 1);
}
