import { MAX_DEPTH } from '../core/built-ins.js';
import { CastellanError, unknownReference } from '../core/errors.js';
import { refName, type ObjectRef } from '../core/model.js';
import type { SqlExecutor, Statement } from './executor.js';

/** A row of `objects` by its surrogate ids, and how far it is below the top of the tree that is moved. */
export interface PlacedRow {
  readonly id: string;
  readonly typeId: number;
  readonly depth: number;
}

const PARENT: Statement = {
  name: 'castellan_parent',
  text: `SELECT p.id::text AS id,
      (SELECT count(*) FROM castellan.ancestry a WHERE a.descendant_id = p.id)::int AS depth,
      (SELECT coalesce(max(a.depth), 0) FROM castellan.ancestry a WHERE a.ancestor_id = $3::bigint)::int AS height,
      coalesce(p.id = $3::bigint, false)
        OR EXISTS (SELECT 1 FROM castellan.ancestry a WHERE a.descendant_id = p.id AND a.ancestor_id = $3::bigint) AS circle
    FROM castellan.objects p JOIN castellan.types t ON t.id = p.type_id
    WHERE t.name = $1::text AND p.external_id = $2::text`,
};

/**
 * The id of the object that is to be the parent of another one (of a new one, where `child` is null).
 *
 * @throws CastellanError `unknown_reference`, `cycle`, `too_deep`, each naming the path `parent`.
 */
export async function requireParent(sql: SqlExecutor, parent: ObjectRef, child: string | null): Promise<string> {
  const [row] = await sql.query<{ id: string; depth: number; height: number; circle: boolean }>(PARENT, [
    parent.type,
    parent.id,
    child,
  ]);
  if (!row) throw unknownReference('parent', refName(parent));
  if (row.circle) throw parentFault('cycle', 'must not be the object itself, or below it');
  const levels = row.depth + 1 + row.height;
  if (levels > MAX_DEPTH) throw parentFault('too_deep', `would make it nest more than ${MAX_DEPTH} levels deep`);
  return row.id;
}

function parentFault(code: 'cycle' | 'too_deep', message: string): CastellanError {
  return new CastellanError(code, `parent: ${message}.`, [{ path: 'parent', message }]);
}

const SUBTREE: Statement = {
  name: 'castellan_subtree',
  text: `SELECT descendant_id::text AS id, descendant_type_id AS "typeId", depth::int AS depth
    FROM castellan.ancestry WHERE ancestor_id = $1::bigint ORDER BY depth, descendant_id`,
};

const LEAVE: Statement = {
  name: 'castellan_leave_ancestors',
  text: `DELETE FROM castellan.ancestry WHERE descendant_id = ANY($1::bigint[])
    AND ancestor_id = ANY(ARRAY(SELECT a.ancestor_id FROM castellan.ancestry a WHERE a.descendant_id = $2::bigint))`,
};

const JOIN: Statement = {
  name: 'castellan_join_ancestors',
  text: `INSERT INTO castellan.ancestry (descendant_id, ancestor_id, descendant_type_id, depth)
    SELECT below.id, above.id, below.type_id, below.depth + above.depth + 1
    FROM unnest($1::bigint[], $2::int[], $3::int[]) AS below(id, type_id, depth)
    CROSS JOIN (
      SELECT a.ancestor_id AS id, a.depth FROM castellan.ancestry a WHERE a.descendant_id = $4::bigint
      UNION ALL SELECT $4::bigint, 0
    ) above`,
};

// Grants that are made later see for themselves whether the object has others below it.
const REACH_BELOW: Statement = {
  name: 'castellan_reach_below',
  text: `UPDATE castellan.grants SET reaches_below = true WHERE object_id = $2::bigint AND NOT reaches_below
    AND NOT EXISTS (SELECT 1 FROM castellan.objects c WHERE c.parent_id = $2::bigint AND c.id <> $1::bigint)`,
};

/** The object and all that is below it, the uppermost first. */
export async function subtreeOf(sql: SqlExecutor, object: Omit<PlacedRow, 'depth'>): Promise<PlacedRow[]> {
  return [{ ...object, depth: 0 }, ...(await sql.query<PlacedRow>(SUBTREE, [object.id]))];
}

/** Takes an object, with all that is below it, from under everything that it is below. */
export async function leaveAncestors(sql: SqlExecutor, subtree: readonly PlacedRow[]): Promise<void> {
  const [top] = subtree;
  // The top comes last: what is above it says what is above all of them.
  for (const part of inParts(subtree).toReversed())
    await sql.query(LEAVE, [part.map(({ id }) => id).toReversed(), top?.id]);
}

/** Puts an object, with all that is below it, under its parent and all that is above that. It must be below nothing. */
export async function joinAncestors(sql: SqlExecutor, subtree: readonly PlacedRow[], parentId: string): Promise<void> {
  for (const part of inParts(subtree))
    await sql.query(JOIN, [
      part.map(({ id }) => id),
      part.map(({ typeId }) => typeId),
      part.map(({ depth }) => depth),
      parentId,
    ]);
  await sql.query(REACH_BELOW, [subtree[0]?.id, parentId]);
}

// No statement is to take long, however much there is below an object.
const AT_ONCE = 2000;

/** The rows in parts that one statement does with. */
export function inParts<Row>(rows: readonly Row[]): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / AT_ONCE) }, (_, n) => rows.slice(n * AT_ONCE, (n + 1) * AT_ONCE));
}

const HAS_CHILDREN: Statement = {
  name: 'castellan_has_children',
  text: 'SELECT 1 FROM castellan.objects WHERE parent_id = $1::bigint LIMIT 1',
};

/** @throws CastellanError `has_children`. */
export async function requireChildless(sql: SqlExecutor, object: ObjectRef, id: string): Promise<void> {
  const [child] = await sql.query(HAS_CHILDREN, [id]);
  if (child) throw hasChildren(object);
}

/** The refusal to remove what others are below of. */
export function hasChildren(object: ObjectRef): CastellanError {
  return new CastellanError('has_children', `There are objects below this ${object.type}: move or delete them first.`);
}
