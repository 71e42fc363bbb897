import type { Statement } from './executor.js';
import { ANYONE_ID, AUTHENTICATED_ID, inWindow, placesOf, principalsOf } from './principals-sql.js';

const NOT_OVER = (row: string): string => `(${row}.expires_at IS NULL OR ${row}.expires_at > statement_timestamp())`;

const OBJECT_ID = (type: string, id: string): string => `(SELECT o.id FROM castellan.objects o
      JOIN castellan.types t ON t.id = o.type_id WHERE t.name = ${type} AND o.external_id = ${id})`;

/** A condition on a rule: what it says of one subject it need not say of another. A text in it that looks like a path counts as one. */
const ABOUT_SUBJECT = (rule: string): string =>
  `(${rule}.condition IS NOT NULL AND ${rule}.condition::text ~ '"subject\\.')`;

// The author's rule `m` covers the handed rule `h`. The names at the top of a condition are parts that must all hold, so a condition with the same
// parts and more of them is a narrower one.
const COVERS = `m.permission_id = h.permission_id AND m.effect = 'allow' AND ${inWindow('m')}
      AND (m.condition IS NULL OR (h.condition IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM jsonb_each(m.condition) part WHERE h.condition -> part.key IS DISTINCT FROM part.value)))
      AND (m.fields = '{}' OR (h.fields <> '{}' AND h.fields <@ m.fields))
      AND (m.expires_at IS NULL OR h.expires_at <= m.expires_at)`;

/** How what is handed is measured, beyond the usual. */
interface Measure {
  /** An int[] expression: principals whose denials the recipients are under as well, so that they do not stand in the way. */
  readonly exempt: string;
  /** A further condition on a denial `m` of theirs to be exempt. */
  readonly exemptOnly?: string;
  /** A further condition on an author's rule `m` to cover a handed rule `h`. */
  readonly coversOnly?: string;
}

const EVERYBODY = `ARRAY[${ANYONE_ID}, ${AUTHENTICATED_ID}]`;

/**
 * A row when something handed is not covered by the author. `handed` is a query for rows (permission_id, place_id, condition, fields,
 * expires_at), where a null permission or place is one that does not exist. Values: author type and id come first ($1, $2).
 */
function uncovered(handed: string, { exempt, exemptOnly = 'true', coversOnly = 'true' }: Measure): string {
  const covering = (places: string): string => `EXISTS (SELECT 1 FROM castellan.held_rules m
      WHERE m.holder_id = ANY(author.principals) AND m.place_id = ANY(${places}) AND ${COVERS} AND ${coversOnly})`;
  return `WITH author AS MATERIALIZED (
    SELECT ${principalsOf({ id: 's.id', active: 's.active' })} AS principals, ${exempt} AS exempt FROM (SELECT 1) always
    LEFT JOIN castellan.subjects s ON s.type = $1 AND s.external_id = $2
  ), handed AS MATERIALIZED (${handed})
  SELECT 1 AS uncovered FROM author, handed
  LEFT JOIN castellan.permissions p ON p.id = handed.permission_id LEFT JOIN castellan.types t ON t.id = p.type_id
  CROSS JOIN LATERAL (SELECT handed.*, ${placesOf('handed.place_id')} AS above OFFSET 0) h
  WHERE t.mode IS NULL OR h.place_id IS NULL
    OR CASE
      WHEN h.place_id = 0 THEN NOT ${covering('ARRAY[0]::bigint[]')}
      WHEN t.mode = 'object' THEN NOT ${covering('h.above')}
      WHEN t.mode = 'both' THEN NOT (${covering('ARRAY[0]::bigint[]')} AND ${covering('h.above')})
      ELSE NOT ${covering('(0::bigint || h.above)')}
    END
    OR EXISTS (SELECT 1 FROM castellan.held_rules m
      WHERE m.holder_id = ANY(author.principals) AND m.permission_id = h.permission_id
        AND NOT (m.holder_id = ANY(author.exempt) AND NOT ${ABOUT_SUBJECT('m')} AND ${exemptOnly})
        AND m.variant <> '' AND m.effect = 'deny' AND ${NOT_OVER('m')}
        AND (h.place_id = 0 OR m.place_id = 0 OR m.place_id = ANY(h.above)
          OR EXISTS (SELECT 1 FROM castellan.ancestry an WHERE an.descendant_id = m.place_id AND an.ancestor_id = h.place_id)))
  LIMIT 1`;
}

// Assignments of the role (an id expression), or of one that includes it.
const ASSIGNMENTS_OF = (role: string): string => `castellan.assignments a
      JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id AND ei.included_id = ${role}`;

// Where the role that gets a rule is held by anyone, anyone gets it.
const EXEMPT_FOR = (toAnyone: string): string => `CASE WHEN ${toAnyone} THEN ARRAY[${ANYONE_ID}] ELSE ${EVERYBODY} END`;
const HELD_BY_ANYONE = (roles: string): string =>
  `EXISTS (SELECT 1 FROM ${ASSIGNMENTS_OF(`ANY(${roles})`)} WHERE a.subject_id = ${ANYONE_ID})`;
const ROLES_NAMED = (ids: string): string =>
  `ARRAY(SELECT s.id FROM castellan.subjects s WHERE s.type = 'role' AND s.external_id = ANY(${ids}::text[]))`;
const GETTING = ROLES_NAMED('$11');
const REACHING = ROLES_NAMED('$5');

/**
 * Rules as they are written. Values: author; an array each of type, action, object type and id, condition, fields (JSON) and expiry; whether
 * `anyone` gets them; the ids of the roles that get them. What a role gets everywhere counts as well on each object where it is assigned.
 */
export const RULES_UNCOVERED: Statement = {
  name: 'castellan_rules_uncovered',
  text: uncovered(
    `SELECT given.permission_id, place.id AS place_id, given.condition, given.fields, given.expires_at FROM (
      SELECT p.id AS permission_id, CASE WHEN q.object_type IS NULL THEN 0 ELSE ${OBJECT_ID('q.object_type', 'q.object_id')} END AS place_id,
        q.condition, ARRAY(SELECT jsonb_array_elements_text(q.fields)) AS fields, q.expires_at
      FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::jsonb[], $9::timestamptz[])
        AS q(type, action, object_type, object_id, condition, fields, expires_at)
      LEFT JOIN castellan.types t ON t.name = q.type
      LEFT JOIN castellan.permissions p ON p.type_id = t.id AND p.action = q.action
    ) given CROSS JOIN LATERAL (
      SELECT given.place_id AS id
      UNION SELECT a.object_id FROM ${ASSIGNMENTS_OF(`ANY(${GETTING})`)}
      WHERE given.place_id = 0 AND a.object_id IS NOT NULL AND ${NOT_OVER('a')}
    ) place`,
    { exempt: EXEMPT_FOR(`$10::boolean OR ${HELD_BY_ANYONE(GETTING)}`) },
  ),
};

const IS_HOLDER = `s.type = $3 AND s.external_id = $4`;
const HOLDER_OR_NOBODY = `UNION ALL SELECT NULL, NULL, NULL, NULL, NULL FROM (SELECT 1) always
    WHERE NOT EXISTS (SELECT 1 FROM castellan.subjects s WHERE ${IS_HOLDER} AND NOT s.superuser)`;
const HELD_BY_HOLDER = `castellan.subjects s CROSS JOIN LATERAL (
      SELECT s.id AS id UNION ALL SELECT em.group_id FROM castellan.effective_memberships em WHERE em.member_id = s.id
    ) holder JOIN castellan.held_rules hr ON hr.holder_id = holder.id AND ${NOT_OVER('hr')}`;
const HELD_RULE = 'hr.permission_id, hr.place_id, hr.condition, hr.fields, hr.expires_at';

/**
 * All that a holder has; what it has as `anyone` or `authenticated` everybody has, and only counts where these are the holder. What a role has
 * everywhere counts as well on each object where it is assigned, or a role that is to include it. A row as well for a holder that is a
 * superuser (nobody covers one) or does not exist. Values: author; holder type and id; ids of the roles by whose assignments it is reached.
 */
export const HOLDER_UNCOVERED: Statement = {
  name: 'castellan_holder_uncovered',
  text: uncovered(
    `SELECT DISTINCT ${HELD_RULE} FROM ${HELD_BY_HOLDER} WHERE ${IS_HOLDER}
    UNION SELECT hr.permission_id, a.object_id, hr.condition, hr.fields, hr.expires_at
    FROM castellan.subjects s JOIN castellan.held_rules hr ON hr.holder_id = s.id AND hr.place_id = 0 AND ${NOT_OVER('hr')}
    CROSS JOIN (
      SELECT a.object_id FROM ${ASSIGNMENTS_OF(`ANY(${REACHING})`)} WHERE a.object_id IS NOT NULL AND ${NOT_OVER('a')}
    ) a
    WHERE ${IS_HOLDER} AND s.type = 'role'
    ${HOLDER_OR_NOBODY}`,
    {
      exempt: EXEMPT_FOR(HELD_BY_ANYONE(REACHING)),
    },
  ),
};

/**
 * All that may be done in a user's name. What everybody has is of no account, unless it says something else of each subject; and what hangs on
 * the subject is covered only by what does not. Values and rows as of a holder.
 */
export const IDENTITY_UNCOVERED: Statement = {
  name: 'castellan_identity_uncovered',
  text: uncovered(
    `SELECT DISTINCT ${HELD_RULE} FROM ${HELD_BY_HOLDER} WHERE ${IS_HOLDER}
    UNION SELECT ${HELD_RULE} FROM castellan.held_rules hr
    WHERE hr.holder_id = ANY(${EVERYBODY}) AND hr.effect = 'allow' AND ${NOT_OVER('hr')} AND ${ABOUT_SUBJECT('hr')}
    ${HOLDER_OR_NOBODY}`,
    { exempt: EVERYBODY, coversOnly: `NOT (${ABOUT_SUBJECT('h')} AND ${ABOUT_SUBJECT('m')})` },
  ),
};

/**
 * All that an assignment of a role gives. Values: author; the role's id, the place's type and id (null: everywhere), expiry; whether `anyone`
 * gets it.
 */
export const ROLE_UNCOVERED: Statement = {
  name: 'castellan_role_uncovered',
  text: uncovered(
    `SELECT gives.* FROM (SELECT CASE WHEN $4::text IS NULL THEN 0 ELSE ${OBJECT_ID('$4', '$5::text')} END AS id) place
    LEFT JOIN castellan.subjects s ON s.type = 'role' AND s.external_id = $3
    CROSS JOIN LATERAL (
      SELECT ru.permission_id, place.id AS place_id, ru.condition, ru.fields, $6::timestamptz AS expires_at
      FROM castellan.effective_inclusions ei JOIN castellan.rules ru ON ru.role_id = ei.included_id WHERE ei.role_id = s.id
      UNION ALL
      SELECT g.permission_id, CASE WHEN place.id = 0 THEN g.place_id WHEN g.place_id = 0 OR EXISTS (
          SELECT 1 FROM castellan.ancestry an WHERE an.descendant_id = place.id AND an.ancestor_id = g.place_id
        ) THEN place.id ELSE g.place_id END, g.condition, g.fields, LEAST(g.expires_at, $6::timestamptz)
      FROM castellan.effective_inclusions ei JOIN castellan.grants g ON g.subject_id = ei.included_id
      WHERE ei.role_id = s.id AND ${NOT_OVER('g')} AND (place.id = 0 OR g.place_id IN (0, place.id)
        OR EXISTS (SELECT 1 FROM castellan.ancestry an WHERE an.descendant_id = place.id AND an.ancestor_id = g.place_id)
        OR EXISTS (SELECT 1 FROM castellan.ancestry an WHERE an.descendant_id = g.place_id AND an.ancestor_id = place.id))
      UNION ALL SELECT NULL, NULL, NULL, NULL, NULL WHERE s.id IS NULL OR place.id IS NULL
    ) gives`,
    { exempt: EXEMPT_FOR('$7::boolean') },
  ),
};

// What may be done at an object, or below it, by a rule that is placed above: something of a type that is there; something that is yet to be made
// there; an assignment on it; a question about it.
const MATTERS_AT_MOVED = `p.action = 'add' OR t.name IN ('assignment', 'access') OR p.type_id IN (
      SELECT o.type_id FROM castellan.objects o WHERE o.id = moved.id
      UNION SELECT an.descendant_type_id FROM castellan.ancestry an WHERE an.ancestor_id = moved.id
    )`;

/**
 * On an object, all rules for something of it or below it that are placed above it now and not above it below another parent, or the other way
 * round. What everybody is denied stays so only where that is said everywhere. Values: author; object type and id, parent type and
 * id (null: none).
 */
export const MOVE_UNCOVERED: Statement = {
  name: 'castellan_move_uncovered',
  text: uncovered(
    `SELECT DISTINCT gives.permission_id, moved.id AS place_id, gives.condition, gives.fields, gives.expires_at
    FROM (SELECT ${OBJECT_ID('$3', '$4')} AS id, ${OBJECT_ID('$5::text', '$6::text')} AS parent_id) moved
    CROSS JOIN LATERAL (
      SELECT coalesce(present.id, future.id) AS id
      FROM (SELECT an.ancestor_id AS id FROM castellan.ancestry an WHERE an.descendant_id = moved.id) present
      FULL JOIN (SELECT unnest(${placesOf('moved.parent_id')}) AS id) future ON future.id = present.id
      WHERE present.id IS NULL OR future.id IS NULL
    ) place
    CROSS JOIN LATERAL (
      SELECT g.permission_id, g.condition, g.fields, g.expires_at FROM castellan.grants g
      WHERE g.object_id = place.id AND ${NOT_OVER('g')}
      UNION ALL
      SELECT ru.permission_id, ru.condition, ru.fields, a.expires_at FROM castellan.assignments a
      JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.rules ru ON ru.role_id = ei.included_id
      WHERE a.object_id = place.id AND ${NOT_OVER('a')}
      UNION ALL
      SELECT g.permission_id, g.condition, g.fields, LEAST(a.expires_at, g.expires_at) FROM castellan.assignments a
      JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.grants g ON g.subject_id = ei.included_id
      WHERE a.object_id = place.id AND ${NOT_OVER('a')} AND ${NOT_OVER('g')}
    ) gives
    JOIN castellan.permissions p ON p.id = gives.permission_id JOIN castellan.types t ON t.id = p.type_id
    WHERE ${MATTERS_AT_MOVED}`,
    { exempt: EVERYBODY, exemptOnly: 'm.place_id = 0' },
  ),
};
