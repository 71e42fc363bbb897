import type { Effect, JsonObject, Mode } from '../core/model.js';
import type { Statement } from './executor.js';
import { placesOf, principalsOf } from './principals-sql.js';

/**
 * Everything that a question names. `line` is the object and what is above it, from below; `at` the instant that windows are
 * measured by. Values: subject type, subject id, type, action, object type, object id.
 */
export const SITUATION: Statement = {
  name: 'castellan_explain_situation',
  text: `SELECT statement_timestamp()::text AS at, s.id AS subject_id, coalesce(s.active, true) AS active,
    coalesce(s.superuser, false) AS superuser, s.attributes AS subject_attributes,
    t.mode, p.id AS permission_id, o.id IS NOT NULL AS object_known, o.attributes AS object_attributes,
    ARRAY(
      SELECT place.id::text FROM unnest(${placesOf('o.id')}) AS place(id)
      LEFT JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.ancestor_id = place.id
      ORDER BY an.depth NULLS FIRST
    ) AS line,
    ${principalsOf({ id: 's.id', active: 's.active' })} AS principals
  FROM (SELECT 1 AS one) always
  LEFT JOIN castellan.subjects s ON s.type = $1::text AND s.external_id = $2::text
  LEFT JOIN castellan.types t ON t.name = $3::text
  LEFT JOIN castellan.permissions p ON p.type_id = t.id AND p.action = $4::text
  LEFT JOIN castellan.types ot ON ot.name = $5::text
  LEFT JOIN castellan.objects o ON o.type_id = ot.id AND o.external_id = $6::text`,
};

export interface SituationRow {
  readonly at: string;
  readonly subject_id: number | null;
  readonly active: boolean;
  readonly superuser: boolean;
  readonly subject_attributes: JsonObject | null;
  readonly mode: Mode | null;
  readonly permission_id: number | null;
  readonly object_known: boolean;
  readonly object_attributes: JsonObject | null;
  readonly line: string[];
  readonly principals: number[];
}

// All of them have $1 the principals, $2 the permission, $3 the line and $4 the instant. In the columns, the holder is the principal,
// `assigned` the role that it was assigned, and the keeper who the rule is written for in the end: the holder, that role, or one it includes.
// As in castellan.held_rules, from which they differ in how they find what there is: by the places first, or a few of many.
const GRANT = `g.id::text AS id, true AS granted, g.effect, g.condition, g.fields`;
const RULE = `ru.id::text, false, ru.effect, ru.condition, ru.fields`;

/** The roles of the principals, each with how it is reached; a role that is asked about reaches itself and those it includes. */
const reach = (assignedOn: string): string => `reach AS MATERIALIZED (
    SELECT a.subject_id AS holder_id, a.role_id AS assigned_id, ei.included_id AS keeper_id,
      coalesce(a.object_id, 0) AS assigned_on, a.starts_at, a.expires_at
    FROM castellan.assignments a JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id
    WHERE a.subject_id = ANY($1::int[]) AND (${assignedOn})
    UNION ALL
    SELECT ei.role_id, NULL, ei.included_id, 0, NULL, NULL FROM castellan.effective_inclusions ei WHERE ei.role_id = ANY($1::int[])
  )`;

// What a role has been granted itself is found among the grants of the principals, where it is one.
const NOT_ITSELF = `(reach.assigned_id IS NOT NULL OR reach.keeper_id <> reach.holder_id)`;

const BOTH_WINDOWS = `greatest(reach.starts_at, g.starts_at) AS starts_at, least(reach.expires_at, g.expires_at) AS expires_at`;

const told = (
  found: string,
  window: string,
  further = '',
): string => `SELECT found.*, pt.name AS place_type, pl.external_id AS place_external_id, ${window} AS window
  FROM (${found}) found
  LEFT JOIN castellan.objects pl ON pl.id = found.place_id
  LEFT JOIN castellan.types pt ON pt.id = pl.type_id
  ${further}`;

const STABLE = `found.place_id, found.id, found.holder_id, found.assigned_id, found.keeper_id`;

/** The rules that the principals hold for the permission, everywhere or on the line, whatever their window. */
export const HELD_HERE: Statement = {
  name: 'castellan_explain_here',
  text: `WITH ${reach('a.object_id IS NULL OR a.object_id = ANY($3::bigint[])')}
  ${told(
    `SELECT holder.id AS holder_id, NULL::int AS assigned_id, holder.id AS keeper_id, ${GRANT}, g.starts_at, g.expires_at, g.place_id
    FROM unnest($1::int[]) AS holder(id) CROSS JOIN LATERAL (
      SELECT * FROM castellan.grants g WHERE g.subject_id = holder.id AND g.permission_id = $2::int AND g.place_id = ANY(0::bigint || $3::bigint[]) OFFSET 0
    ) g
    UNION ALL
    SELECT reach.holder_id, reach.assigned_id, reach.keeper_id, ${RULE}, reach.starts_at, reach.expires_at, reach.assigned_on
    FROM reach JOIN castellan.rules ru ON ru.role_id = reach.keeper_id AND ru.permission_id = $2::int
    UNION ALL
    SELECT reach.holder_id, reach.assigned_id, reach.keeper_id, ${GRANT}, ${BOTH_WINDOWS},
      CASE WHEN reach.assigned_on = 0 THEN g.place_id WHEN g.place_id = 0 THEN reach.assigned_on
        ELSE ($3::bigint[])[least(array_position($3::bigint[], g.place_id), array_position($3::bigint[], reach.assigned_on))] END
    FROM reach CROSS JOIN LATERAL (
      SELECT * FROM castellan.grants g WHERE g.subject_id = reach.keeper_id AND g.permission_id = $2::int AND g.place_id = ANY(0::bigint || $3::bigint[]) OFFSET 0
    ) g WHERE ${NOT_ITSELF}`,
    `CASE WHEN found.expires_at <= $4::timestamptz THEN 'expired' WHEN found.starts_at > $4::timestamptz THEN 'not_started' ELSE 'inside' END`,
  )}
  ORDER BY ${STABLE}`,
};

/** How many of one holder's grants on each side of the object, and how many rules in all, are looked at for the nearest ones. */
const LOOKED_AT = { eachSide: 250, all: 2000 };

// What was registered at about the same time is often near: so both sides of the object are looked at, in the order of the index.
const AT = `coalesce(($3::bigint[])[1], 0)`;
const grantsAround = (keeper: string, everywhereToo: boolean): string => `(
      (SELECT * FROM castellan.grants g WHERE g.subject_id = ${keeper} AND g.permission_id = $2::int AND g.place_id > ${AT}
        ORDER BY g.place_id LIMIT ${LOOKED_AT.eachSide})
      UNION ALL
      (SELECT * FROM castellan.grants g WHERE g.subject_id = ${keeper} AND g.permission_id = $2::int AND g.place_id < ${AT} AND g.place_id > 0
        ORDER BY g.place_id DESC LIMIT ${LOOKED_AT.eachSide})
      ${everywhereToo ? `UNION ALL (SELECT * FROM castellan.grants g WHERE g.subject_id = ${keeper} AND g.permission_id = $2::int AND g.place_id = 0)` : ''}
    )`;

const isBelow = (lower: string, upper: string): string =>
  `EXISTS (SELECT 1 FROM castellan.ancestry an WHERE an.descendant_id = ${lower} AND an.ancestor_id = ${upper})`;

/**
 * The rules that would allow it on other objects, the nearest first: by the steps up from the object and down again to the place,
 * and last those that have nothing above them in common with it. Of thousands that somebody holds, some are looked at. $5: how many.
 */
export const HELD_ELSEWHERE: Statement = {
  name: 'castellan_explain_elsewhere',
  text: `WITH ${reach('true')}
  ${told(
    `SELECT one.* FROM (
      SELECT holder.id AS holder_id, NULL::int AS assigned_id, holder.id AS keeper_id, ${GRANT}, g.starts_at, g.expires_at, g.place_id
      FROM unnest($1::int[]) AS holder(id) CROSS JOIN LATERAL ${grantsAround('holder.id', false)} g
      UNION ALL
      SELECT reach.holder_id, reach.assigned_id, reach.keeper_id, ${RULE}, reach.starts_at, reach.expires_at, reach.assigned_on
      FROM reach JOIN castellan.rules ru ON ru.role_id = reach.keeper_id AND ru.permission_id = $2::int
      UNION ALL
      SELECT reach.holder_id, reach.assigned_id, reach.keeper_id, ${GRANT}, ${BOTH_WINDOWS},
        CASE WHEN reach.assigned_on = 0 THEN g.place_id WHEN g.place_id = 0 OR ${isBelow('reach.assigned_on', 'g.place_id')} THEN reach.assigned_on
          ELSE g.place_id END
      FROM reach CROSS JOIN LATERAL ${grantsAround('reach.keeper_id', true)} g
      WHERE ${NOT_ITSELF} AND (reach.assigned_on = 0 OR g.place_id IN (0, reach.assigned_on)
        OR ${isBelow('reach.assigned_on', 'g.place_id')} OR ${isBelow('g.place_id', 'reach.assigned_on')})
    ) one
    WHERE one.effect = 'allow' AND one.place_id <> 0 AND one.place_id <> ALL($3::bigint[])
      AND (one.starts_at IS NULL OR one.starts_at <= $4::timestamptz) AND (one.expires_at IS NULL OR one.expires_at > $4::timestamptz)
    LIMIT ${LOOKED_AT.all}`,
    `'inside'`,
    `CROSS JOIN LATERAL (
      SELECT min(mine.step - 1 + theirs.depth) AS steps
      FROM (SELECT found.place_id AS id, 0 AS depth UNION ALL SELECT an.ancestor_id, an.depth FROM castellan.ancestry an WHERE an.descendant_id = found.place_id) theirs
      JOIN unnest($3::bigint[]) WITH ORDINALITY AS mine(id, step) ON mine.id = theirs.id
    ) way`,
  )}
  ORDER BY way.steps NULLS LAST, ${STABLE} LIMIT $5::int`,
};

/** A rule that is held. `assigned_id`: the role by whose assignment, where it came by one. */
export interface HeldRow {
  readonly holder_id: number;
  readonly assigned_id: number | null;
  readonly keeper_id: number;
  readonly id: string;
  readonly granted: boolean;
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  readonly fields: string[];
  readonly starts_at: Date | null;
  readonly expires_at: Date | null;
  readonly place_type: string | null;
  readonly place_external_id: string | null;
  readonly window: 'inside' | 'not_started' | 'expired';
}

/**
 * The edges that paths are made of: from the principals to the groups that they are in, and from the roles to those they include,
 * directly or through others. Values: principals, roles.
 */
export const EDGES: Statement = {
  name: 'castellan_explain_edges',
  text: `(SELECT member_id AS "from", group_id AS "to" FROM castellan.memberships WHERE member_id = ANY($1::int[]) ORDER BY 1, 2)
    UNION ALL
    (SELECT ri.role_id, ri.included_id FROM castellan.role_inclusions ri
      WHERE ri.role_id IN (SELECT ei.included_id FROM castellan.effective_inclusions ei WHERE ei.role_id = ANY($2::int[])) ORDER BY 1, 2)`,
};

/** What the subjects are called. Values: ids. */
export const NAMES: Statement = {
  name: 'castellan_explain_names',
  text: 'SELECT id, type, external_id FROM castellan.subjects WHERE id = ANY($1::int[])',
};
