import { v7 as uuidv7 } from 'uuid';
import { MAX_DEPTH } from '../../core/built-ins.js';
import { CastellanError, unknownReference } from '../../core/errors.js';
import { refName, type ObjectRef, type SubjectRef } from '../../core/model.js';
import type { SqlExecutor, Statement } from '../executor.js';
import type { SqlTransaction } from '../transaction.js';
import { attributesJson } from './attributes-json.js';
import { refsOf } from './list-values.js';
import {
  objectExists,
  prepareObject,
  readObjectRows,
  requireFitting,
  type Creation,
  type NewObjectRow,
  type ObjectRow,
  type PreparedObject,
} from './object-rows.js';

const IDS: Statement = {
  name: 'castellan_object_ids',
  text: `SELECT o.id::text AS id, q.type, q.id AS external_id,
      (SELECT count(*) FROM castellan.ancestry a WHERE a.descendant_id = o.id)::int AS depth
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS q(type, id, n)
    JOIN castellan.types t ON t.name = q.type JOIN castellan.objects o ON o.type_id = t.id AND o.external_id = q.id
    ORDER BY q.n`,
};

interface FoundId {
  readonly id: string;
  readonly type: string;
  readonly external_id: string;
  readonly depth: number;
}

/** The rows of those of the references that lead to an object, in their order. */
export async function findObjectRows(sql: SqlExecutor, refs: readonly ObjectRef[]): Promise<ObjectRow[]> {
  const found = await sql.query<FoundId>(IDS, refsOf(refs));
  return readObjectRows(
    sql,
    found.map(({ id }) => id),
  );
}

const SUBJECT_IDS: Statement = {
  name: 'castellan_subject_ids',
  text: `SELECT s.id, q.type, q.id AS external_id FROM unnest($1::text[], $2::text[]) AS q(type, id)
    JOIN castellan.subjects s ON s.type = q.type AND s.external_id = q.id`,
};

/**
 * Finds what objects refer to, none of which is below another of them, and writes nothing.
 *
 * @throws CastellanError as `prepareObject` does; the same object twice is `already_exists`.
 */
export async function prepareObjects(
  tx: SqlTransaction,
  objects: readonly NewObjectRow[],
  creators: readonly (SubjectRef | null)[],
): Promise<PreparedObject[]> {
  const parents = await parentsOf(tx.sql, objects);
  const makers = await subjectIds(tx.sql, creators);
  const types = new Map<string, PreparedObject['type']>();
  const seen = new Set<string>();
  const prepared: PreparedObject[] = [];
  for (const [index, object] of objects.entries()) {
    const name = refName(object);
    if (seen.has(name)) throw objectExists(object);
    seen.add(name);
    // One by one only as far as the type goes, of which there are few.
    const type = types.get(object.type) ?? (await prepareObject(tx, { type: object.type, id: object.id }, null)).type;
    types.set(object.type, type);
    requireFitting(object, type);
    const creator = creators[index] ?? null;
    const creatorId = creator && makers.get(refName(creator));
    if (creatorId === undefined) throw unknownReference('creator', creator ? refName(creator) : 'creator');
    const parentId = object.parent ? parents.get(refName(object.parent)) : null;
    if (parentId === undefined) throw unknownReference('parent', object.parent ? refName(object.parent) : 'parent');
    prepared.push({ object, creator, type: { ...type, creator_id: creatorId }, parentId });
  }
  return prepared;
}

async function parentsOf(sql: SqlExecutor, objects: readonly NewObjectRow[]): Promise<Map<string, string>> {
  const named = new Map(objects.flatMap(({ parent }) => (parent ? [[refName(parent), parent] as const] : [])));
  const found = named.size > 0 ? await sql.query<FoundId>(IDS, refsOf([...named.values()])) : [];
  if (found.some(({ depth }) => depth + 1 > MAX_DEPTH))
    throw new CastellanError('too_deep', `parent: would make it nest more than ${MAX_DEPTH} levels deep.`);
  return new Map(found.map(({ id, type, external_id }) => [refName({ type, id: external_id }), id]));
}

async function subjectIds(sql: SqlExecutor, refs: readonly (SubjectRef | null)[]): Promise<Map<string, number>> {
  const named = new Map(refs.flatMap((ref) => (ref ? [[refName(ref), ref] as const] : [])));
  if (named.size === 0) return new Map();
  const found = await sql.query<{ id: number; type: string; external_id: string }>(
    SUBJECT_IDS,
    refsOf([...named.values()]),
  );
  return new Map(found.map(({ id, type, external_id }) => [refName({ type, id: external_id }), id]));
}

const INSERT: Statement = {
  name: 'castellan_insert_objects',
  text: `INSERT INTO castellan.objects (type_id, external_id, attributes, parent_id)
    SELECT q.type_id, q.id, q.attributes::jsonb, q.parent_id
    FROM unnest($1::int[], $2::text[], $3::text[], $4::bigint[]) WITH ORDINALITY AS q(type_id, id, attributes, parent_id, n)
    ORDER BY q.n ON CONFLICT (type_id, external_id) DO NOTHING RETURNING id::text AS id, type_id, external_id`,
};

const JOIN: Statement = {
  name: 'castellan_join_ancestors_of_many',
  text: `INSERT INTO castellan.ancestry (descendant_id, ancestor_id, descendant_type_id, depth)
    SELECT n.id, above.id, n.type_id, above.depth + 1 FROM unnest($1::bigint[], $2::int[], $3::bigint[]) AS n(id, type_id, parent_id)
    CROSS JOIN LATERAL (
      SELECT a.ancestor_id AS id, a.depth FROM castellan.ancestry a WHERE a.descendant_id = n.parent_id
      UNION ALL SELECT n.parent_id, 0
    ) above`,
};

const REACH_BELOW: Statement = {
  name: 'castellan_reach_below_many',
  text: 'UPDATE castellan.grants SET reaches_below = true WHERE object_id = ANY($1::bigint[]) AND NOT reaches_below',
};

const INSERT_CREATORS_GRANTS: Statement = {
  name: 'castellan_insert_creators_grants',
  text: `INSERT INTO castellan.grants (id, subject_id, permission_id, object_id)
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::bigint[])`,
};

/** Registers objects, and gives their creators what the types say. @throws CastellanError `already_exists`. */
export async function insertPreparedObjects(
  tx: SqlTransaction,
  prepared: readonly PreparedObject[],
): Promise<Creation[]> {
  const inserted = await tx.sql.query<{ id: string; type_id: number; external_id: string }>(INSERT, [
    prepared.map(({ type }) => type.id),
    prepared.map(({ object }) => object.id),
    prepared.map(({ object }) => attributesJson(object.attributes ?? {})),
    prepared.map(({ parentId }) => parentId),
  ]);
  const ids = new Map(inserted.map((row) => [`${row.type_id} ${row.external_id}`, row.id]));
  const rows = prepared.map((one) => {
    const id = ids.get(`${one.type.id} ${one.object.id}`);
    if (id === undefined) throw objectExists(one.object);
    return { ...one, id };
  });
  const below = rows.filter(({ parentId }) => parentId !== null);
  if (below.length > 0) {
    const parents = below.map(({ parentId }) => parentId);
    await tx.sql.query(JOIN, [below.map(({ id }) => id), below.map(({ type }) => type.id), parents]);
    await tx.sql.query(REACH_BELOW, [[...new Set(parents)]]);
  }
  const grants = rows.flatMap(({ id, creator, type }) =>
    creator ? type.permissions.map((permission) => ({ object: id, subject: type.creator_id, permission })) : [],
  );
  if (grants.length > 0)
    await tx.sql.query(INSERT_CREATORS_GRANTS, [
      grants.map(() => uuidv7()),
      grants.map(({ subject }) => subject),
      grants.map(({ permission }) => permission),
      grants.map(({ object }) => object),
    ]);
  return rows.map(({ creator, type }) => ({ creator, granted: creator ? type.granted : [] }));
}
