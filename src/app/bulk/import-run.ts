import { CastellanError } from '../../core/errors.js';
import type { BulkCounts } from '../../store/bulk/bulk-rows.js';
import { sumOf, withStanding } from '../../store/bulk/bulk-counts.js';
import type { ImportProgress } from '../../store/bulk/import-progress.js';
import type { ImportStore, LoadListener } from '../../store/bulk/import-store.js';
import type { BatchResult } from '../../store/bulk/import-transaction.js';
import type { Batch } from './batches.js';
import type { ImportRequest } from './import-request.js';
import type { RejectedRow, RejectsFile } from './rejects-file.js';

/** How far an import is. */
export interface ImportState {
  /** How many rows were read, those of an earlier run among them; and how many of these there are. */
  readonly rows: number;
  readonly resumed: number;
  /** How many of the file's bytes were read. */
  readonly bytes: number;
  readonly rejected: number;
  readonly counts: BulkCounts;
}

/**
 * What has happened: the import has begun, a batch went in, indexes are made for those that did, all batches up to here are kept, or those behind here
 * could not be kept together, and go in again by themselves.
 */
export type ImportEvent = 'begun' | 'taken' | 'indexing' | 'kept' | 'undone';

/** Takes what has happened, how far the import is then, and why it has happened, where that is no matter of course. */
export type TellImport = (state: ImportState, event: ImportEvent, reason?: string) => void;

/** A row was rejected where none was to be. */
export class StrictRejectError extends Error {
  override readonly name = 'StrictRejectError';

  constructor(readonly reject: RejectedRow) {
    super(`line ${reject.line}: ${reject.reason}`);
  }
}

/** An import from its first batch to its last. */
export class ImportRun implements LoadListener {
  #state: ImportState;

  constructor(
    private readonly store: ImportStore,
    private readonly request: ImportRequest,
    private readonly rejectsFile: RejectsFile,
    begun: ImportState,
    private readonly tell: TellImport,
  ) {
    this.#state = begun;
  }

  get state(): ImportState {
    return this.#state;
  }

  loadEnds(): void {
    this.tell(this.#state, 'indexing');
  }

  loadKept(standing: number): void {
    this.#state = { ...this.#state, counts: withStanding(this.#state.counts, standing) };
    this.tell(this.#state, 'kept');
  }

  /** Takes a batch. @throws StrictRejectError; CastellanError `database_unavailable`, `overloaded`. */
  async take(read: Batch): Promise<void> {
    const { batch, sources, unreadable, bytes, sha256 } = read;
    const [first, last] = [sources[0], sources.at(-1)];
    if (!first || !last) return;
    const before = this.rejectsFile.size;
    const source = { file: this.request.file, fromLine: first.line, toLine: last.line, sha256 };
    const ahead = this.#rowsAfter(read);
    const beforeCommit = (result: BatchResult): Promise<ImportProgress | null> => this.#lastWord(read, result, before);
    try {
      const { author } = this.request;
      const { counts, rejects } = await this.store.apply({ author, batch, source, ahead, beforeCommit });
      const { rows, resumed, rejected, counts: sum } = this.#state;
      this.#state = {
        rows: rows + sources.length,
        resumed,
        bytes,
        rejected: rejected + unreadable.length + rejects.length,
        counts: sumOf(sum, counts),
      };
    } catch (error) {
      if (!(error instanceof CastellanError)) await this.rejectsFile.backTo(before).catch(() => {});
      throw error;
    }
    this.tell(this.#state, this.store.hasKeptAll ? 'kept' : 'taken');
  }

  /** Writes down what was rejected, and tells how far the import is then. */
  async #lastWord(
    { sources, unreadable, digest }: Batch,
    { counts, rejects }: BatchResult,
    rejectsSize: number,
  ): Promise<ImportProgress | null> {
    const texts = new Map(rejects.length > 0 ? sources.map(({ line, text }) => [line, text]) : []);
    const rejected = unreadable.concat(
      rejects.map(({ line, code, reason }) => ({ line, code, reason, text: texts.get(line) ?? 'null' })),
    );
    rejected.sort((one, other) => one.line - other.line);
    const { strict, identity } = this.request;
    if (strict && rejected[0]) throw new StrictRejectError(rejected[0]);
    // Before the batch is kept: what is then lost is a batch, with the size of the file as it was, and never a row.
    await this.rejectsFile.backTo(rejectsSize);
    await this.rejectsFile.add(rejected);
    if (!identity) return null;
    const state = this.#state;
    return {
      ...identity,
      rows: state.rows + sources.length,
      digest,
      rejected: state.rejected + rejected.length,
      rejectsSize: this.rejectsFile.size,
      counts: sumOf(state.counts, counts),
    };
  }

  /** How many rows may come after the batch, by the size of those that were read; null where the file's size is not known. */
  #rowsAfter({ sources, bytes, rowsRead }: Batch): number | null {
    const { identity } = this.request;
    if (!identity) return null;
    const taken = this.#state.rows + sources.length;
    return rowsRead - taken + (Math.max(0, identity.size - bytes) / Math.max(1, bytes)) * rowsRead;
  }
}
