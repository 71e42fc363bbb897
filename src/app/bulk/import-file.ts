import { rm } from 'node:fs/promises';
import { analyze } from '../../store/bulk/analyze.js';
import { findProgress, forgetProgress, type ImportProgress } from '../../store/bulk/import-progress.js';
import { ImportStore } from '../../store/bulk/import-store.js';
import { LoadLostError } from '../../store/bulk/load-lost-error.js';
import { Batches, type Batch } from './batches.js';
import { ImportRunningError } from './import-running-error.js';
import type { ImportRequest } from './import-request.js';
import { ImportRun, type ImportState, type TellImport } from './import-run.js';
import { RejectsFile } from './rejects-file.js';
import type { SourceBlock } from './source-rows.js';

// A small one changes little of what the planner knows.
const MANY_ROWS = 20_000;

/**
 * Imports a file, batch by batch; the next one is read while the database takes the one before. Tells of the state after each batch.
 *
 * @throws StrictRejectError, ImportRunningError; CastellanError `invalid_request` for a CSV file that can not be read, `database_unavailable`, `overloaded`.
 */
export async function importFile(request: ImportRequest, tell: TellImport): Promise<ImportState> {
  const { databaseUrl, identity, signal } = request;
  let run: ImportRun | undefined;
  const store = await ImportStore.open(databaseUrl, signal, {
    loadEnds: () => run?.loadEnds(),
    loadKept: (standing) => run?.loadKept(standing),
  });
  const begun = (each: ImportRun): void => void (run = each);
  try {
    if (identity && !(await store.claim(identity.source))) throw new ImportRunningError(request.file);
    const state = await importRows(store, request, tell, begun).catch((error: unknown) => {
      if (!(error instanceof LoadLostError)) throw error;
      const lost = { resumed: run?.state.resumed ?? 0, reason: error.message };
      return importRows(store, { ...request, restart: false }, tell, begun, lost);
    });
    if (identity) await forgetProgress(store.executor, identity.source);
    if (state.rows - state.resumed >= MANY_ROWS) await analyze(store.executor, state.counts);
    return state;
  } finally {
    await store.close();
  }
}

/** Imports all rows that were not imported yet. `lost` is given where this very import has taken some of those: how many there were before it, and why it lost others. */
async function importRows(
  store: ImportStore,
  request: ImportRequest,
  tell: TellImport,
  hasBegun: (run: ImportRun) => void,
  lost?: { readonly resumed: number; readonly reason: string },
): Promise<ImportState> {
  const begun = await begin(store, request);
  const rejects = new RejectsFile(request.rejectsPath, begun.rejectsSize);
  let taking: Promise<void> = Promise.resolve();
  try {
    if (begun.rejectsSize > 0) await rejects.goOn();
    // Nothing is resumed where the file has become another one meanwhile.
    const state = lost && begun.state.rows > 0 ? { ...begun.state, resumed: lost.resumed } : begun.state;
    const run = new ImportRun(store, request, rejects, state, tell);
    hasBegun(run);
    tell(state, lost ? 'undone' : 'begun', lost?.reason);
    for await (const batch of batchesOf(begun)) {
      await taking;
      request.signal.throwIfAborted();
      taking = run.take(batch);
      // Heard of where it is waited for.
      taking.catch(() => {});
    }
    await taking;
    await store.end();
    return run.state;
  } catch (error) {
    await taking.catch(() => {});
    // What was read before the file turned out to be unreadable is kept all the same; a connection that is gone has been told of.
    if (!request.signal.aborted)
      await store.end().catch((failure: unknown) => {
        if (failure instanceof LoadLostError) throw failure;
      });
    throw error;
  } finally {
    await rejects.close();
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
    const rest = await batches.passOver(blocks, progress);
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
