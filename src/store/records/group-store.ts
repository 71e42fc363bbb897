import { isBuiltInGroup } from '../../core/built-ins.js';
import { CastellanError, notFound, unknownReference } from '../../core/errors.js';
import { refName, type SubjectRef } from '../../core/model.js';
import { GroupReader, type GroupRecord, type GroupWriter } from '../../core/ports/groups.js';
import type { Page } from '../../core/ports/lists.js';
import { affectedBy, MEMBERSHIPS, recomputeClosure, requireEdgeFits } from '../closures.js';
import type { PrismaClient } from '../generated/client.js';
import type { Transaction } from '../transaction.js';
import { creatorIn, deleteObjectRow, insertObject } from './object-rows.js';

const SELECT = { id: true, externalId: true, description: true } as const;
interface Row {
  readonly id: number;
  readonly externalId: string;
  readonly description: string | null;
}

const named = (ref: SubjectRef): { type_externalId: { type: string; externalId: string } } => ({
  type_externalId: { type: ref.type, externalId: ref.id },
});

export class PrismaGroupReader extends GroupReader {
  constructor(private readonly prisma: PrismaClient) {
    super();
  }

  async find(id: string): Promise<GroupRecord | null> {
    const row = await this.prisma.subject.findUnique({ where: named({ type: 'group', id }), select: SELECT });
    return row && recordOf(row);
  }

  async findMany(ids: readonly string[]): Promise<GroupRecord[]> {
    const rows = await this.prisma.subject.findMany({
      where: { type: 'group', externalId: { in: [...ids] } },
      select: SELECT,
    });
    const byId = new Map(rows.map((row) => [row.externalId, recordOf(row)]));
    return ids.flatMap((id) => byId.get(id) ?? []);
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

export class PrismaGroupWriter implements GroupWriter {
  constructor(private readonly tx: Transaction) {}

  async find(id: string): Promise<GroupRecord | null> {
    const row = await this.#row({ type: 'group', id });
    return row && recordOf(row);
  }

  async create(group: GroupRecord): Promise<GroupRecord> {
    if (await this.find(group.id))
      throw new CastellanError('already_exists', `id: there is a group ${group.id} already.`, [
        { path: 'id', message: 'is taken' },
      ]);
    const row = await this.tx.prisma.subject.create({
      data: { type: 'group', externalId: group.id, description: group.description },
      select: SELECT,
    });
    const creation = await insertObject(this.tx, { type: 'group', id: group.id }, creatorIn(this.tx));
    this.#record('group.create', group.id, null, { ...recordOf(row), ...creation });
    return recordOf(row);
  }

  async update(id: string, change: { description?: string | null }): Promise<GroupRecord> {
    const before = await this.#changeable(id);
    const row = await this.tx.prisma.subject.update({ where: { id: before.id }, data: change, select: SELECT });
    this.#record('group.update', id, recordOf(before), recordOf(row));
    return recordOf(row);
  }

  async delete(id: string): Promise<void> {
    const group = await this.#changeable(id);
    const affected = (await affectedBy(this.tx.sql, MEMBERSHIPS, group.id)).filter((member) => member !== group.id);
    const members = await this.tx.prisma.membership.findMany({
      where: { groupId: group.id },
      select: { member: { select: { type: true, externalId: true } } },
    });
    await deleteObjectRow(this.tx, { type: 'group', id });
    await this.tx.prisma.subject.delete({ where: { id: group.id } });
    await recomputeClosure(this.tx.sql, MEMBERSHIPS, affected);
    const names = members.map(({ member }) => refName({ type: member.type, id: member.externalId }));
    this.#record('group.delete', id, { ...recordOf(group), members: names }, null);
  }

  async addMember(id: string, member: SubjectRef): Promise<boolean> {
    const group = await this.#changeable(id);
    const row = await this.#row(member);
    if (!row || member.type === 'role' || isBuiltInGroup(member))
      throw unknownReference('member', `${member.type} ${member.id} to be a member`);
    const edge = { groupId: group.id, memberId: row.id };
    if (await this.tx.prisma.membership.findUnique({ where: { groupId_memberId: edge } })) return false;
    await requireEdgeFits(this.tx.sql, MEMBERSHIPS, {
      lower: row.id,
      upper: group.id,
      name: `${refName(member)} in group:${id}`,
    });
    await this.tx.prisma.membership.create({ data: edge });
    await recomputeClosure(this.tx.sql, MEMBERSHIPS, await affectedBy(this.tx.sql, MEMBERSHIPS, row.id));
    this.#record('group.member.add', id, null, { member });
    return true;
  }

  async removeMember(id: string, member: SubjectRef): Promise<void> {
    const group = await this.#changeable(id);
    const row = await this.#row(member);
    if (!row) throw notFound();
    const { count } = await this.tx.prisma.membership.deleteMany({ where: { groupId: group.id, memberId: row.id } });
    if (count === 0) throw notFound();
    await recomputeClosure(this.tx.sql, MEMBERSHIPS, await affectedBy(this.tx.sql, MEMBERSHIPS, row.id));
    this.#record('group.member.remove', id, { member }, null);
  }

  #row(ref: SubjectRef): Promise<Row | null> {
    return this.tx.prisma.subject.findUnique({ where: named(ref), select: SELECT });
  }

  async #changeable(id: string): Promise<Row> {
    const ref = { type: 'group', id };
    const row = await this.#row(ref);
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

function recordOf(row: Row): GroupRecord {
  return { id: row.externalId, description: row.description };
}
