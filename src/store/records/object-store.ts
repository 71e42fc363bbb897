import { isBuiltInType } from '../../core/built-ins.js';
import { CastellanError, notFound } from '../../core/errors.js';
import { refName, sameRef, type JsonObject, type ObjectRef, type SubjectRef } from '../../core/model.js';
import {
  ObjectReader,
  type NewObject,
  type ObjectChange,
  type ObjectRecord,
  type ObjectWriter,
} from '../../core/ports/objects.js';
import { joinAncestors, leaveAncestors, requireChildless, requireParent, subtreeOf } from '../ancestry.js';
import type { Prisma, PrismaClient } from '../generated/client.js';
import type { Transaction } from '../transaction.js';
import { insertObject } from './object-rows.js';
import { deleteSubtree } from './object-subtree.js';

const SELECT = {
  id: true,
  typeId: true,
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
    const { type, id, attributes } = object;
    const record: ObjectRecord = { type, id, parent: object.parent ? refOf(object.parent) : null, attributes };
    this.tx.changes.add({
      action: 'object.create',
      target: refOf(object),
      before: null,
      after: { ...record, ...creation },
    });
    return record;
  }

  async update(ref: ObjectRef, change: ObjectChange): Promise<ObjectRecord> {
    requireOwnType(ref.type);
    const before = await findRow(this.tx.prisma, ref);
    if (!before) throw notFound();
    const moved = change.parent === undefined ? undefined : await this.#move(before, change.parent);
    const row = await this.tx.prisma.protectedObject.update({
      where: { id: before.id },
      data: { ...(change.attributes ? { attributes: change.attributes } : {}), ...moved },
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

  async delete(ref: ObjectRef, options: { readonly cascade?: boolean | undefined } = {}): Promise<void> {
    requireOwnType(ref.type);
    const before = await findRow(this.tx.prisma, ref);
    if (!before) throw notFound();
    const id = String(before.id);
    if (options.cascade) return deleteSubtree(this.tx, { id, typeId: before.typeId });
    await requireChildless(this.tx.sql, ref, id);
    await this.tx.prisma.protectedObject.delete({ where: { id: before.id } });
    this.tx.changes.add({ action: 'object.delete', target: refOf(ref), before: recordOf(before), after: null });
  }

  /** Moves the object in the closure; answers what its own row has to say of it. */
  async #move(row: Row, parent: ObjectRef | null): Promise<{ parentId: bigint | null } | undefined> {
    const standing = recordOf(row).parent;
    if (parent === null ? standing === null : standing !== null && sameRef(parent, standing)) return undefined;
    const object = { id: String(row.id), typeId: row.typeId };
    const parentId = parent && (await requireParent(this.tx.sql, parent, object.id));
    const subtree = await subtreeOf(this.tx.sql, object);
    if (standing) await leaveAncestors(this.tx.sql, subtree);
    if (parentId === null) return { parentId };
    await joinAncestors(this.tx.sql, subtree, parentId);
    return { parentId: BigInt(parentId) };
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
