import type { FileMarks, FileThings, KeptThing, NamedThings, UnnamedThings } from '../../core/ports/file-marks.js';
import type { SqlExecutor, Statement } from '../executor.js';
import type { Transaction } from '../transaction.js';
import { idsOf, membersOf, refsOf } from './list-values.js';
import { holdersOf, keptThing, readGone } from './file-kept.js';
import { removeLeaves } from './file-removal.js';
import { unnamedRows, withoutHeld } from './file-unnamed.js';

const MARKS: Readonly<Record<keyof FileThings, string>> = {
  types: `UPDATE castellan.types SET from_file = true WHERE name = ANY($1::text[])`,
  groups: `UPDATE castellan.subjects SET from_file = true WHERE type = 'group' AND external_id = ANY($1::text[])`,
  roles: `UPDATE castellan.subjects SET from_file = true WHERE type = 'role' AND external_id = ANY($1::text[])`,
  members: `UPDATE castellan.memberships m SET from_file = true
    FROM unnest($1::text[], $2::text[], $3::text[]) AS q(group_id, type, id)
    JOIN castellan.subjects g ON g.type = 'group' AND g.external_id = q.group_id
    JOIN castellan.subjects s ON s.type = q.type AND s.external_id = q.id
    WHERE m.group_id = g.id AND m.member_id = s.id`,
  objects: `UPDATE castellan.objects o SET from_file = true FROM unnest($1::text[], $2::text[]) AS q(type, id)
    JOIN castellan.types t ON t.name = q.type WHERE o.type_id = t.id AND o.external_id = q.id`,
  assignments: `UPDATE castellan.assignments SET from_file = true WHERE id = ANY($1::uuid[])`,
  grants: `UPDATE castellan.grants SET from_file = true WHERE id = ANY($1::uuid[])`,
};

// Of an object that this very write has made, nobody else can have a grant.
const MARK_GRANTS_ON: Statement = {
  name: 'castellan_mark_grants_on',
  text: `UPDATE castellan.grants g SET from_file = true FROM unnest($1::text[], $2::text[]) AS q(type, id)
    JOIN castellan.types t ON t.name = q.type JOIN castellan.objects o ON o.type_id = t.id AND o.external_id = q.id
    WHERE g.object_id = o.id AND NOT g.from_file`,
};

/** Marks, and finds and removes by their marks, in the store's own transaction. */
export class SqlFileMarks implements FileMarks {
  readonly #sql: SqlExecutor;

  constructor(private readonly tx: Transaction) {
    this.#sql = tx.sql;
  }

  async mark(made: FileThings): Promise<void> {
    const values: Record<keyof FileThings, readonly unknown[][]> = {
      types: [[...made.types]],
      groups: [[...made.groups]],
      roles: [[...made.roles]],
      members: membersOf(made.members),
      objects: refsOf(made.objects),
      assignments: idsOf(made.assignments),
      grants: idsOf(made.grants),
    };
    for (const [kind, text] of Object.entries(MARKS)) {
      const given = values[kind as keyof FileThings];
      if (given[0]?.length) await this.#sql.query({ name: `castellan_mark_${kind}`, text }, given);
    }
    if (made.objects.length > 0) await this.#sql.query(MARK_GRANTS_ON, values.objects);
  }

  async unnamed(named: NamedThings): Promise<{ gone: UnnamedThings; kept: KeptThing[] }> {
    const { rows, held } = await withoutHeld(this.#sql, await unnamedRows(this.#sql, named));
    const holders = await holdersOf(this.tx, held);
    return { gone: await readGone(this.tx, rows), kept: held.map((one) => keptThing(one, holders)) };
  }

  remove(gone: Pick<UnnamedThings, 'grants' | 'assignments' | 'members' | 'objects'>): Promise<void> {
    return removeLeaves(this.tx, gone);
  }
}
