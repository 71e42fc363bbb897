import { CastellanError, invalidField, notFound } from '../../core/errors.js';
import type { Mode } from '../../core/model.js';
import { TypeReader, type NewType, type TypeChange, type TypeRecord, type TypeWriter } from '../../core/ports/types.js';
import { hasChildren } from '../ancestry.js';
import type { Statement } from '../executor.js';
import type { Prisma, PrismaClient } from '../generated/client.js';
import type { Transaction } from '../transaction.js';
import { creatorIn, deleteObjectRow, insertObject, type Creation } from './object-rows.js';

const INCLUDE = {
  permissions: { orderBy: { id: 'asc' }, select: { id: true, action: true } },
} as const satisfies Prisma.ResourceTypeInclude;
type Row = Prisma.ResourceTypeGetPayload<{ include: typeof INCLUDE }>;

const BELOW_OTHERS: Statement = {
  name: 'castellan_below_objects_of_type',
  text: `SELECT 1 FROM castellan.objects p JOIN castellan.objects c ON c.parent_id = p.id
    WHERE p.type_id = $1::int AND c.type_id <> $1::int LIMIT 1`,
};

export class PrismaTypeReader extends TypeReader {
  constructor(private readonly prisma: PrismaClient) {
    super();
  }

  async find(id: string): Promise<TypeRecord | null> {
    const row = await this.prisma.resourceType.findUnique({ where: { name: id }, include: INCLUDE });
    return row && recordOf(row);
  }

  findMany(ids: readonly string[]): Promise<TypeRecord[]> {
    return readTypes(this.prisma, ids);
  }
}

export class PrismaTypeWriter implements TypeWriter {
  constructor(private readonly tx: Transaction) {}

  async find(id: string): Promise<TypeRecord | null> {
    const row = await this.#row(id);
    return row && recordOf(row);
  }

  findMany(ids: readonly string[]): Promise<TypeRecord[]> {
    return readTypes(this.tx.prisma, ids);
  }

  async countUses(id: string, actions: readonly string[]): Promise<{ rules: number; grants: number }> {
    const permission = { type: { name: id }, action: { in: [...actions] } };
    const { rule, grant } = this.tx.prisma;
    return { rules: await rule.count({ where: { permission } }), grants: await grant.count({ where: { permission } }) };
  }

  async create(type: NewType): Promise<TypeRecord> {
    if (await this.#row(type.id))
      throw new CastellanError('already_exists', `id: there is a type ${type.id} already.`, [
        { path: 'id', message: 'is taken' },
      ]);
    requireActions(type.creatorActions, type.actions);
    await this.tx.prisma.resourceType.create({
      data: {
        name: type.id,
        mode: type.mode ?? 'union',
        creatorActions: type.creatorActions,
        permissions: { create: [...new Set(type.actions)].map((action) => ({ action })) },
      },
    });
    const creation = await insertObject(this.tx, { type: 'type', id: type.id }, creatorIn(this.tx));
    return this.#recorded('type.create', type.id, null, creation);
  }

  async update(id: string, change: TypeChange): Promise<TypeRecord> {
    const before = await this.#changeable(id);
    const actions = change.actions ?? before.permissions.map((permission) => permission.action);
    const creatorActions = change.creatorActions ?? before.creatorActions.filter((action) => actions.includes(action));
    requireActions(creatorActions, actions);
    const known = new Set(before.permissions.map((permission) => permission.action));
    await this.tx.prisma.permission.deleteMany({ where: { typeId: before.id, action: { notIn: actions } } });
    await this.tx.prisma.permission.createMany({
      data: [...new Set(actions)]
        .filter((action) => !known.has(action))
        .map((action) => ({ typeId: before.id, action })),
    });
    await this.tx.prisma.resourceType.update({
      where: { id: before.id },
      data: { creatorActions, ...(change.mode ? { mode: change.mode } : {}) },
    });
    return this.#recorded('type.update', id, recordOf(before));
  }

  async delete(id: string): Promise<void> {
    const before = await this.#changeable(id);
    await this.#requireNothingBelow(before);
    await this.tx.prisma.resourceType.delete({ where: { id: before.id } });
    await deleteObjectRow(this.tx, { type: 'type', id });
    this.tx.changes.add({ action: 'type.delete', target: { type: 'type', id }, before: recordOf(before), after: null });
  }

  #row(id: string): Promise<Row | null> {
    return this.tx.prisma.resourceType.findUnique({ where: { name: id }, include: INCLUDE });
  }

  async #changeable(id: string): Promise<Row> {
    const row = await this.#row(id);
    if (!row) throw notFound();
    if (row.builtIn) throw new CastellanError('built_in', `The type ${id} is built in, and stays as it is.`);
    return row;
  }

  // Its own objects go with it, and would take along what is below them.
  async #requireNothingBelow({ id, name }: Row): Promise<void> {
    const [below] = await this.tx.sql.query(BELOW_OTHERS, [id]);
    if (below) throw hasChildren({ type: 'type', id: name });
  }

  async #recorded(action: string, id: string, before: TypeRecord | null, creation?: Creation): Promise<TypeRecord> {
    const record = await this.find(id);
    if (!record) throw notFound();
    this.tx.changes.add({ action, target: { type: 'type', id }, before, after: { ...record, ...creation } });
    return record;
  }
}

async function readTypes(prisma: Prisma.TransactionClient, ids: readonly string[]): Promise<TypeRecord[]> {
  const rows = await prisma.resourceType.findMany({ where: { name: { in: [...ids] } }, include: INCLUDE });
  const byId = new Map(rows.map((row) => [row.name, recordOf(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

function requireActions(creatorActions: readonly string[], actions: readonly string[]): void {
  const index = creatorActions.findIndex((action) => !actions.includes(action));
  if (index >= 0) throw invalidField(`creatorActions.${index}`, "must be one of the type's actions");
}

function recordOf(row: Row): TypeRecord {
  return {
    id: row.name,
    actions: row.permissions.map((permission) => permission.action),
    mode: row.mode as Mode,
    creatorActions: row.creatorActions,
    builtIn: row.builtIn,
  };
}
