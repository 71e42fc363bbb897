import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import type { Outcome, Reject } from './bulk-rows.js';
import { outcomeOf } from './import-subjects.js';

const PLACED = `placed AS MATERIALIZED (
    SELECT q.*, s.id AS sid, r.id AS rid, o.id AS oid FROM pg_temp.import_assignments q
    LEFT JOIN castellan.subjects s ON s.type = q.subject_type AND s.external_id = q.subject_id
    LEFT JOIN castellan.subjects r ON r.type = 'role' AND r.external_id = q.role
    LEFT JOIN castellan.types t ON t.name = q.object_type
    LEFT JOIN LATERAL (SELECT o.id FROM castellan.objects o WHERE o.type_id = t.id AND o.external_id = q.object_id LIMIT 1) o ON true
  )`;
const FIT = `sid IS NOT NULL AND rid IS NOT NULL AND (object_type IS NULL OR oid IS NOT NULL)`;

const ASSIGN = `WITH ${PLACED}, made AS (
    INSERT INTO castellan.assignments (id, subject_id, role_id, object_id, starts_at, expires_at)
    SELECT id, sid, rid, oid, starts_at, expires_at FROM placed WHERE ${FIT} ORDER BY line
    ON CONFLICT (subject_id, role_id, object_id, starts_at, expires_at) DO NOTHING RETURNING 1
  )
  SELECT count(*)::int AS created FROM made`;

const REFUSED = `WITH ${PLACED}
  SELECT line, 'unknown_reference' AS code, CASE
      WHEN sid IS NULL THEN 'subject: there is no ' || subject_type || ' ' || subject_id || '.'
      WHEN rid IS NULL THEN 'role: there is no role ' || role || '.'
      ELSE 'object: there is no ' || object_type || ':' || object_id || '.' END AS reason
  FROM placed WHERE NOT (${FIT}) ORDER BY line`;

/** Makes the assignments of a batch. */
export async function importAssignments(sql: SqlExecutor): Promise<Outcome> {
  const [made] = await run<{ created: number }>(sql, ASSIGN);
  return outcomeOf(made?.created ?? 0, await run<Reject>(sql, REFUSED));
}
