import type { IdForm } from '../../core/id-forms.js';
import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import { ROW_GRANTS_TABLES, rowGrantsFrom } from '../row-grants-sql.js';
import type { Outcome, Reject } from './bulk-rows.js';
import { outcomeOf } from './import-subjects.js';

// Each object that is named is looked up once: a batch is small beside what there may be of them. Subjects and permissions, where they are few, by hash.
const PLACED = `found AS MATERIALIZED (
    SELECT named.object_type, named.object_id, o.id, o.reaches_below
    FROM (SELECT DISTINCT object_type, object_id FROM pg_temp.import_grants WHERE object_type IS NOT NULL) named
    JOIN castellan.types t ON t.name = named.object_type
    CROSS JOIN LATERAL (SELECT o.id, EXISTS (SELECT 1 FROM castellan.objects c WHERE c.parent_id = o.id) AS reaches_below
      FROM castellan.objects o WHERE o.type_id = t.id AND o.external_id = named.object_id LIMIT 1) o
  ), placed AS MATERIALIZED (
    SELECT q.*, s.id AS sid, p.id AS pid, o.id AS oid, o.reaches_below FROM pg_temp.import_grants q
    LEFT JOIN castellan.subjects s ON s.type = q.subject_type AND s.external_id = q.subject_id
    LEFT JOIN (SELECT p.id, t.name || ':' || p.action AS name FROM castellan.permissions p JOIN castellan.types t ON t.id = p.type_id) p
      ON p.name = q.permission
    LEFT JOIN found o ON o.object_type = q.object_type AND o.object_id = q.object_id
  )`;
const FIT = `sid IS NOT NULL AND pid IS NOT NULL AND (object_type IS NULL OR oid IS NOT NULL)`;

const insertion = (returning: string): string => `INSERT INTO castellan.grants
      (id, subject_id, permission_id, object_id, variant, effect, condition, fields, starts_at, expires_at, reaches_below)
    SELECT id, sid, pid, oid, variant, effect, condition,
      CASE WHEN fields = '[]' THEN '{}' ELSE ARRAY(SELECT jsonb_array_elements_text(fields::jsonb)) END,
      starts_at, expires_at, coalesce(reaches_below, false)
    FROM placed WHERE ${FIT} ORDER BY line
    ON CONFLICT (subject_id, permission_id, place_id, variant) DO NOTHING RETURNING ${returning}`;

const TOLD = `(SELECT count(*)::int FROM made) AS created, (SELECT count(*)::int FROM placed WHERE NOT (${FIT})) AS refused`;

const GRANT = `WITH ${PLACED}, made AS (${insertion('1')}) SELECT ${TOLD}`;

// What was made is kept, for those tables that the database would have kept by itself.
const GRANT_AND_KEEP = `WITH ${PLACED}, made AS (${insertion('subject_id, permission_id, place_id, variant')}),
  kept AS (INSERT INTO pg_temp.import_made_grants SELECT * FROM made)
  SELECT ${TOLD}`;

const REFUSED = `WITH ${PLACED}
  SELECT line, 'unknown_reference' AS code, CASE
      WHEN sid IS NULL THEN 'subject: there is no ' || subject_type || ' ' || subject_id || '.'
      WHEN pid IS NULL THEN 'permission: there is no permission ' || permission || '.'
      ELSE 'object: there is no ' || object_type || ':' || object_id || '.' END AS reason
  FROM placed WHERE NOT (${FIT}) ORDER BY line`;

interface Made {
  readonly created: number;
  readonly refused: number;
}

/** Makes the grants of a batch. */
export async function importGrants(sql: SqlExecutor): Promise<Outcome> {
  // Whoever makes a table or a trigger that grants are to be kept in waits, or is seen.
  await run(sql, 'LOCK TABLE castellan.grants IN ROW EXCLUSIVE MODE');
  const tables = await run<RowGrantsTable>(sql, ROW_GRANTS_TABLES);
  const references = (await othersKeep(sql)) ? 'asked' : await beforehand(sql);
  // What the tables are read by is in memory, or soon will be.
  await run(sql, 'SET LOCAL enable_seqscan = on');
  await run(sql, 'SET LOCAL enable_mergejoin = off');
  await run(sql, 'SET LOCAL random_page_cost = 1.1');
  let made: Made | undefined;
  if (references === 'held') {
    [made] = await run<Made>(sql, tables.length > 0 ? GRANT_AND_KEEP : GRANT);
    await run(sql, 'SET LOCAL session_replication_role = origin');
    for (const { name, type_id, form } of tables) {
      const rows = rowGrantsFrom('pg_temp.import_made_grants', form).replaceAll(':type', type_id);
      await run(sql, `INSERT INTO ${name} (subject_id, permission_id, row_id, place_id) ${rows}`);
    }
  } else [made] = await run<Made>(sql, GRANT);
  const rejects = made && made.refused > 0 ? await run<Reject>(sql, REFUSED) : [];
  return outcomeOf(made?.created ?? 0, rejects);
}

interface RowGrantsTable {
  readonly name: string;
  readonly type_id: string;
  readonly form: IdForm;
}

/** Whether there are triggers on grants that are not Castellan's own. */
async function othersKeep(sql: SqlExecutor): Promise<boolean> {
  const [row] = await run<{ others: boolean }>(
    sql,
    `SELECT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = 'castellan.grants'::regclass AND NOT tgisinternal
      AND tgname NOT LIKE 'plain grants on type %') AS others`,
  );
  return row?.others ?? true;
}

/**
 * Asked for each row by itself, as foreign keys are, whether what it refers to is there costs more than all the rest. The statement that
 * makes the grants finds out too; so where nobody can take any of it away meanwhile, the same is not asked again. That takes a role that may
 * say so (a superuser, as the embedded database's is), and tables that nobody is just working on; else keys are asked as usual.
 */
async function beforehand(sql: SqlExecutor): Promise<'held' | 'asked'> {
  await run(sql, 'SAVEPOINT before_references');
  try {
    await run(sql, 'LOCK TABLE castellan.subjects, castellan.permissions, castellan.objects IN SHARE MODE NOWAIT');
    await run(sql, 'SET LOCAL session_replication_role = replica');
    return 'held';
  } catch (error) {
    // insufficient_privilege, lock_not_available; without the savepoint, either would end the transaction.
    if (!['42501', '55P03'].includes(String((error as { code?: unknown }).code))) throw error;
    await run(sql, 'ROLLBACK TO SAVEPOINT before_references');
    return 'asked';
  }
}
