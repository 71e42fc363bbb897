import type { Statement } from './executor.js';
import { inWindow, principalsOf, rolesOf } from './principals-sql.js';

/**
 * Lists by plain rules: those that allow, without condition, fields or window. Every step is a look-up in an index, so a page costs what
 * a page costs, however much is visible. Where any other rule of the subject's might matter, the statement says so and
 * answers nothing: then the list is made by `conditional-list-sql.ts`.
 */

const plainRule = (rule: string): string =>
  `${rule}.effect = 'allow' AND ${rule}.condition IS NULL AND ${rule}.fields = '{}'`;

/**
 * Whether a rule placed everywhere allows the permission (a column of `holding`). Every column is named with its table: in a
 * subquery, a bare `permission_id` would be the one of the rule it is compared with.
 */
const everywhere = (permission: string): string => `(EXISTS (SELECT 1 FROM castellan.grants g
        WHERE g.subject_id = ANY(holding.holders) AND g.permission_id = holding.${permission} AND g.place_id = 0 AND g.variant = '')
      OR EXISTS (SELECT 1 FROM castellan.rules ru
        WHERE ru.role_id = ANY(holding.roles) AND ru.permission_id = holding.${permission} AND ${plainRule('ru')}))`;

/** The objects on which a role that allows the permission is assigned. */
const assignedPlaces = (permission: string): string => `ARRAY(SELECT DISTINCT a.object_id FROM castellan.assignments a
        JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id
        JOIN castellan.rules ru ON ru.role_id = ei.included_id AND ru.permission_id = holding.${permission} AND ${plainRule('ru')}
        WHERE a.subject_id = ANY(holding.principals) AND a.object_id IS NOT NULL AND ${inWindow('a')})`;

const SCOPED_ROLES = `ARRAY(SELECT ei.included_id FROM castellan.assignments a
        JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id
        WHERE a.subject_id = ANY(acting.principals) AND a.object_id IS NOT NULL)`;

const NOT_PLAIN = `(EXISTS (SELECT 1 FROM castellan.grants g
        WHERE g.subject_id = ANY(holding.holders) AND g.permission_id = ANY(holding.permissions) AND g.variant <> '')
      OR EXISTS (SELECT 1 FROM castellan.rules ru
        WHERE ru.role_id = ANY(holding.roles || holding.scoped_roles) AND ru.permission_id = ANY(holding.permissions) AND NOT (${plainRule('ru')}))
      OR EXISTS (SELECT 1 FROM castellan.grants g
        WHERE g.subject_id = ANY(holding.scoped_roles) AND g.permission_id = ANY(holding.permissions)))`;

/**
 * One row: what the subject holds of the permission, and of `view` where that is asked for as well; no row where the type, the action or
 * the subject's standing rules everything out. `plain`: no rule but plain ones. `all`: every object of the type.
 */
const holdings = (andView: boolean): string => `holdings AS MATERIALIZED (
  SELECT held.*, held.superuser OR (held.mode = 'union' AND held.everywhere) AS all_of_type,
    NOT held.superuser AND (held.mode <> 'both' OR held.everywhere) AS by_place
  FROM (SELECT holding.type_id, holding.permission_id, holding.holders, holding.mode, holding.superuser,
    holding.superuser OR NOT ${NOT_PLAIN} AS plain,
    ${everywhere('permission_id')} AS everywhere, ${assignedPlaces('permission_id')} AS places${
      andView
        ? `,
    holding.view_id, ${everywhere('view_id')} AS view_everywhere, ${assignedPlaces('view_id')} AS view_places`
        : ''
    }
  FROM (SELECT acting.*, acting.principals || acting.roles AS holders, ${SCOPED_ROLES} AS scoped_roles FROM
    (SELECT asked.*, ${rolesOf('asked.principals')} AS roles FROM
      (SELECT t.id AS type_id, t.mode, p.id AS permission_id, coalesce(s.superuser, false) AS superuser,
        ${andView ? 'v.id AS view_id, ARRAY[p.id, v.id]' : 'ARRAY[p.id]'} AS permissions,
        ${principalsOf({ id: 's.id', active: 's.active' })} AS principals
      FROM castellan.types t
      JOIN castellan.permissions p ON p.type_id = t.id AND p.action = $4${
        andView ? "\n      JOIN castellan.permissions v ON v.type_id = t.id AND v.action = 'view'" : ''
      }
      LEFT JOIN castellan.subjects s ON s.type = $1 AND s.external_id = $2
      WHERE t.name = $3 AND coalesce(s.active, true)
    OFFSET 0) asked OFFSET 0) acting OFFSET 0) holding OFFSET 0) held
)`;

/**
 * A condition: the holder may view the object (an id expression) as well. Its own tables have names that no id expression begins with: one
 * that did would be compared with itself.
 */
const viewable = (andView: boolean, id: string): string =>
  !andView
    ? ''
    : ` AND (h.superuser OR (h.mode = 'union' AND h.view_everywhere) OR ((h.mode <> 'both' OR h.view_everywhere) AND (
          ${id} = ANY(h.view_places)
          OR EXISTS (SELECT 1 FROM castellan.grants viewing
            WHERE viewing.subject_id = ANY(h.holders) AND viewing.permission_id = h.view_id AND viewing.place_id = ${id} AND viewing.variant = '')
          OR EXISTS (SELECT 1 FROM castellan.ancestry above
            WHERE above.descendant_id = ${id} AND (above.ancestor_id = ANY(h.view_places) OR EXISTS (SELECT 1 FROM castellan.grants viewing
              WHERE viewing.subject_id = ANY(h.holders) AND viewing.permission_id = h.view_id AND viewing.place_id = above.ancestor_id AND viewing.variant = ''))))))`;

/** What a page shows of its objects; `page` holds their ids. */
export const PAGE_OF_OBJECTS = `SELECT o.id::text AS position, o.external_id AS id, o.attributes, pt.name AS parent_type, po.external_id AS parent_id
FROM page JOIN castellan.objects o ON o.id = page.id
LEFT JOIN castellan.objects po ON po.id = o.parent_id
LEFT JOIN castellan.types pt ON pt.id = po.type_id`;

/**
 * A page by surrogate id: the type's own keyset where every object is allowed, else one keyset page for each holder and for each
 * place with objects below it, merged. The first column says whether plain rules are all there is; a row with nothing else says so of
 * an empty page.
 * Values: subject type, subject id, type, action, after, limit.
 */
export function plainListStatement(andView: boolean): Statement {
  return {
    name: `castellan_plain_list${andView ? '_and_view' : ''}`,
    text: `WITH ${holdings(andView)}, page AS MATERIALIZED (
  SELECT found.id FROM (
    (SELECT o.id FROM holdings h CROSS JOIN LATERAL (
      SELECT o.id FROM castellan.objects o
      WHERE h.plain AND h.all_of_type AND o.type_id = h.type_id AND o.id > $5::bigint${viewable(andView, 'o.id')}
      ORDER BY o.type_id, o.id LIMIT $6::int
    ) o)
    UNION
    (SELECT DISTINCT own.id FROM holdings h CROSS JOIN LATERAL unnest(h.holders) AS holder(id) CROSS JOIN LATERAL (
      SELECT DISTINCT g.place_id AS id FROM castellan.grants g JOIN castellan.objects o ON o.id = g.place_id AND o.type_id = h.type_id
      WHERE h.plain AND h.by_place AND NOT h.all_of_type AND g.subject_id = holder.id AND g.permission_id = h.permission_id
        AND g.place_id > $5::bigint AND g.variant = ''${viewable(andView, 'g.place_id')}
      ORDER BY g.place_id LIMIT $6::int
    ) own ORDER BY own.id LIMIT $6::int)
    UNION
    (SELECT DISTINCT below.id FROM (
      SELECT DISTINCT place.id FROM holdings h CROSS JOIN LATERAL (
        SELECT unnest(h.places) AS id
        UNION ALL
        SELECT g.place_id FROM castellan.grants g
        WHERE g.subject_id = ANY(h.holders) AND g.permission_id = h.permission_id AND g.reaches_below AND g.variant = ''
      ) place WHERE h.plain AND h.by_place AND NOT h.all_of_type
    ) place CROSS JOIN holdings h CROSS JOIN LATERAL (
      SELECT an.descendant_id AS id FROM castellan.ancestry an
      WHERE an.ancestor_id = place.id AND an.descendant_type_id = h.type_id AND an.descendant_id > $5::bigint${viewable(andView, 'an.descendant_id')}
      ORDER BY an.descendant_id LIMIT $6::int
    ) below ORDER BY below.id LIMIT $6::int)
    UNION
    (SELECT o.id FROM holdings h CROSS JOIN LATERAL unnest(h.places) AS place(id)
      JOIN castellan.objects o ON o.id = place.id AND o.type_id = h.type_id
      WHERE h.plain AND h.by_place AND NOT h.all_of_type AND o.id > $5::bigint${viewable(andView, 'o.id')})
  ) found ORDER BY found.id LIMIT $6::int
)
SELECT h.plain, shown.* FROM holdings h LEFT JOIN (${PAGE_OF_OBJECTS}) shown ON true ORDER BY shown.position::bigint`,
  };
}

/** A row of a list. `position` is where the next page goes on from. */
export interface ListRow {
  readonly plain?: boolean;
  readonly position: string | null;
  readonly id: string;
  readonly attributes: Record<string, never>;
  readonly parent_type: string | null;
  readonly parent_id: string | null;
}

/** Whether the subject holds any rule that allows the permission. Values: subject type, subject id, type, action. */
export const HOLDS_ANYWHERE: Statement = {
  name: 'castellan_holds_anywhere',
  text: `SELECT asked.superuser OR EXISTS (
  SELECT 1 FROM castellan.held_rules hr
  WHERE hr.holder_id = ANY(asked.principals) AND hr.permission_id = asked.permission_id AND hr.effect = 'allow' AND ${inWindow('hr')}
) AS holds FROM (
  SELECT p.id AS permission_id, coalesce(s.superuser, false) AS superuser,
    ${principalsOf({ id: 's.id', active: 's.active' })} AS principals
  FROM castellan.types t
  JOIN castellan.permissions p ON p.type_id = t.id AND p.action = $4
  LEFT JOIN castellan.subjects s ON s.type = $1 AND s.external_id = $2
  WHERE t.name = $3 AND coalesce(s.active, true)
OFFSET 0) asked`,
};
