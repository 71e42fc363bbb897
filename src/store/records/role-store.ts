import { CastellanError, notFound, unknownReference } from '../../core/errors.js';
import type { Effect, JsonObject } from '../../core/model.js';
import {
  RoleReader,
  type RoleChange,
  type RoleRecord,
  type RoleRule,
  type RoleWriter,
} from '../../core/ports/roles.js';
import { ruleKey } from '../../core/rule-key.js';
import { affectedBy, INCLUSIONS, recomputeClosure, requireEdgeFits } from '../closures.js';
import { Prisma, type PrismaClient } from '../generated/client.js';
import { permissionIds } from '../permission-ids.js';
import type { Transaction } from '../transaction.js';
import { creatorIn, deleteObjectRow, insertObject, type Creation } from './object-rows.js';

const INCLUDE = {
  subject: { select: { externalId: true, description: true } },
  rules: { orderBy: { id: 'asc' }, include: { permission: { include: { type: { select: { name: true } } } } } },
  inclusions: {
    orderBy: { includedId: 'asc' },
    include: { included: { include: { subject: { select: { externalId: true } } } } },
  },
} as const satisfies Prisma.RoleInclude;
type Row = Prisma.RoleGetPayload<{ include: typeof INCLUDE }>;

const named = (id: string): Prisma.RoleWhereInput => ({ subject: { type: 'role', externalId: id } });

export class PrismaRoleReader extends RoleReader {
  constructor(private readonly prisma: PrismaClient) {
    super();
  }

  async find(id: string): Promise<RoleRecord | null> {
    const row = await this.prisma.role.findFirst({ where: named(id), include: INCLUDE });
    return row && recordOf(row);
  }

  findMany(ids: readonly string[]): Promise<RoleRecord[]> {
    return readRoles(this.prisma, ids);
  }
}

export class PrismaRoleWriter implements RoleWriter {
  constructor(private readonly tx: Transaction) {}

  async find(id: string): Promise<RoleRecord | null> {
    const row = await this.#row(id);
    return row && recordOf(row);
  }

  findMany(ids: readonly string[]): Promise<RoleRecord[]> {
    return readRoles(this.tx.prisma, ids);
  }

  async create(role: RoleRecord): Promise<RoleRecord> {
    if (await this.#row(role.id))
      throw new CastellanError('already_exists', `id: there is a role ${role.id} already.`, [
        { path: 'id', message: 'is taken' },
      ]);
    const subject = await this.tx.prisma.subject.create({
      data: { type: 'role', externalId: role.id, description: role.description },
    });
    await this.tx.prisma.role.create({ data: { id: subject.id } });
    const creation = await insertObject(this.tx, { type: 'role', id: role.id }, creatorIn(this.tx));
    await this.#setRules(subject.id, role.rules);
    await this.#setIncludes(subject.id, role.id, role.includes);
    return this.#recorded('role.create', role.id, null, creation);
  }

  async update(id: string, change: RoleChange): Promise<RoleRecord> {
    const before = await this.#row(id);
    if (!before) throw notFound();
    if (change.description !== undefined) {
      await this.tx.prisma.subject.update({ where: { id: before.id }, data: { description: change.description } });
    }
    if (change.rules) await this.#setRules(before.id, change.rules);
    if (change.includes) await this.#setIncludes(before.id, id, change.includes);
    return this.#recorded('role.update', id, recordOf(before));
  }

  async delete(id: string): Promise<void> {
    const before = await this.#row(id);
    if (!before) throw notFound();
    const affected = (await affectedBy(this.tx.sql, INCLUSIONS, before.id)).filter((role) => role !== before.id);
    await deleteObjectRow(this.tx, { type: 'role', id });
    await this.tx.prisma.subject.delete({ where: { id: before.id } });
    await recomputeClosure(this.tx.sql, INCLUSIONS, affected);
    this.tx.changes.add({ action: 'role.delete', target: { type: 'role', id }, before: recordOf(before), after: null });
  }

  #row(id: string): Promise<Row | null> {
    return this.tx.prisma.role.findFirst({ where: named(id), include: INCLUDE });
  }

  async #recorded(action: string, id: string, before: RoleRecord | null, creation?: Creation): Promise<RoleRecord> {
    const row = await this.#row(id);
    if (!row) throw notFound();
    const record = recordOf(row);
    this.tx.changes.add({ action, target: { type: 'role', id }, before, after: { ...record, ...creation } });
    return record;
  }

  async #setRules(roleId: number, rules: readonly RoleRule[]): Promise<void> {
    const ids = await permissionIds(
      this.tx,
      rules.map((rule) => rule.permission),
      (index) => `rules.${index}.permission`,
    );
    const rows = new Map<string, Prisma.RuleCreateManyInput>();
    for (const [index, rule] of rules.entries()) {
      const { effect, condition, fields } = rule;
      const permissionId = ids[index] ?? 0;
      const key = `${permissionId} ${ruleKey(rule)}`;
      if (!rows.has(key))
        rows.set(key, {
          roleId,
          permissionId,
          effect,
          condition: condition ?? Prisma.DbNull,
          fields: fields ? [...new Set(fields)] : [],
        });
    }
    await this.tx.prisma.rule.deleteMany({ where: { roleId } });
    await this.tx.prisma.rule.createMany({ data: [...rows.values()] });
  }

  async #setIncludes(roleId: number, id: string, includes: readonly string[]): Promise<void> {
    await this.tx.prisma.roleInclusion.deleteMany({ where: { roleId } });
    await recomputeClosure(this.tx.sql, INCLUSIONS, await affectedBy(this.tx.sql, INCLUSIONS, roleId));
    const included = await this.tx.prisma.subject.findMany({
      where: { type: 'role', externalId: { in: [...includes] } },
      select: { id: true, externalId: true },
    });
    const ids = new Map(included.map((row) => [row.externalId, row.id]));
    for (const [index, name] of [...new Set(includes)].entries()) {
      const includedId = ids.get(name);
      if (includedId === undefined) throw unknownReference(`includes.${index}`, `role ${name}`);
      await requireEdgeFits(this.tx.sql, INCLUSIONS, {
        lower: roleId,
        upper: includedId,
        name: `role:${name} in role:${id}`,
      });
      await this.tx.prisma.roleInclusion.create({ data: { roleId, includedId } });
    }
    await recomputeClosure(this.tx.sql, INCLUSIONS, await affectedBy(this.tx.sql, INCLUSIONS, roleId));
  }
}

async function readRoles(prisma: Prisma.TransactionClient, ids: readonly string[]): Promise<RoleRecord[]> {
  const rows = await prisma.role.findMany({
    where: { subject: { type: 'role', externalId: { in: [...ids] } } },
    include: INCLUDE,
  });
  const byId = new Map(rows.map((row) => [row.subject.externalId, recordOf(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

function recordOf(row: Row): RoleRecord {
  return {
    id: row.subject.externalId,
    description: row.subject.description,
    rules: row.rules.map((rule) => ({
      permission: `${rule.permission.type.name}:${rule.permission.action}`,
      effect: rule.effect as Effect,
      condition: rule.condition as JsonObject | null,
      fields: rule.fields.length > 0 ? rule.fields : null,
    })),
    includes: row.inclusions.map(({ included }) => included.subject.externalId),
  };
}
