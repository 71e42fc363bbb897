import type pg from 'pg';
import { translatingDatabaseErrors } from './database-errors.js';
import { PgExecutor, type SqlExecutor } from './executor.js';

/** Connections to read snapshots on: a pool of `pg`, or what borrows from one. */
export interface SnapshotSource {
  /** What settings the snapshot takes, as commands for its beginning; absent where its connections have them already. */
  readonly settings?: string;
  connect(): Promise<Pick<pg.PoolClient, 'query' | 'release'>>;
}

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/**
 * Reads in several statements what one instant held.
 *
 * @throws CastellanError `database_unavailable`, `overloaded`; and as the work does.
 */
export function inSnapshot<Result>(
  source: SnapshotSource,
  work: (sql: SqlExecutor) => Promise<Result>,
): Promise<Result> {
  return translatingDatabaseErrors(async () => {
    const client = await source.connect();
    let broken: Error | undefined;
    try {
      await client.query(source.settings === undefined ? BEGIN : `${BEGIN}; ${source.settings}`);
      const result = await work(new PgExecutor(client));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // A connection whose end is unknown is not used again.
      await client.query('ROLLBACK').catch((cause: Error) => {
        broken = cause;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  });
}
