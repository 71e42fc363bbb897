import type { Statement } from './executor.js';
import { principalsOf, rolesOf } from './principals-sql.js';

const each = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join('');

/**
 * Whether a superuser, or a rule placed everywhere, allows the permission (a column of `holding`): one that there is, for a
 * superuser too. Every column is named with its table: in a subquery, a bare `permission_id` would be the one of the rule it is compared with.
 */
const everywhere = (permission: string): string => `(holding.superuser AND holding.${permission} IS NOT NULL
      OR EXISTS (SELECT 1 FROM castellan.grants g
        WHERE g.subject_id = ANY(holding.holders) AND g.permission_id = holding.${permission} AND g.place_id = 0 AND g.variant = '')
      OR EXISTS (SELECT 1 FROM castellan.rules ru
        WHERE ru.role_id = ANY(holding.roles) AND ru.permission_id = holding.${permission}
          AND ru.effect = 'allow' AND ru.condition IS NULL AND ru.fields = '{}'))`;

/**
 * One row: what the subject holds of the permission. `holders` are the principals and roles whose grants count, `everywhere`
 * says that it is allowed on every object of the type; no row where the type, the action or the subject's standing rules it out.
 */
const holdings = (also: number): string => `holdings AS MATERIALIZED (
  SELECT holding.type_id, holding.permission_id, holding.holders, ${everywhere('permission_id')} AS everywhere${each(
    also,
    (n) => `,
    holding.also_${n}, ${everywhere(`also_${n}`)} AS also_everywhere_${n}`,
  )}
  FROM (SELECT acting.*, acting.principals || acting.roles AS holders FROM
    (SELECT asked.*, ${rolesOf('asked.principals')} AS roles FROM
      (SELECT t.id AS type_id, p.id AS permission_id, coalesce(s.superuser, false) AS superuser,
        ${principalsOf({ id: 's.id', active: 's.active' })} AS principals${each(
          also,
          (n) => `,
        (SELECT a.id FROM castellan.permissions a WHERE a.type_id = t.id AND a.action = ($7::text[])[${n + 1}]) AS also_${n}`,
        )}
      FROM castellan.types t
      JOIN castellan.permissions p ON p.type_id = t.id AND p.action = $4
      LEFT JOIN castellan.subjects s ON s.type = $1 AND s.external_id = $2
      WHERE t.name = $3 AND coalesce(s.active, true) AND $7::text[] IS NOT NULL
    OFFSET 0) asked OFFSET 0) acting OFFSET 0) holding
)`;

/** Further actions must be allowed on the object (an id expression) as well. */
const alsoAllowed = (also: number, id: string): string =>
  each(
    also,
    (n) => `
        AND (h.also_everywhere_${n} OR EXISTS (SELECT 1 FROM castellan.grants a
          WHERE a.subject_id = ANY(h.holders) AND a.permission_id = h.also_${n} AND a.place_id = ${id} AND a.variant = ''))`,
  );

/** Each attribute must have its value, as a string or as the JSON that the value reads as. */
const attributesMatch = (attributes: number, row: string): string =>
  each(
    attributes,
    (n) => `
        AND (${row}.attributes #> $${8 + 3 * n}::text[] = to_jsonb($${9 + 3 * n}::text) OR ${row}.attributes #> $${8 + 3 * n}::text[] = $${10 + 3 * n}::jsonb)`,
  );

/**
 * A page of the objects on which the subject may do the action, by surrogate id: the type's own keyset where it is allowed
 * everywhere, else one keyset page for each holder, merged. So it costs what a page costs, however much is visible.
 * Values: subject type, subject id, type, action, after, limit, further actions; then path, text and JSON (or null) of each attribute.
 */
export function listStatement(also: number, attributes: number): Statement {
  const matching =
    attributes === 0
      ? ''
      : `
        AND EXISTS (SELECT 1 FROM castellan.objects n WHERE n.id = g.place_id${attributesMatch(attributes, 'n')})`;
  return {
    name: `castellan_list_${also}_${attributes}`,
    text: `WITH ${holdings(also)}
SELECT o.id::text AS position, o.external_id AS id, o.attributes, pt.name AS parent_type, po.external_id AS parent_id
FROM (
  SELECT id FROM (
    (SELECT o.id FROM holdings h CROSS JOIN LATERAL (
      SELECT o.id FROM castellan.objects o
      WHERE h.everywhere AND o.type_id = h.type_id AND o.id > $5::bigint${alsoAllowed(also, 'o.id')}${attributesMatch(attributes, 'o')}
      ORDER BY o.type_id, o.id LIMIT $6::int
    ) o)
    UNION ALL
    (SELECT DISTINCT page.id FROM holdings h CROSS JOIN LATERAL unnest(h.holders) AS holder(id) CROSS JOIN LATERAL (
      SELECT DISTINCT g.place_id AS id FROM castellan.grants g
      WHERE NOT h.everywhere AND g.subject_id = holder.id AND g.permission_id = h.permission_id
        AND g.place_id > $5::bigint AND g.variant = ''${alsoAllowed(also, 'g.place_id')}${matching}
      ORDER BY g.place_id LIMIT $6::int
    ) page ORDER BY page.id LIMIT $6::int)
  ) found ORDER BY id LIMIT $6::int
) page
JOIN castellan.objects o ON o.id = page.id
LEFT JOIN castellan.objects po ON po.id = o.parent_id
LEFT JOIN castellan.types pt ON pt.id = po.type_id
ORDER BY o.id`,
  };
}

/** A row of a list. `position` is where the next page goes on from. */
export interface ListRow {
  readonly position: string;
  readonly id: string;
  readonly attributes: Record<string, never>;
  readonly parent_type: string | null;
  readonly parent_id: string | null;
}

/** Whether the subject holds any rule for the permission at all. Values: subject type, subject id, type, action, 0, 1, '{}'. */
export const HOLDS_ANYWHERE: Statement = {
  name: 'castellan_holds_anywhere',
  text: `WITH ${holdings(0)}
SELECT h.everywhere OR EXISTS (
  SELECT 1 FROM castellan.grants g WHERE g.subject_id = ANY(h.holders) AND g.permission_id = h.permission_id AND g.variant = ''
) AS holds FROM holdings h WHERE $5::bigint = 0 AND $6::int = 1`,
};
