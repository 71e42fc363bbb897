import { isBuiltInGroup } from '../../core/built-ins.js';
import { CastellanError, notFound, unknownReference } from '../../core/errors.js';
import { refName, type SubjectRef } from '../../core/model.js';
import { GroupReader, type GroupRecord, type GroupWriter, type MemberOf } from '../../core/ports/groups.js';
import type { Page } from '../../core/ports/lists.js';
import { affectedBy, MEMBERSHIPS, recomputeClosure, requireEdgeFits } from '../closures.js';
import { PrismaExecutor, type Statement } from '../executor.js';
import type { PrismaClient } from '../generated/client.js';
import type { SqlTransaction } from '../transaction.js';
import { joinGroups, standingMembers } from './group-batch.js';
import { creatorIn, deleteObjectRow, insertObject } from './object-rows.js';
import { deleteSubjectRow, findSubjectRow, readSubjectRows, type SubjectRow } from './subject-rows.js';

const INSERT: Statement = {
  name: 'castellan_insert_group',
  text: `INSERT INTO castellan.subjects (type, external_id, description) VALUES ('group', $1::text, $2::text)`,
};

const DESCRIBE: Statement = {
  name: 'castellan_describe_group',
  text: 'UPDATE castellan.subjects SET description = $2::text WHERE id = $1::int',
};

const MEMBERS: Statement = {
  name: 'castellan_members_of_group',
  text: `SELECT s.type, s.external_id AS id FROM castellan.memberships m JOIN castellan.subjects s ON s.id = m.member_id
    WHERE m.group_id = $1::int ORDER BY s.id`,
};

const IS_MEMBER: Statement = {
  name: 'castellan_is_member',
  text: 'SELECT from_provider FROM castellan.memberships WHERE group_id = $1::int AND member_id = $2::int',
};

const BY_HAND: Statement = {
  name: 'castellan_membership_by_hand',
  text: 'UPDATE castellan.memberships SET from_provider = false WHERE group_id = $1::int AND member_id = $2::int',
};

const JOIN: Statement = {
  name: 'castellan_join_group',
  text: 'INSERT INTO castellan.memberships (group_id, member_id) VALUES ($1::int, $2::int)',
};

const LEAVE: Statement = {
  name: 'castellan_leave_group',
  text: 'DELETE FROM castellan.memberships WHERE group_id = $1::int AND member_id = $2::int RETURNING 1 AS gone',
};

export class PrismaGroupReader extends GroupReader {
  constructor(private readonly prisma: PrismaClient) {
    super();
  }

  async find(id: string): Promise<GroupRecord | null> {
    const row = await findSubjectRow(new PrismaExecutor(this.prisma), { type: 'group', id });
    return row && recordOf(row);
  }

  async findMany(ids: readonly string[]): Promise<GroupRecord[]> {
    return (await readSubjectRows(new PrismaExecutor(this.prisma), 'group', ids)).map(recordOf);
  }

  async members(id: string, page: { limit: number; after?: string | undefined }): Promise<Page<SubjectRef>> {
    const rows = await this.prisma.membership.findMany({
      where: { group: { type: 'group', externalId: id }, memberId: { gt: Number(page.after ?? 0) } },
      orderBy: { memberId: 'asc' },
      take: page.limit + 1,
      select: { memberId: true, member: { select: { type: true, externalId: true } } },
    });
    const items = rows.slice(0, page.limit);
    return {
      items: items.map(({ member }) => ({ type: member.type, id: member.externalId })),
      next: rows.length > page.limit ? String(items.at(-1)?.memberId) : null,
    };
  }
}

/** Writes groups and who is in them in the transaction that it is given, be it the store's own or an app's. */
export class SqlGroupWriter implements GroupWriter {
  constructor(private readonly tx: SqlTransaction) {}

  async find(id: string): Promise<GroupRecord | null> {
    const row = await findSubjectRow(this.tx.sql, { type: 'group', id });
    return row && recordOf(row);
  }

  async findMany(ids: readonly string[]): Promise<GroupRecord[]> {
    return (await readSubjectRows(this.tx.sql, 'group', ids)).map(recordOf);
  }

  async create({ id, description }: GroupRecord): Promise<GroupRecord> {
    if (await this.find(id))
      throw new CastellanError('already_exists', `id: there is a group ${id} already.`, [
        { path: 'id', message: 'is taken' },
      ]);
    await this.tx.sql.query(INSERT, [id, description]);
    const creation = await insertObject(this.tx, { type: 'group', id }, creatorIn(this.tx));
    const record: GroupRecord = { id, description };
    this.#record('group.create', id, null, { ...record, ...creation });
    return record;
  }

  async update(id: string, { description }: { description?: string | null }): Promise<GroupRecord> {
    const group = await this.#changeable(id);
    const before = recordOf(group);
    const after: GroupRecord = { id, description: description === undefined ? before.description : description };
    await this.tx.sql.query(DESCRIBE, [group.row_id, after.description]);
    this.#record('group.update', id, before, after);
    return after;
  }

  async delete(id: string): Promise<void> {
    const group = await this.#changeable(id);
    const affected = (await affectedBy(this.tx.sql, MEMBERSHIPS, group.row_id)).filter(
      (member) => member !== group.row_id,
    );
    const members = await this.tx.sql.query<SubjectRef>(MEMBERS, [group.row_id]);
    await deleteObjectRow(this.tx, { type: 'group', id });
    await deleteSubjectRow(this.tx.sql, group.row_id);
    await recomputeClosure(this.tx.sql, MEMBERSHIPS, affected);
    this.#record('group.delete', id, { ...recordOf(group), members: members.map(refName) }, null);
  }

  /** Nothing is written when it refuses. */
  async addMember(id: string, member: SubjectRef): Promise<boolean> {
    const { sql } = this.tx;
    const group = await this.#changeable(id);
    const row = await findSubjectRow(sql, member);
    if (!row || member.type === 'role' || isBuiltInGroup(member))
      throw unknownReference('member', `${member.type} ${member.id} to be a member`);
    const edge = [group.row_id, row.row_id];
    const [standing] = await sql.query<{ from_provider: boolean }>(IS_MEMBER, edge);
    if (standing) {
      // Somebody wants it to stay, whatever the identity provider says from now on.
      if (standing.from_provider) {
        await sql.query(BY_HAND, edge);
        this.#record('group.member.keep', id, { member }, { member });
      }
      return false;
    }
    const name = `${refName(member)} in group:${id}`;
    await requireEdgeFits(sql, MEMBERSHIPS, { lower: row.row_id, upper: group.row_id, name });
    await sql.query(JOIN, edge);
    await recomputeClosure(sql, MEMBERSHIPS, await affectedBy(sql, MEMBERSHIPS, row.row_id));
    this.#record('group.member.add', id, null, { member });
    return true;
  }

  standingMembers(members: readonly MemberOf[]): Promise<Map<number, { readonly fromProvider: boolean }>> {
    return standingMembers(this.tx.sql, members);
  }

  async addMembers(members: readonly MemberOf[]): Promise<void> {
    await joinGroups(this.tx.sql, members);
    for (const { group, member } of members) this.#record('group.member.add', group, null, { member });
  }

  /** Nothing is written when it refuses. */
  async removeMember(id: string, member: SubjectRef): Promise<void> {
    const { sql } = this.tx;
    const group = await this.#changeable(id);
    const row = await findSubjectRow(sql, member);
    if (!row) throw notFound();
    const [gone] = await sql.query(LEAVE, [group.row_id, row.row_id]);
    if (!gone) throw notFound();
    await recomputeClosure(sql, MEMBERSHIPS, await affectedBy(sql, MEMBERSHIPS, row.row_id));
    this.#record('group.member.remove', id, { member }, null);
  }

  async #changeable(id: string): Promise<SubjectRow> {
    const ref = { type: 'group', id };
    const row = await findSubjectRow(this.tx.sql, ref);
    if (!row) throw notFound();
    if (isBuiltInGroup(ref))
      throw new CastellanError(
        'built_in',
        `The group ${id} is built in: it has no list of members, and stays as it is.`,
      );
    return row;
  }

  #record(action: string, id: string, before: object | null, after: object | null): void {
    this.tx.changes.add({ action, target: { type: 'group', id }, before, after });
  }
}

function recordOf({ id, description }: SubjectRow): GroupRecord {
  return { id, description };
}
