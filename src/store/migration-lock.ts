import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { SCHEMA } from './migration-adapter.js';

/** Any number will do, as long as every release uses the same. */
const lockKey = 5_402_818_349;

/** The names of the migrations that stand applied; none where the database has never been migrated. */
export async function appliedMigrations(databaseUrl: string): Promise<ReadonlySet<string>> {
  return withClient(databaseUrl, async (client) => {
    const table = await client.query<{ there: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS there`, [
      `${SCHEMA}._prisma_migrations`,
    ]);
    if (table.rows[0]?.there !== true) return new Set<string>();
    const { rows } = await client.query<{ name: string }>(
      `SELECT migration_name AS name FROM ${SCHEMA}._prisma_migrations
       WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`,
    );
    return new Set(rows.map((row) => row.name));
  });
}

/**
 * Runs `work` while no other process migrates this database, after making the schema that its tables go into. The lock
 * ends with its connection, so a killed process leaves none.
 */
export async function withMigrationLock<T>(
  databaseUrl: string,
  log: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  return withClient(databaseUrl, async (client) => {
    for (let waited = false; ; waited = true) {
      const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [lockKey]);
      if (rows[0]?.taken === true) break;
      if (!waited) log('Another process is migrating the database; waiting for it.');
      await sleep(200);
    }
    const { rowCount } = await client.query('SELECT FROM pg_namespace WHERE nspname = $1', [SCHEMA]);
    // IF NOT EXISTS still asks for the right to make schemas, which a careful administrator may have withheld.
    if (rowCount === 0) await client.query(`CREATE SCHEMA ${SCHEMA}`);
    return work();
  });
}

async function withClient<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(databaseUrl);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
