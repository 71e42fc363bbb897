import pg from 'pg';
import { translatingDatabaseErrors } from './database-errors.js';
import { PgExecutor, type SqlExecutor } from './executor.js';

/** Whose connection it is to be. */
export interface OwnConnection {
  readonly databaseUrl: string;
  /** What the server's list of connections calls it. */
  readonly name: string;
}

// Nobody's request waits for it, and a large database takes its time.
const STATEMENT_MS = 3_600_000;
const LOCK_MS = 60_000;

/**
 * Does the work of an operator in one transaction on a connection of its own, which may take long; undone when it fails, or by `end`.
 *
 * @throws CastellanError `database_unavailable`, `overloaded`.
 */
export function onOwnConnection<Result>(
  { databaseUrl, name }: OwnConnection,
  begin: string,
  work: (sql: SqlExecutor) => Promise<Result>,
  end: 'COMMIT' | 'ROLLBACK' = 'COMMIT',
): Promise<Result> {
  return translatingDatabaseErrors(async () => {
    const client = new pg.Client({
      connectionString: databaseUrl,
      application_name: name,
      statement_timeout: STATEMENT_MS,
      lock_timeout: LOCK_MS,
      keepAlive: true,
    });
    // A connection that breaks between two statements tells so in the next one.
    client.on('error', () => {});
    await client.connect();
    try {
      await client.query(begin);
      const result = await work(new PgExecutor(client));
      await client.query(end);
      return result;
    } finally {
      // What was begun and not committed ends with its connection.
      await client.end().catch(() => {});
    }
  });
}
