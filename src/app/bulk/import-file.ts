import { rm } from 'node:fs/promises';
import type { Author } from '../../core/caller.js';
import { CastellanError } from '../../core/errors.js';
import type { BulkCounts } from '../../store/bulk/bulk-rows.js';
import { addCounts } from '../../store/bulk/import-batch.js';
import { findProgress, forgetProgress, type ImportProgress } from '../../store/bulk/import-progress.js';
import { analyze, ImportStore } from '../../store/bulk/import-store.js';
import type { BatchResult } from '../../store/bulk/import-transaction.js';
import { Batches, type Batch } from './batches.js';
import { ImportRunningError } from './import-running-error.js';
import { RejectsFile, type RejectedRow } from './rejects-file.js';
import type { SourceBlock } from './source-rows.js';

/** What is imported, and how. */
export interface ImportRequest {
  readonly databaseUrl: string;
  readonly author: Author;
  /** What the audit trail calls the file. */
  readonly file: string;
  /** What a second run knows it by; null where there is none, as of the standard input. */
  readonly identity: { readonly source: string; readonly size: number } | null;
  /** Reads the rows anew, from the beginning. */
  readonly read: () => AsyncIterable<SourceBlock>;
  readonly rejectsPath: string;
  /** Nobody else writes a file of that name: what an earlier run left there goes when this one begins anew. */
  readonly ownRejects: boolean;
  readonly batchSize: number;
  /** Stops at the first row that can not be taken, with nothing kept of its batch. */
  readonly strict: boolean;
  /** Begins with the first row, whatever was imported before. */
  readonly restart: boolean;
  readonly signal: AbortSignal;
}

/** How far an import is. */
export interface ImportState {
  /** How many rows were read, those of an earlier run among them; and how many of these there are. */
  rows: number;
  resumed: number;
  /** How many of the file's bytes were read. */
  bytes: number;
  rejected: number;
  readonly counts: BulkCounts;
}

/** A row was rejected where none was to be. */
export class StrictRejectError extends Error {
  override readonly name = 'StrictRejectError';

  constructor(readonly reject: RejectedRow) {
    super(`line ${reject.line}: ${reject.reason}`);
  }
}

// A small one changes little of what the planner knows.
const MANY_ROWS = 20_000;

/**
 * Imports a file, batch by batch; the next one is read while the database takes the one before. Tells of the state after each batch that is kept.
 *
 * @throws StrictRejectError, ImportRunningError; CastellanError `invalid_request` for a CSV file that can not be read, `database_unavailable`, `overloaded`.
 */
export async function importFile(
  request: ImportRequest,
  tell: (state: ImportState, event: 'begun' | 'kept') => void,
): Promise<ImportState> {
  const store = await ImportStore.open(request.databaseUrl, request.signal);
  let rejects: RejectsFile | undefined;
  let taking: Promise<void> = Promise.resolve();
  try {
    if (request.identity && !(await store.claim(request.identity.source))) throw new ImportRunningError(request.file);
    const begun = await begin(store, request);
    const rejectsFile = (rejects = new RejectsFile(request.rejectsPath, begun.rejectsSize));
    const { state } = begun;
    if (begun.rejectsSize > 0) await rejectsFile.goOn();
    tell(state, 'begun');
    for await (const batch of batchesOf(begun)) {
      await taking;
      request.signal.throwIfAborted();
      taking = take({ store, request, rejectsFile, state }, batch).then(() => tell(state, 'kept'));
      // Heard of where it is waited for.
      taking.catch(() => {});
    }
    await taking;
    if (request.identity) await forgetProgress(store.executor, request.identity.source);
    if (state.rows - state.resumed >= MANY_ROWS) await analyze(store.executor, state.counts);
    return state;
  } finally {
    // What was read before the file turned out to be unreadable is taken all the same.
    await taking.catch(() => {});
    await rejects?.close();
    await store.close();
  }
}

interface Begun {
  readonly state: ImportState;
  readonly rejectsSize: number;
  readonly batches: Batches;
  readonly blocks: AsyncIterator<SourceBlock>;
  /** What is left of the block in which the rows of the earlier run end. */
  readonly rest: SourceBlock | null;
}

/** Begins with the first row, or behind those that an earlier run has imported. */
async function begin(store: ImportStore, request: ImportRequest): Promise<Begun> {
  const { identity, restart, batchSize } = request;
  const progress = identity && !restart ? await findProgress(store.executor, identity.source) : null;
  if (identity && progress?.size === identity.size) {
    const batches = new Batches(batchSize);
    const blocks = request.read()[Symbol.asyncIterator]();
    const rest = await Batches.passOver(blocks, progress, batches);
    if (rest) {
      const { rejectsSize } = progress;
      if (rejectsSize === 0) await forgetRejects(request);
      return { state: stateOf(progress, rest.bytes), rejectsSize, batches, blocks, rest };
    }
    await blocks.return?.();
  }
  if (identity) await forgetProgress(store.executor, identity.source);
  await forgetRejects(request);
  const state: ImportState = { rows: 0, resumed: 0, bytes: 0, rejected: 0, counts: {} };
  const blocks = request.read()[Symbol.asyncIterator]();
  return { state, rejectsSize: 0, batches: new Batches(batchSize), blocks, rest: null };
}

async function forgetRejects({ ownRejects, rejectsPath }: ImportRequest): Promise<void> {
  if (ownRejects) await rm(rejectsPath, { force: true });
}

function stateOf({ rows, rejected, counts }: ImportProgress, bytes: number): ImportState {
  return { rows, resumed: rows, bytes, rejected, counts };
}

async function* batchesOf({ batches, blocks, rest }: Begun): AsyncGenerator<Batch> {
  let bytes = rest?.bytes ?? 0;
  try {
    if (rest) yield* batches.add(rest);
    for (;;) {
      const next = await blocks.next();
      if (next.done) break;
      bytes = next.value.bytes;
      yield* batches.add(next.value);
    }
    yield* batches.end(bytes);
  } finally {
    await blocks.return?.();
  }
}

interface Taking {
  readonly store: ImportStore;
  readonly request: ImportRequest;
  readonly rejectsFile: RejectsFile;
  readonly state: ImportState;
}

async function take(
  { store, request, rejectsFile, state }: Taking,
  { batch, sources, unreadable, bytes, sha256, digest }: Batch,
): Promise<void> {
  const { author, file, identity, strict } = request;
  const [first, last] = [sources[0], sources.at(-1)];
  if (!first || !last) return;
  const texts = new Map<number, string>();
  const before = rejectsFile.size;
  const rows = state.rows + sources.length;
  const source = { file, fromLine: first.line, toLine: last.line, sha256 };
  try {
    const beforeCommit = async (result: BatchResult): Promise<ImportProgress | null> => {
      const { rejects: refused } = result;
      if (refused.length > 0 && texts.size === 0) for (const { line, text } of sources) texts.set(line, text);
      const rejected = unreadable.concat(
        refused.map(({ line, code, reason }) => ({ line, code, reason, text: texts.get(line) ?? 'null' })),
      );
      rejected.sort((one, other) => one.line - other.line);
      if (strict && rejected[0]) throw new StrictRejectError(rejected[0]);
      // Before the batch is kept: what is then lost is a batch, with the size of the file as it was, and never a row.
      await rejectsFile.backTo(before);
      await rejectsFile.add(rejected);
      if (!identity) return null;
      const sum = structuredClone(state.counts);
      addCounts(sum, result.counts);
      const all = state.rejected + rejected.length;
      return { ...identity, rows, digest, rejected: all, rejectsSize: rejectsFile.size, counts: sum };
    };
    const { counts, rejects } = await store.apply({ author, batch, source, beforeCommit });
    addCounts(state.counts, counts);
    state.rejected += unreadable.length + rejects.length;
    state.rows = rows;
    state.bytes = bytes;
  } catch (error) {
    if (!(error instanceof CastellanError)) await rejectsFile.backTo(before).catch(() => {});
    throw error;
  }
}
