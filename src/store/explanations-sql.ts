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

// `keeper` is who the rule is written for in the end: the holder itself, or a role that it is assigned or that includes it.
const TOLD = `h.holder_id, a.role_id AS assigned_id, coalesce(g.subject_id, ru.role_id) AS keeper_id,
    coalesce(h.grant_id::text, h.rule_id::text) AS id, h.grant_id IS NOT NULL AS granted,
    h.effect, h.condition, h.fields, h.starts_at, h.expires_at, pt.name AS place_type, pl.external_id AS place_id`;

const KEEPERS = `LEFT JOIN castellan.grants g ON g.id = h.grant_id
  LEFT JOIN castellan.rules ru ON ru.id = h.rule_id
  LEFT JOIN castellan.assignments a ON a.id = h.assignment_id
  LEFT JOIN castellan.objects pl ON pl.id = h.place_id
  LEFT JOIN castellan.types pt ON pt.id = pl.type_id`;

/**
 * The rules that the principals hold for the permission, everywhere or on the line, whatever their window.
 * Values: principals, permission, line, at.
 */
export const HELD_HERE: Statement = {
  name: 'castellan_explain_here',
  text: `SELECT ${TOLD},
    CASE WHEN h.expires_at <= $4::timestamptz THEN 'expired' WHEN h.starts_at > $4::timestamptz THEN 'not_started' ELSE 'inside' END AS window
  FROM castellan.held_rules h
  ${KEEPERS}
  WHERE h.holder_id = ANY($1::int[]) AND h.permission_id = $2::int AND h.place_id = ANY(0::bigint || $3::bigint[])
  ORDER BY h.place_id, h.grant_id, h.rule_id, h.assignment_id, h.holder_id`,
};

/** How many rules of one holder, and how many in all, are looked at for the nearest ones. */
const LOOKED_AT = { each: 500, all: 2000 };

const elsewhere = (assigned: boolean): string => `(
      SELECT e.* FROM castellan.held_rules e
      WHERE e.holder_id = holder.id AND e.permission_id = $2::int AND e.effect = 'allow'
        AND e.assignment_id IS ${assigned ? 'NOT ' : ''}NULL AND e.place_id <> 0 AND e.place_id <> ALL($3::bigint[])
        AND (e.starts_at IS NULL OR e.starts_at <= $4::timestamptz) AND (e.expires_at IS NULL OR e.expires_at > $4::timestamptz)
      ORDER BY e.place_id LIMIT ${LOOKED_AT.each})`;

/**
 * The rules that would allow it on other objects, the nearest first: by the steps up from the object and down again to
 * the place, and last those that have nothing above them in common with it. Whoever holds thousands of them has the first ones looked at.
 * Values: principals, permission, line, at, limit.
 */
export const HELD_ELSEWHERE: Statement = {
  name: 'castellan_explain_elsewhere',
  text: `SELECT ${TOLD}, 'inside' AS window
  FROM (SELECT found.* FROM unnest($1::int[]) AS holder(id) CROSS JOIN LATERAL (
    ${elsewhere(false)}
    UNION ALL
    ${elsewhere(true)}
  ) found LIMIT ${LOOKED_AT.all}) h
  ${KEEPERS}
  CROSS JOIN LATERAL (
    SELECT min(mine.step - 1 + theirs.depth) AS steps
    FROM (SELECT h.place_id AS id, 0 AS depth UNION ALL SELECT an.ancestor_id, an.depth FROM castellan.ancestry an WHERE an.descendant_id = h.place_id) theirs
    JOIN unnest($3::bigint[]) WITH ORDINALITY AS mine(id, step) ON mine.id = theirs.id
  ) way
  ORDER BY way.steps NULLS LAST, h.place_id, h.grant_id, h.rule_id, h.assignment_id, h.holder_id LIMIT $5::int`,
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
  readonly place_id: string | null;
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
