import type { SqlExecutor } from './executor.js';
import { inReadTransaction, type HeldClient } from './read-transaction.js';

/** Connections to read snapshots on: a pool of `pg`, or what borrows from one. */
export interface SnapshotSource {
  /** What settings the snapshot takes, as commands for its beginning; absent where its connections have them already. */
  readonly settings?: string;
  /** How many milliseconds one command may go without an answer; absent where the connections themselves see to that. */
  readonly deadline?: number;
  connect(): Promise<HeldClient>;
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
  const begin = source.settings === undefined ? BEGIN : `${BEGIN}; ${source.settings}`;
  return inReadTransaction({ begin, deadline: source.deadline, connect: () => source.connect() }, work);
}
