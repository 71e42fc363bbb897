import type pg from 'pg';
import type { AppTransactionClient } from '../../../src/store/app-executor.js';
import type { BlogApp } from './blog-app.js';

/** A transaction of the app: what `authz.with` takes, and the app's own SQL in it. */
export interface AppTransaction {
  readonly client: AppTransactionClient;
  sql(text: string): Promise<unknown[]>;
}

/** How an app runs a transaction: all of the work stands when it returns, none of it when it throws. */
export interface Driver {
  readonly name: string;
  transaction<Result>(
    app: BlogApp,
    work: (tx: AppTransaction) => Promise<Result>,
    isolation?: 'ReadCommitted' | 'RepeatableRead' | 'Serializable',
  ): Promise<Result>;
}

const LEVELS = { ReadCommitted: 'READ COMMITTED', RepeatableRead: 'REPEATABLE READ', Serializable: 'SERIALIZABLE' };

const pgDriver: Driver = {
  name: 'pg',
  transaction: async (app, work, isolation = 'ReadCommitted') => {
    const client = await app.connect();
    await client.query(`BEGIN ISOLATION LEVEL ${LEVELS[isolation]}`);
    try {
      const result = await work({ client, sql: (text) => rowsOf(client, text) });
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {});
      throw error;
    } finally {
      await client.end().catch(() => {});
    }
  },
};

const prismaDriver: Driver = {
  name: 'prisma',
  transaction: (app, work, isolation = 'ReadCommitted') =>
    app.prisma.$transaction(
      (tx) => work({ client: tx, sql: async (text) => (await tx.$queryRawUnsafe(text)) as unknown[] }),
      { isolationLevel: isolation, timeout: 30_000, maxWait: 10_000 },
    ),
};

export const drivers: readonly Driver[] = [pgDriver, prismaDriver];

async function rowsOf(client: pg.Client, text: string): Promise<unknown[]> {
  return (await client.query<Record<string, unknown>>(text)).rows;
}
