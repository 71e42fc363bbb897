import type pg from 'pg';
import { translatingDatabaseErrors } from './database-errors.js';
import { PgExecutor, type SqlExecutor } from './executor.js';

/** A connection of a pool of `pg`, for as long as it is held. */
export type HeldClient = Pick<pg.PoolClient, 'query' | 'release' | 'on' | 'off'>;

/** How a transaction that only reads is begun, and on what. */
export interface ReadTransaction {
  readonly begin: string;
  /** How many milliseconds one command may go without an answer; absent where the connection itself sees to that. */
  readonly deadline?: number | undefined;
  readonly connect: () => Promise<HeldClient>;
}

/**
 * Reads in a transaction of its own. A connection that breaks meanwhile, or has not a word to say, fails what is read, and is not used again.
 *
 * @throws CastellanError `database_unavailable`, `overloaded`; and as the work does.
 */
export function inReadTransaction<Result>(
  { begin, deadline, connect }: ReadTransaction,
  work: (sql: SqlExecutor) => Promise<Result>,
): Promise<Result> {
  return translatingDatabaseErrors(async () => {
    const client = await connect();
    let broken: Error | undefined;
    const onBroken = (cause: Error): void => {
      broken ??= cause;
    };
    // Whoever holds a connection listens for its end: nobody else does, and an error that nobody listens for ends the process.
    client.on('error', onBroken);
    const bounded = deadline === undefined ? client : withDeadline(client, deadline, onBroken);
    try {
      await bounded.query(begin);
      const result = await work(new PgExecutor(bounded));
      await bounded.query('COMMIT');
      return result;
    } catch (error) {
      // A connection whose end is unknown is not used again.
      if (!broken) await bounded.query('ROLLBACK').catch(onBroken);
      throw error;
    } finally {
      client.off('error', onBroken);
      client.release(broken);
    }
  });
}

type Queries = Pick<pg.ClientBase, 'query'>;

// Not by pg's own `query_timeout`: a pool may be of a version that knows none for one query.
function withDeadline(client: Queries, deadline: number, onSilent: (cause: Error) => void): Queries {
  const query = async (...args: [never]): Promise<unknown> => {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const cause = new Error('Query read timeout');
        onSilent(cause);
        reject(cause);
      }, deadline);
    });
    try {
      return await Promise.race([client.query(...args) as unknown, silence]);
    } finally {
      clearTimeout(timer);
    }
  };
  return { query: query as Queries['query'] };
}
