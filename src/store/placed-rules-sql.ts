import { inWindow, placesOf, rolesAt } from './principals-sql.js';

const GRANT = `g.id::text AS id, 'grant' AS source, g.effect = 'allow' AS allow, g.condition, g.fields, g.permission_id`;
const RULE = `ru.id::text AS id, 'role' AS source, ru.effect = 'allow' AS allow, ru.condition, ru.fields, ru.permission_id`;

/** A condition: the grant `g` is inside its window. A plain one has none: nothing else of its row is looked at. */
export const STANDS = `(g.variant = '' OR (${inWindow('g')}))`;

/** SQL expressions: arrays of ids, and the id of a permission, or `ANY(…)` of several. */
export interface Holding {
  /** Those whose grants count, wherever they are placed: the principals and the roles they hold everywhere. */
  readonly holders: string;
  /** The roles held on one of the places only. */
  readonly rolesHere: string;
  readonly permission: string;
  /** The object and everything above it. */
  readonly places: string;
}

/** The rules that are placed on one of the places: id, source, allow, condition, fields, permission_id, everywhere (false). */
export function rulesOnPlaces({ holders, rolesHere, permission, places }: Holding): string {
  return `SELECT ${GRANT}, false AS everywhere FROM castellan.grants g
        WHERE g.subject_id = ANY(${holders}) AND g.permission_id = ${permission} AND g.place_id = ANY(${places}) AND ${STANDS}
        UNION ALL
        ${rulesOfRolesHere({ rolesHere, permission, places })}`;
}

/** All rules that count there, those placed everywhere too. `roles` are those held everywhere. */
export function rulesEverywhereAndOnPlaces(holding: Holding & { roles: string }): string {
  const { holders, roles, permission, places } = holding;
  return `SELECT ${GRANT}, g.place_id = 0 AS everywhere FROM castellan.grants g
        WHERE g.subject_id = ANY(${holders}) AND g.permission_id = ${permission} AND g.place_id = ANY(0::bigint || ${places}) AND ${STANDS}
        UNION ALL
        SELECT ${RULE}, true FROM castellan.rules ru WHERE ru.role_id = ANY(${roles}) AND ru.permission_id = ${permission}
        UNION ALL
        ${rulesOfRolesHere(holding)}`;
}

// Through an assignment on an object all that the role holds counts there, also what it was granted everywhere.
function rulesOfRolesHere({ rolesHere, permission, places }: Omit<Holding, 'holders'>): string {
  return `SELECT ${GRANT}, false FROM castellan.grants g
        WHERE g.subject_id = ANY(${rolesHere}) AND g.permission_id = ${permission} AND g.place_id = ANY(0::bigint || ${places}) AND ${STANDS}
        UNION ALL
        SELECT ${RULE}, false FROM castellan.rules ru WHERE ru.role_id = ANY(${rolesHere}) AND ru.permission_id = ${permission}`;
}

/**
 * A lateral table of the rules for a permission (an id expression) that are placed on an object (an id reference) or above it, held by
 * those in `acting` (a row in scope with `principals`, and `holders`: the principals and their roles).
 */
export function placedRules(objectId: string, permission: string): string {
  return `LATERAL (
      SELECT rule.* FROM (SELECT ${placesOf(objectId)} AS places OFFSET 0) pl
      CROSS JOIN LATERAL (SELECT ${rolesAt('acting.principals', 'pl.places')} AS roles_here OFFSET 0) h
      CROSS JOIN LATERAL (
        ${rulesOnPlaces({ holders: 'acting.holders', rolesHere: 'h.roles_here', permission, places: 'pl.places' })}
      ) rule
    )`;
}
