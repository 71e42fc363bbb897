import type pg from 'pg';
import type { Author } from '../../core/caller.js';
import { ChangeLog } from '../change-log.js';
import type { SqlExecutor } from '../executor.js';
import type { BulkCounts, Reject } from './bulk-rows.js';
import type { ImportBatch } from './import-batch.js';
import { saveProgress, type ImportProgress } from './import-progress.js';

/** Where the rows of a batch come from, as the audit trail tells of it. */
export interface BatchSource {
  readonly file: string;
  readonly fromLine: number;
  readonly toLine: number;
  /** The SHA-256 of these rows. */
  readonly sha256: string;
}

/** What became of a batch, before it is kept. */
export interface BatchResult {
  readonly counts: BulkCounts;
  readonly rejects: readonly Reject[];
}

/** Has the last word on a batch: tells what is to be remembered of it (null: nothing); when it throws, nothing of the batch is kept. */
export type BeforeCommit = (result: BatchResult) => Promise<ImportProgress | null>;

/** Who imports a batch, and where from. */
export interface BatchOrigin {
  readonly author: Author;
  readonly source: BatchSource;
}

/** A batch, and what became of its rows. */
export interface RecordedBatch extends BatchOrigin {
  readonly counts: BulkCounts;
}

/** A batch whose turn has come. */
export interface BatchTurn extends BatchOrigin {
  readonly batch: ImportBatch;
  /** How many rows are still to come after it, as far as can be told; null where nobody knows. */
  readonly ahead: number | null;
  readonly beforeCommit: BeforeCommit;
}

/** Begins the transaction of a batch. */
export async function beginBatch(client: pg.Client): Promise<void> {
  // Rows of a batch are looked up one by one. With nothing known of a table just made, the planner would read another one whole for them.
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL enable_seqscan = off; SET LOCAL jit = off');
}

/** Keeps a batch: what it has made, its row in the audit trail and how far the import has come stand or fall together. */
export async function keepBatch(
  client: pg.Client,
  sql: SqlExecutor,
  turn: BatchTurn,
  result: BatchResult,
): Promise<void> {
  await recordBatches(sql, [{ ...turn, counts: result.counts }]);
  const progress = await turn.beforeCommit(result);
  if (progress) await saveProgress(sql, progress);
  await client.query('COMMIT');
}

/** Adds a row to the audit trail for each batch that has changed something. All are of one author. */
export async function recordBatches(sql: SqlExecutor, batches: readonly RecordedBatch[]): Promise<void> {
  const [first] = batches;
  if (!first) return;
  const changes = new ChangeLog(first.author);
  for (const { source, counts } of batches) {
    if (!Object.values(counts).some(({ created, updated }) => created + updated > 0)) continue;
    const { file, fromLine, toLine, sha256 } = source;
    changes.add({
      action: 'import.batch',
      target: { type: 'import', id: file },
      before: null,
      after: { file, fromLine, toLine, sha256, counts },
    });
  }
  await changes.flush(sql);
}
