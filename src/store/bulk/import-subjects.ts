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
    q.type || ' ' || q.external_id || ' stands already, with another ' || concat_ws(', ', ${COLUMNS.map(
      (column) => `CASE WHEN ${differs(column)} THEN '${column}' END`,
    ).join(', ')}) || '; an import changes nothing that stands.' AS reason
  FROM pg_temp.import_subjects q JOIN castellan.subjects s ON s.type = q.type AND s.external_id = q.external_id
  WHERE ${COLUMNS.map(differs).join(' OR ')} ORDER BY q.line`;

// The next row of such an id may name another username.
const TAKEN = `WITH first AS (
    SELECT DISTINCT ON (q.type, q.external_id) q.type, q.external_id, q.username FROM pg_temp.import_subjects q
    WHERE NOT EXISTS (SELECT 1 FROM castellan.subjects s WHERE s.type = q.type AND s.external_id = q.external_id)
    ORDER BY q.type, q.external_id, q.line
  )
  DELETE FROM pg_temp.import_subjects q USING first f
  WHERE q.type = f.type AND q.external_id = f.external_id AND q.username IS NOT DISTINCT FROM f.username
  RETURNING q.line, 'already_exists' AS code, 'username: ' || q.username || ' is taken by another user.' AS reason`;

/** Makes the users, groups and services of a batch, by their kinds. */
export async function importSubjects(sql: SqlExecutor): Promise<{ created: Map<string, number>; rejects: Reject[] }> {
  const rejects = await rejectUnfitIds(sql, 'import_subjects');
  const created = new Map<string, number>();
  for (;;) {
    for (const made of await run<{ kind: string; created: number }>(sql, INSERT))
      created.set(made.kind, (created.get(made.kind) ?? 0) + made.created);
    const taken = await run<Reject>(sql, TAKEN);
    if (taken.length === 0) break;
    rejects.push(...taken);
  }
  rejects.push(...(await run<Reject>(sql, COMPARE)));
  return { created, rejects: rejects.map(numbered) };
}

/** A reject as the database tells of it: bigints come as text. */
export function numbered({ line, code, reason }: Omit<Reject, 'line'> & { readonly line: number | string }): Reject {
  return { line: Number(line), code, reason };
}

/** The outcome of a statement that tells how many it made, and of those that it did not. */
export function outcomeOf(created: number, rejects: readonly Reject[], updated = 0): Outcome {
  return { created, updated, rejects: rejects.map(numbered) };
}
