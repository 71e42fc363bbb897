import { v7 as uuidv7 } from 'uuid';
import { isAnonymous } from '../../core/caller.js';
import { CastellanError, unknownReference } from '../../core/errors.js';
import { refName, type JsonObject, type ObjectRef, type SubjectRef } from '../../core/model.js';
import type { ObjectRecord } from '../../core/ports/objects.js';
import { fitsForm, type NarrowIdForm } from '../../core/id-forms.js';
import { idFormsOf } from '../access-view.js';
import { joinAncestors, requireChildless, requireParent } from '../ancestry.js';
import { unfitId } from '../database-errors.js';
import type { SqlExecutor, Statement } from '../executor.js';
import type { SqlTransaction } from '../transaction.js';
import { attributesJson } from './attributes-json.js';

/** A row of `objects`, with its own and its type's internal id. */
export interface ObjectRow {
  readonly row_id: string;
  readonly type_id: number;
  readonly type: string;
  readonly id: string;
  readonly attributes: JsonObject;
  readonly parent_type: string | null;
  readonly parent_id: string | null;
}

/** Reads {@link ObjectRow}s: what follows it names the object `o` and its type `t`. */
const READ = `SELECT o.id::text AS row_id, o.type_id, t.name AS type, o.external_id AS id, o.attributes,
    pt.name AS parent_type, p.external_id AS parent_id`;
const WITH_PARENT = `LEFT JOIN castellan.objects p ON p.id = o.parent_id LEFT JOIN castellan.types pt ON pt.id = p.type_id`;

const FIND: Statement = {
  name: 'castellan_find_object',
  text: `${READ} FROM castellan.types t JOIN castellan.objects o ON o.type_id = t.id ${WITH_PARENT}
    WHERE t.name = $1::text AND o.external_id = $2::text`,
};

const READ_ALL: Statement = {
  name: 'castellan_read_objects',
  text: `${READ} FROM unnest($1::bigint[]) WITH ORDINALITY AS q(id, n)
    JOIN castellan.objects o ON o.id = q.id JOIN castellan.types t ON t.id = o.type_id ${WITH_PARENT}
    ORDER BY q.n`,
};

export async function findObjectRow(sql: SqlExecutor, ref: ObjectRef): Promise<ObjectRow | null> {
  const [row] = await sql.query<ObjectRow>(FIND, [ref.type, ref.id]);
  return row ?? null;
}

/** The rows of these internal ids, in their order. */
export function readObjectRows(sql: SqlExecutor, ids: readonly string[]): Promise<ObjectRow[]> {
  return sql.query<ObjectRow>(READ_ALL, [ids]);
}

export function objectRecord({ type, id, attributes, parent_type, parent_id }: ObjectRow): ObjectRecord {
  const parent = parent_type !== null && parent_id !== null ? { type: parent_type, id: parent_id } : null;
  return { type, id, parent, attributes };
}

/** A row of `objects` to be made: of a type that exists, under an id that is free. */
export interface NewObjectRow {
  readonly type: string;
  readonly id: string;
  readonly attributes?: JsonObject;
  readonly parent?: ObjectRef | null | undefined;
}

/** Who made something, and what that gave them on it. */
export interface Creation {
  readonly creator: SubjectRef | null;
  readonly granted: readonly string[];
}

const PREPARE: Statement = {
  name: 'castellan_prepare_object',
  text: `SELECT t.id, to_jsonb(t.creator_actions) AS granted, (
      SELECT coalesce(jsonb_agg(p.id), '[]') FROM castellan.permissions p
      WHERE p.type_id = t.id AND p.action = ANY(t.creator_actions)
    ) AS permissions, (SELECT s.id FROM castellan.subjects s WHERE s.type = $2::text AND s.external_id = $3::text) AS creator_id,
    ${idFormsOf('t.id')} AS id_forms
    FROM castellan.types t WHERE t.name = $1::text`,
};

interface Prepared {
  readonly id: number;
  readonly granted: readonly string[];
  readonly permissions: readonly number[];
  readonly creator_id: number | null;
  readonly id_forms: readonly NarrowIdForm[];
}

// Another write may have made it meanwhile: that is an answer, and leaves the transaction as it is.
const INSERT: Statement = {
  name: 'castellan_insert_object',
  text: `INSERT INTO castellan.objects (type_id, external_id, attributes, parent_id)
    VALUES ($1::int, $2::text, $3::jsonb, $4::bigint) ON CONFLICT (type_id, external_id) DO NOTHING RETURNING id::text AS id`,
};

const INSERT_CREATOR_GRANTS: Statement = {
  name: 'castellan_insert_creator_grants',
  text: `INSERT INTO castellan.grants (id, subject_id, permission_id, object_id)
    SELECT q.id, $2::int, q.permission_id, $4::bigint FROM unnest($1::uuid[], $3::int[]) AS q(id, permission_id)`,
};

/** An object that can be made: what it refers to is there. */
export interface PreparedObject {
  readonly object: NewObjectRow;
  readonly creator: SubjectRef | null;
  readonly type: Prepared;
  readonly parentId: string | null;
}

/**
 * Registers an object, and gives its creator what the object's type says a creator gets. Users, groups, roles and types are
 * registered like any other object, so that rules can be placed on one of them. Nothing is written when it throws.
 *
 * @returns what the audit trail says of it beside the thing itself.
 * @throws CastellanError `unknown_reference` (the type, the parent, or the creator), `too_deep`, `already_exists`, `invalid_request` (an id that
 *   the app's own table could not hold, where there is a view of access for it).
 */
export async function insertObject(
  tx: SqlTransaction,
  object: NewObjectRow,
  creator: SubjectRef | null,
): Promise<Creation> {
  return insertPrepared(tx, await prepareObject(tx, object, creator));
}

/** The first half of {@link insertObject}: finds what it refers to, and writes nothing. @throws CastellanError as that does, but `already_exists`. */
export async function prepareObject(
  tx: SqlTransaction,
  object: NewObjectRow,
  creator: SubjectRef | null,
): Promise<PreparedObject> {
  const [type] = await tx.sql.query<Prepared>(PREPARE, [object.type, creator?.type ?? null, creator?.id ?? null]);
  if (!type) throw unknownReference('type', `type ${object.type}`);
  requireFitting(object, type);
  const parentId = object.parent ? await requireParent(tx.sql, object.parent, null) : null;
  if (creator && type.creator_id === null) throw unknownReference('creator', `${creator.type} ${creator.id}`);
  return { object, creator, type, parentId };
}

/** @throws CastellanError `invalid_request` for an id that the app's own table could not hold. */
export function requireFitting({ id }: Pick<NewObjectRow, 'id'>, { id_forms: forms }: PreparedObject['type']): void {
  for (const form of forms) if (!fitsForm(id, form)) throw unfitId(form);
}

/** The second half of {@link insertObject}. @throws CastellanError `already_exists`. */
export async function insertPrepared(
  tx: SqlTransaction,
  { object, creator, type, parentId }: PreparedObject,
): Promise<Creation> {
  const attributes = attributesJson(object.attributes ?? {});
  const [row] = await tx.sql.query<{ id: string }>(INSERT, [type.id, object.id, attributes, parentId]);
  if (!row) throw objectExists(object);
  if (parentId !== null) await joinAncestors(tx.sql, [{ id: row.id, typeId: type.id, depth: 0 }], parentId);
  if (!creator) return { creator, granted: [] };
  const ids = type.permissions.map(() => uuidv7());
  if (ids.length > 0) await tx.sql.query(INSERT_CREATOR_GRANTS, [ids, type.creator_id, type.permissions, row.id]);
  return { creator, granted: type.granted };
}

/** The refusal to register what is registered. */
export function objectExists(object: ObjectRef): CastellanError {
  return new CastellanError('already_exists', `id: there is a ${refName(object)} already.`, [
    { path: 'id', message: 'is taken' },
  ]);
}

const DELETE: Statement = {
  name: 'castellan_delete_objects',
  text: 'DELETE FROM castellan.objects WHERE id = ANY($1::bigint[])',
};

/** Removes the rows of these internal ids, and with them (by cascade) every rule placed there. */
export async function deleteObjectRows(sql: SqlExecutor, ids: readonly string[]): Promise<void> {
  await sql.query(DELETE, [ids]);
}

/**
 * Removes an object, and with it (by cascade) every rule placed on it.
 *
 * @throws CastellanError `has_children`.
 */
export async function deleteObjectRow(tx: SqlTransaction, object: ObjectRef): Promise<void> {
  const row = await requireDeletable(tx, object);
  if (row) await deleteObjectRows(tx.sql, [row.row_id]);
}

/** The object's row, where it is registered. @throws CastellanError `has_children`. */
export async function requireDeletable(tx: SqlTransaction, object: ObjectRef): Promise<ObjectRow | null> {
  const row = await findObjectRow(tx.sql, object);
  if (row) await requireChildless(tx.sql, object, row.row_id);
  return row;
}

/** Who creates something in this write: the author, unless it is the operator or nobody in particular. */
export function creatorIn(tx: SqlTransaction): SubjectRef | null {
  return tx.author.operator || isAnonymous(tx.author.subject) ? null : tx.author.subject;
}
