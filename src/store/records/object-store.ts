import { isBuiltInType } from '../../core/built-ins.js';
import { CastellanError, notFound } from '../../core/errors.js';
import { sameRef, type JsonObject, type ObjectRef, type SubjectRef } from '../../core/model.js';
import {
  ObjectReader,
  type NewObject,
  type ObjectChange,
  type ObjectRecord,
  type ObjectWriter,
} from '../../core/ports/objects.js';
import { joinAncestors, leaveAncestors, requireChildless, requireParent, subtreeOf } from '../ancestry.js';
import { PrismaExecutor, type Statement } from '../executor.js';
import type { PrismaClient } from '../generated/client.js';
import type { SqlTransaction } from '../transaction.js';
import { attributesJson } from './attributes-json.js';
import {
  deleteObjectRows,
  findObjectRow,
  insertObject,
  objectExists,
  objectRecord,
  type Creation,
  type ObjectRow,
} from './object-rows.js';
import { findObjectRows, insertPreparedObjects, prepareObjects } from './object-batch.js';
import { deleteSubtree } from './object-subtree.js';

const UPDATE: Statement = {
  name: 'castellan_update_object',
  text: `UPDATE castellan.objects SET attributes = coalesce($2::jsonb, attributes),
      parent_id = CASE WHEN $3::bool THEN $4::bigint ELSE parent_id END
    WHERE id = $1::bigint RETURNING attributes`,
};

export class PrismaObjectReader extends ObjectReader {
  constructor(private readonly prisma: PrismaClient) {
    super();
  }

  async find(ref: ObjectRef): Promise<ObjectRecord | null> {
    const row = await findObjectRow(new PrismaExecutor(this.prisma), ref);
    return row && objectRecord(row);
  }
}

/** Writes objects in the transaction that it is given, be it the store's own or an app's. */
export class SqlObjectWriter implements ObjectWriter {
  constructor(private readonly tx: SqlTransaction) {}

  async find(ref: ObjectRef): Promise<ObjectRecord | null> {
    const row = await findObjectRow(this.tx.sql, ref);
    return row && objectRecord(row);
  }

  async findMany(refs: readonly ObjectRef[]): Promise<ObjectRecord[]> {
    return (await findObjectRows(this.tx.sql, refs)).map(objectRecord);
  }

  async createMany(objects: readonly NewObject[], creators: readonly (SubjectRef | null)[]): Promise<ObjectRecord[]> {
    for (const { type } of objects) requireOwnType(type);
    const [standing] = await findObjectRows(this.tx.sql, objects);
    if (standing) throw objectExists(standing);
    const creations = await insertPreparedObjects(this.tx, await prepareObjects(this.tx, objects, creators));
    return objects.map((object, index) => this.#recordCreation(object, creations[index]));
  }

  async create(object: NewObject, creator: SubjectRef | null): Promise<ObjectRecord> {
    requireOwnType(object.type);
    if (await this.find(object)) throw objectExists(object);
    return this.#recordCreation(object, await insertObject(this.tx, object, creator));
  }

  #recordCreation(object: NewObject, creation: Creation | undefined): ObjectRecord {
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
    const row = await findObjectRow(this.tx.sql, ref);
    if (!row) throw notFound();
    const before = objectRecord(row);
    const moved = change.parent === undefined ? undefined : await this.#move(row, change.parent);
    const [stored] = await this.tx.sql.query<{ attributes: JsonObject }>(UPDATE, [
      row.row_id,
      change.attributes ? attributesJson(change.attributes) : null,
      moved !== undefined,
      moved?.parentId ?? null,
    ]);
    if (!stored) throw notFound();
    const parent = moved ? change.parent && refOf(change.parent) : before.parent;
    const after: ObjectRecord = { ...before, parent: parent ?? null, attributes: stored.attributes };
    this.tx.changes.add({ action: 'object.update', target: refOf(ref), before, after });
    return after;
  }

  async delete(ref: ObjectRef, options: { readonly cascade?: boolean | undefined } = {}): Promise<void> {
    requireOwnType(ref.type);
    const row = await findObjectRow(this.tx.sql, ref);
    if (!row) throw notFound();
    if (options.cascade) return deleteSubtree(this.tx, { id: row.row_id, typeId: row.type_id });
    await requireChildless(this.tx.sql, ref, row.row_id);
    await deleteObjectRows(this.tx.sql, [row.row_id]);
    this.tx.changes.add({ action: 'object.delete', target: refOf(ref), before: objectRecord(row), after: null });
  }

  /** Moves the object in the closure; answers what its own row has to say of it. */
  async #move(row: ObjectRow, parent: ObjectRef | null): Promise<{ parentId: string | null } | undefined> {
    const standing = objectRecord(row).parent;
    if (parent === null ? standing === null : standing !== null && sameRef(parent, standing)) return undefined;
    const object = { id: row.row_id, typeId: row.type_id };
    const parentId = parent && (await requireParent(this.tx.sql, parent, object.id));
    const subtree = await subtreeOf(this.tx.sql, object);
    if (standing) await leaveAncestors(this.tx.sql, subtree);
    if (parentId !== null) await joinAncestors(this.tx.sql, subtree, parentId);
    return { parentId };
  }
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
