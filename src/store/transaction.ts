import type { Author } from '../core/caller.js';
import type { ChangeLog } from './change-log.js';
import type { SqlExecutor } from './executor.js';
import type { Prisma } from './generated/client.js';

/** What the writers of one transaction share. */
export interface Transaction {
  readonly author: Author;
  readonly prisma: Prisma.TransactionClient;
  readonly sql: SqlExecutor;
  readonly changes: ChangeLog;
}
