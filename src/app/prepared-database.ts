import { acquireEmbeddedPostgres, type EmbeddedPostgres } from '../store/embedded/embedded-postgres.js';
import { applyMigrations } from '../store/migrations.js';
import { waitForDatabase } from '../store/wait-for-database.js';
import type { Config } from './config.js';

/** A database that is there, and has the tables of this version. */
export interface PreparedDatabase {
  readonly url: string;
  /** The server that belongs to the project; null where DATABASE_URL names another. */
  readonly embedded: EmbeddedPostgres | null;
  /** Names of the migrations that were applied just now. */
  readonly migrated: readonly string[];
  release(): Promise<void>;
}

/**
 * Makes the database of the settings ready: starts or joins the embedded one, or waits for the one that DATABASE_URL names;
 * then brings its tables up to date.
 *
 * @throws EmbeddedPostgresError, DatabaseUnreachableError, MigrationError
 */
export async function prepareDatabase(
  config: Config,
  log: (line: string) => void,
  signal?: AbortSignal,
): Promise<PreparedDatabase> {
  if (config.databaseUrl !== undefined) {
    await waitForDatabase(config.databaseUrl, { log, ...(signal ? { signal } : {}) });
    const migrated = await applyMigrations(config.databaseUrl, { log });
    return { url: config.databaseUrl, embedded: null, migrated, release: () => Promise.resolve() };
  }
  const embedded = await acquireEmbeddedPostgres({ dataDir: config.dataDir, log });
  try {
    const migrated = await applyMigrations(embedded.databaseUrl, { log });
    return { url: embedded.databaseUrl, embedded, migrated, release: () => embedded.release() };
  } catch (error) {
    await embedded.release();
    throw error;
  }
}
