import type pg from 'pg';
import type { Author } from '../../core/caller.js';
import { ChangeLog } from '../change-log.js';
import type { SqlExecutor } from '../executor.js';
import type { BulkCount, BulkCounts, Outcome, Reject } from './bulk-rows.js';
import { noCount } from './import-batch.js';
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

/** How many of the rows of one kind became what. */
export function countOf(rows: number, { created, updated = 0, rejects }: Outcome): BulkCount {
  const rejected = rejects.length;
  return { ...noCount(), created, updated, unchanged: rows - created - updated - rejected, rejected };
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
  { author, source, beforeCommit }: { author: Author; source: BatchSource; beforeCommit: BeforeCommit },
  result: BatchResult,
): Promise<void> {
  const changed = Object.values(result.counts).some(({ created, updated }) => created + updated > 0);
  if (changed) await record(sql, author, source, result);
  const progress = await beforeCommit(result);
  if (progress) await saveProgress(sql, progress);
  await client.query('COMMIT');
}

async function record(
  sql: SqlExecutor,
  author: Author,
  { file, fromLine, toLine, sha256 }: BatchSource,
  { counts }: BatchResult,
): Promise<void> {
  const changes = new ChangeLog(author);
  changes.add({
    action: 'import.batch',
    target: { type: 'import', id: file },
    before: null,
    after: { file, fromLine, toLine, sha256, counts },
  });
  await changes.flush(sql);
}
