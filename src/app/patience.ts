import { setTimeout as pause } from 'node:timers/promises';
import { CastellanError } from '../core/errors.js';
import { translatingDatabaseErrors } from '../store/database-errors.js';
import type { DatabaseOptions } from '../store/database.js';
import type { Store } from '../store/store.js';

/** Limits for work that nobody's request waits for: at start, or at the command line. Times in milliseconds. */
export const PATIENT: Omit<DatabaseOptions, 'url'> = {
  connections: 3,
  decisionConnections: 1,
  statementTimeout: 60_000,
  lockTimeout: 30_000,
  acquireTimeout: 10_000,
  transactionTimeout: 600_000,
};

const WARMING_MS = 30_000;

/**
 * Has the store make its first connections, which may take longer than any request should wait, before requests come.
 *
 * @throws CastellanError `database_unavailable`, `overloaded` when it can't for half a minute.
 */
export async function warm(store: Store): Promise<void> {
  const deadline = Date.now() + WARMING_MS;
  for (;;) {
    try {
      await store.readiness.check();
      await translatingDatabaseErrors(() => store.types.find('user'));
      return;
    } catch (error) {
      if (!(error instanceof CastellanError) || Date.now() > deadline) throw error;
      await pause(100);
    }
  }
}
