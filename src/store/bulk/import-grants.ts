import type pg from 'pg';
import type { IdForm } from '../../core/id-forms.js';
import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import { ROW_GRANTS_TABLES, rowGrantsFrom } from '../row-grants-sql.js';
import type { BatchGrants } from './batch-grants.js';
import type { Outcome } from './bulk-rows.js';
import { copyGrants } from './copy-grants.js';
import { holdReferences } from './held-references.js';
import { placeGrants } from './placed-grants.js';

const insertion = (returning: string): string => `INSERT INTO castellan.grants
      (id, subject_id, permission_id, object_id, variant, effect, condition, fields, starts_at, expires_at, reaches_below)
    SELECT id, subject_id, permission_id, object_id, variant, effect, condition, fields, starts_at, expires_at, reaches_below
    FROM pg_temp.import_grants ORDER BY id
    ON CONFLICT (subject_id, permission_id, place_id, variant) DO NOTHING RETURNING ${returning}`;

const MAKE = `WITH made AS (${insertion('1')}) SELECT count(*)::int AS created FROM made`;

// What was made is kept, for those tables that the database would have kept by itself.
const MAKE_AND_KEEP = `WITH made AS (${insertion('subject_id, permission_id, place_id, variant')}),
  kept AS (INSERT INTO pg_temp.import_made_grants SELECT * FROM made)
  SELECT count(*)::int AS created FROM made`;

/**
 * Makes the grants of a batch. Where they are expected to be new, without a look at what stands: cheaper, and ended by an error where one
 * does stand.
 *
 * @throws an error of Postgres with the code 23505, where not all were new; 0A000, where the table has row-level security.
 */
export async function importGrants(
  client: pg.Client,
  sql: SqlExecutor,
  grants: BatchGrants,
  areNew: boolean,
): Promise<Outcome> {
  // Whoever makes a table or a trigger that grants are to be kept in waits, or is seen.
  await run(sql, 'LOCK TABLE castellan.grants IN ROW EXCLUSIVE MODE');
  const tables = await run<RowGrantsTable>(sql, ROW_GRANTS_TABLES);
  const others = await othersKeep(sql);
  const held = !others && (await holdReferences(sql));
  await planForMemory(client);
  const placed = await placeGrants(sql, grants);
  const { rejects } = placed;
  const kept = held ? tables : [];
  if (areNew && !others && kept.length === 0)
    return { created: await copyGrants(client, 'castellan.grants', placed), rejects };
  await copyGrants(client, 'pg_temp.import_grants', placed);
  const [made] = await run<{ created: number }>(sql, kept.length > 0 ? MAKE_AND_KEEP : MAKE);
  if (held) await run(sql, 'SET LOCAL session_replication_role = origin');
  for (const { name, type_id, form } of kept) {
    const rows = rowGrantsFrom('pg_temp.import_made_grants', form).replaceAll(':type', type_id);
    await run(sql, `INSERT INTO ${name} (subject_id, permission_id, row_id, place_id) ${rows}`);
  }
  return { created: made?.created ?? 0, rejects };
}

interface RowGrantsTable {
  readonly name: string;
  readonly type_id: string;
  readonly form: IdForm;
}

/** Whether there are triggers on grants that are not Castellan's own. */
export async function othersKeep(sql: SqlExecutor): Promise<boolean> {
  const [row] = await run<{ others: boolean }>(
    sql,
    `SELECT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = 'castellan.grants'::regclass AND NOT tgisinternal
      AND tgname NOT LIKE 'plain grants on type %') AS others`,
  );
  return row?.others ?? true;
}

/** Tells the planner, for the rest of the transaction, that what the tables are read by is in memory, or soon will be. */
export async function planForMemory(client: pg.Client): Promise<void> {
  await client.query(
    'SET LOCAL enable_seqscan = on; SET LOCAL enable_mergejoin = off; SET LOCAL random_page_cost = 1.1',
  );
}
