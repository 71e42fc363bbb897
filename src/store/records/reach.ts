import type { SubjectRef } from '../../core/model.js';
import type { PrismaClient } from '../generated/client.js';
import { principalsOf } from '../principals-sql.js';

/**
 * Where a viewer holds a rule that allows an action. It leaves conditions, windows and denies aside, so it is wider than where the
 * viewer may do it: it says where to look, never what may be seen.
 */
export interface Reach {
  readonly superuser: boolean;
  /** Internal ids of the types whose action is held everywhere. */
  readonly types: readonly number[];
  /** Internal ids of the objects on which it is held or that are below such, where these are few; null where they are many. */
  readonly objects: readonly string[] | null;
}

const MANY = 20_000;

/**
 * Common table expressions: `held` has a row for each type and place of a rule that the viewer holds for a permission `p` (of the type
 * `t`) that meets the condition. Values: $1 and $2, the viewer's type and id.
 */
export function heldBy(permissions: string): string {
  return `viewer AS MATERIALIZED (
    SELECT coalesce(s.superuser, false) AS superuser, ${principalsOf({ id: 's.id', active: 's.active' })} AS principals
    FROM (VALUES (1)) one(n) LEFT JOIN castellan.subjects s ON s.type = $1::text AND s.external_id = $2::text
    WHERE coalesce(s.active, true)
  ), held AS MATERIALIZED (
    SELECT DISTINCT p.type_id, h.place_id FROM viewer v
    CROSS JOIN castellan.permissions p JOIN castellan.types t ON t.id = p.type_id
    JOIN castellan.held_rules h ON h.permission_id = p.id AND h.holder_id = ANY(v.principals) AND h.effect = 'allow'
    WHERE ${permissions}
  )`;
}

/** A condition: the object (an id expression) is one on which something of `held` is placed, or below one. */
export function withinHeld(object: string): string {
  return `(${object} IN (SELECT place_id FROM held WHERE place_id <> 0) OR EXISTS (SELECT 1 FROM castellan.ancestry an
    WHERE an.descendant_id = ${object} AND an.ancestor_id IN (SELECT place_id FROM held WHERE place_id <> 0)))`;
}

/** The reach of a viewer that is active or unknown; null for one that is inactive. */
export async function reachOf(prisma: PrismaClient, viewer: SubjectRef, permissions: string): Promise<Reach | null> {
  const [row] = await prisma.$queryRawUnsafe<{ superuser: boolean; types: number[]; objects: string[] }[]>(
    `WITH ${heldBy(permissions)}
    SELECT v.superuser, ARRAY(SELECT type_id FROM held WHERE place_id = 0) AS types,
      ARRAY(SELECT id::text FROM (
        SELECT place_id AS id FROM held WHERE place_id <> 0
        UNION ALL SELECT an.descendant_id FROM held JOIN castellan.ancestry an ON an.ancestor_id = held.place_id
      ) objects LIMIT ${MANY + 1}) AS objects
    FROM viewer v`,
    viewer.type,
    viewer.id,
  );
  return row ? { ...row, objects: row.objects.length > MANY ? null : row.objects } : null;
}
