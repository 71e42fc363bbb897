import { isBuiltInType } from '../../core/built-ins.js';
import { CastellanError, notFound } from '../../core/errors.js';
import { refName, type JsonObject, type ObjectRef, type SubjectRef } from '../../core/model.js';
import { ObjectReader, type NewObject, type ObjectRecord, type ObjectWriter } from '../../core/ports/objects.js';
import type { Prisma, PrismaClient } from '../generated/client.js';
import type { Transaction } from '../transaction.js';
import { insertObject } from './object-rows.js';

const SELECT = {
  id: true,
  externalId: true,
  attributes: true,
  type: { select: { name: true } },
  parent: { select: { externalId: true, type: { select: { name: true } } } },
} as const satisfies Prisma.ProtectedObjectSelect;
type Row = Prisma.ProtectedObjectGetPayload<{ select: typeof SELECT }>;

export class PrismaObjectReader extends ObjectReader {
  constructor(private readonly prisma: PrismaClient) {
    super();
  }

  async find(ref: ObjectRef): Promise<ObjectRecord | null> {
    const row = await findRow(this.prisma, ref);
    return row && recordOf(row);
  }
}

export class PrismaObjectWriter implements ObjectWriter {
  constructor(private readonly tx: Transaction) {}

  async find(ref: ObjectRef): Promise<ObjectRecord | null> {
    const row = await findRow(this.tx.prisma, ref);
    return row && recordOf(row);
  }

  async create(object: NewObject, creator: SubjectRef | null): Promise<ObjectRecord> {
    requireOwnType(object.type);
    if (await this.find(object))
      throw new CastellanError('already_exists', `id: there is a ${refName(object)} already.`, [
        { path: 'id', message: 'is taken' },
      ]);
    const creation = await insertObject(this.tx, object, creator);
    const record: ObjectRecord = { type: object.type, id: object.id, parent: null, attributes: object.attributes };
    this.tx.changes.add({
      action: 'object.create',
      target: refOf(object),
      before: null,
      after: { ...record, ...creation },
    });
    return record;
  }

  async update(ref: ObjectRef, attributes: JsonObject): Promise<ObjectRecord> {
    requireOwnType(ref.type);
    const before = await findRow(this.tx.prisma, ref);
    if (!before) throw notFound();
    const row = await this.tx.prisma.protectedObject.update({
      where: { id: before.id },
      data: { attributes: attributes },
      select: SELECT,
    });
    this.tx.changes.add({
      action: 'object.update',
      target: refOf(ref),
      before: recordOf(before),
      after: recordOf(row),
    });
    return recordOf(row);
  }

  async delete(ref: ObjectRef): Promise<void> {
    requireOwnType(ref.type);
    const before = await findRow(this.tx.prisma, ref);
    if (!before) throw notFound();
    await this.tx.prisma.protectedObject.delete({ where: { id: before.id } });
    this.tx.changes.add({ action: 'object.delete', target: refOf(ref), before: recordOf(before), after: null });
  }
}

function findRow(prisma: Prisma.TransactionClient, ref: ObjectRef): Promise<Row | null> {
  return prisma.protectedObject.findFirst({ where: { type: { name: ref.type }, externalId: ref.id }, select: SELECT });
}

function requireOwnType(type: string): void {
  if (isBuiltInType(type))
    throw new CastellanError(
      'built_in',
      `Objects of the type ${type} come and go with what they stand for, by routes of their own.`,
    );
}

function refOf(ref: ObjectRef): ObjectRef {
  return { type: ref.type, id: ref.id };
}

function recordOf(row: Row): ObjectRecord {
  return {
    type: row.type.name,
    id: row.externalId,
    parent: row.parent && { type: row.parent.type.name, id: row.parent.externalId },
    attributes: row.attributes as JsonObject,
  };
}
