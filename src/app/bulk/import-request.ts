import type { Author } from '../../core/caller.js';
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
