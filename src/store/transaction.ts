import type { Author } from '../core/caller.js';
import type { ChangeLog } from './change-log.js';
import type { SqlExecutor } from './executor.js';
import type { Prisma } from './generated/client.js';

/** What writers share that need nothing but SQL: in a transaction of the store's own, or of an app's. */
export interface SqlTransaction {
  readonly author: Author;
  readonly sql: SqlExecutor;
  readonly changes: ChangeLog;
}

/** What the writers of one transaction of the store's own share. */
export interface Transaction extends SqlTransaction {
  readonly prisma: Prisma.TransactionClient;
}
