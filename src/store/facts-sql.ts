import type { Statement } from './executor.js';
import { principalsOf, rolesOf } from './principals-sql.js';

/**
 * What the database knows about questions `q(n, subject_type, subject_id, type, action, object_type, object_id)`:
 * one row for each rule that a question's subject holds for the permission, everywhere or on the object;
 * one row with no rule where there is none. All of it is one statement, so one snapshot.
 */
function factsFrom(questions: string): string {
  return `
SELECT q.n,
  CASE WHEN s.id IS NULL THEN 0 WHEN NOT s.active THEN 1 WHEN s.superuser THEN 3 ELSE 2 END AS subject,
  t.mode, p.id IS NOT NULL AS action_known,
  r.id, r.source, r.allow, r.everywhere, r.restricted
FROM ${questions}
LEFT JOIN castellan.subjects s ON s.type = q.subject_type AND s.external_id = q.subject_id
LEFT JOIN castellan.types t ON t.name = q.type
LEFT JOIN castellan.permissions p ON p.type_id = t.id AND p.action = q.action
LEFT JOIN LATERAL (
  SELECT rule.* FROM
    (SELECT ARRAY[0, (SELECT o.id FROM castellan.objects o WHERE o.external_id = q.object_id AND o.type_id =
      CASE WHEN q.object_type = q.type THEN t.id ELSE (SELECT ot.id FROM castellan.types ot WHERE ot.name = q.object_type) END
    )] AS places OFFSET 0) o
    CROSS JOIN LATERAL
    (SELECT ${principalsOf({ id: 's.id', active: 's.active' })} AS principals OFFSET 0) w
    CROSS JOIN LATERAL (SELECT ${rolesOf('w.principals')} AS roles OFFSET 0) h
    CROSS JOIN LATERAL (
      SELECT g.id::text AS id, 'grant' AS source, g.effect = 'allow' AS allow, g.place_id = 0 AS everywhere,
        g.condition IS NOT NULL OR g.fields <> '{}' OR g.starts_at IS NOT NULL OR g.expires_at IS NOT NULL AS restricted
      FROM castellan.grants g
      WHERE g.subject_id = ANY(w.principals || h.roles) AND g.permission_id = p.id AND g.place_id = ANY(o.places)
      UNION ALL
      SELECT ru.id::text, 'role', ru.effect = 'allow', true, ru.condition IS NOT NULL OR ru.fields <> '{}'
      FROM castellan.rules ru
      WHERE ru.role_id = ANY(h.roles) AND ru.permission_id = p.id
    ) rule
) r ON NOT coalesce(s.superuser, false)`;
}

/** One question. Values: subject type, subject id, type, action, object type, object id. */
export const FACTS_OF_ONE: Statement = {
  name: 'castellan_facts_of_one',
  text: factsFrom(
    `(SELECT 1 AS n, $1::text AS subject_type, $2::text AS subject_id, $3::text AS type, $4::text AS action, $5::text AS object_type, $6::text AS object_id) q`,
  ),
};

/** Many questions. Values: an array for each of the columns that one question has. */
export const FACTS_OF_MANY: Statement = {
  name: 'castellan_facts_of_many',
  text: factsFrom(
    `unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
     WITH ORDINALITY AS q(subject_type, subject_id, type, action, object_type, object_id, n)`,
  ),
};

/** A row of either statement. `subject`: 0 unknown, 1 inactive, 2 active, 3 active superuser. */
export interface FactsRow {
  readonly n: number | string;
  readonly subject: number;
  readonly mode: string | null;
  readonly action_known: boolean;
  readonly id: string | null;
  readonly source: string;
  readonly allow: boolean;
  readonly everywhere: boolean;
  readonly restricted: boolean;
}
