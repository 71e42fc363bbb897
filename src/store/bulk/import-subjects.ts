import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import type { Outcome, Reject } from './bulk-rows.js';
import { rejectUnfitIds } from './unfit-ids.js';

// Users, groups and services; the first row of an id makes it. Users and groups are objects too.
const INSERT = `WITH first AS (
    SELECT DISTINCT ON (type, external_id) * FROM pg_temp.import_subjects ORDER BY type, external_id, line
  ), made AS (
    INSERT INTO castellan.subjects (type, external_id, username, email, description, active, superuser, attributes)
    SELECT q.type, q.external_id, q.username, q.email, q.description, coalesce(q.active, true), coalesce(q.superuser, false),
      coalesce(q.attributes, '{}') FROM first q
    WHERE NOT EXISTS (SELECT 1 FROM castellan.subjects s WHERE s.type = q.type AND s.external_id = q.external_id)
    ORDER BY q.line
    ON CONFLICT DO NOTHING
    RETURNING id, type, external_id, attributes
  ), objects AS (
    INSERT INTO castellan.objects (type_id, external_id, attributes)
    SELECT t.id, m.external_id, m.attributes FROM made m JOIN castellan.types t ON t.name = m.type AND t.built_in ORDER BY m.id
  )
  SELECT type AS kind, count(*)::int AS created FROM made GROUP BY 1`;

// What a row leaves out is not compared.
const differs = (column: string): string => `(q.${column} IS NOT NULL AND s.${column} IS DISTINCT FROM q.${column})`;
const COLUMNS = ['username', 'email', 'description', 'active', 'superuser', 'attributes'];

const COMPARE = `SELECT q.line, 'already_exists' AS code,
    CASE WHEN s.id IS NOT NULL THEN q.type || ' ' || q.external_id || ' stands already, with another ' || concat_ws(', ', ${COLUMNS.map(
      (column) => `CASE WHEN ${differs(column)} THEN '${column}' END`,
    ).join(', ')}) || '; an import changes nothing that stands.'
    ELSE 'username: ' || q.username || ' is taken by another user.' END AS reason
  FROM pg_temp.import_subjects q LEFT JOIN castellan.subjects s ON s.type = q.type AND s.external_id = q.external_id
  WHERE s.id IS NULL OR ${COLUMNS.map(differs).join(' OR ')} ORDER BY q.line`;

/** Makes the users, groups and services of a batch, by their kinds. */
export async function importSubjects(sql: SqlExecutor): Promise<{ created: Map<string, number>; rejects: Reject[] }> {
  const unfit = await rejectUnfitIds(sql, 'import_subjects');
  const made = await run<{ kind: string; created: number }>(sql, INSERT);
  const rejects = await run<Reject>(sql, COMPARE);
  return {
    created: new Map(made.map(({ kind, created }) => [kind, created])),
    rejects: [...unfit, ...rejects].map(numbered),
  };
}

/** A reject as the database tells of it: bigints come as text. */
export function numbered({ line, code, reason }: Omit<Reject, 'line'> & { readonly line: number | string }): Reject {
  return { line: Number(line), code, reason };
}

/** The outcome of a statement that tells how many it made, and of those that it did not. */
export function outcomeOf(created: number, rejects: readonly Reject[], updated = 0): Outcome {
  return { created, updated, rejects: rejects.map(numbered) };
}
