import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { operator } from '../../core/caller.js';
import { invalidField } from '../../core/errors.js';
import { BULK_KINDS, type BulkKind } from '../../store/bulk/bulk-rows.js';
import { InterruptedError } from '../operator.js';
import type { PreparedDatabase } from '../prepared-database.js';
import { importFile } from './import-file.js';
import type { ImportState, TellImport } from './import-run.js';
import { readCsv } from './read-csv.js';
import { readNdjson } from './read-ndjson.js';
import type { SourceBlock } from './source-rows.js';

export { StrictRejectError, type ImportEvent, type ImportState, type TellImport } from './import-run.js';

/** What an operator asks to be imported. */
export interface ImportAsked {
  /** A path, or `-` for the standard input. */
  readonly file: string;
  readonly format?: 'ndjson' | 'csv' | undefined;
  readonly kind?: string | undefined;
  readonly rejects?: string | undefined;
  readonly strict?: boolean | undefined;
  readonly restart?: boolean | undefined;
  readonly batchSize: number;
}

/** A file that can be imported, and how it is read. */
export interface ImportSource {
  /** What people know it by. */
  readonly file: string;
  readonly identity: { readonly source: string; readonly size: number } | null;
  readonly rejectsPath: string;
  readonly ownRejects: boolean;
  readonly read: () => AsyncIterable<SourceBlock>;
}

// Large pieces: each is cut into lines at once.
const PIECE_BYTES = 64 * 1024;

/**
 * Makes sure that there is such a file, and that its rows can be told apart.
 *
 * @throws CastellanError `invalid_request`.
 */
export async function openSource({ file, format, kind, rejects }: ImportAsked): Promise<ImportSource> {
  const isStdin = file === '-';
  const form = format ?? formOf(file);
  const given = kind === undefined ? undefined : readKind(kind);
  if (given !== undefined && form === 'ndjson')
    throw invalidField('--kind', 'is for CSV: each row of NDJSON names its own kind');
  const rejectsPath = rejects ?? `${isStdin ? 'standard-input' : file}.rejects.ndjson`;
  const ownRejects = rejects === undefined;
  const read = (): AsyncIterable<SourceBlock> => {
    const stream = isStdin ? process.stdin : createReadStream(file, { highWaterMark: PIECE_BYTES });
    return form === 'csv'
      ? readCsv(stream as AsyncIterable<Buffer>, given)
      : readNdjson(stream as AsyncIterable<Buffer>);
  };
  if (isStdin) return { file: 'standard input', identity: null, rejectsPath, ownRejects, read };
  const source = resolve(file);
  if (source === resolve(rejectsPath))
    throw invalidField('--rejects', 'must be another file than the one that is imported');
  const about = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    throw invalidField(file, cause.code === 'ENOENT' ? 'is no such file' : `can not be read: ${cause.message}`);
  });
  if (about.isDirectory()) throw invalidField(file, 'is a folder, not a file');
  // What is no plain file, such as a pipe, can be read once.
  return { file, identity: about.isFile() ? { source, size: about.size } : null, rejectsPath, ownRejects, read };
}

/** Reads a kind of rows. @throws CastellanError `invalid_request`. */
export function readKind(kind: string): BulkKind {
  const known = BULK_KINDS.find((each) => each === kind);
  if (known === undefined)
    throw invalidField('--kind', `must be one of ${BULK_KINDS.join(', ')}; it is ${JSON.stringify(kind)}`);
  return known;
}

function formOf(file: string): 'ndjson' | 'csv' {
  if (/\.csv$/i.test(file)) return 'csv';
  if (/\.(ndjson|jsonl)$/i.test(file)) return 'ndjson';
  throw invalidField('--format', 'is needed, ndjson or csv, where the name of the file does not end in one of them');
}

/**
 * Imports a file in the name of the operator at the command line.
 *
 * @throws StrictRejectError, InterruptedError; and CastellanError as {@link importFile} does.
 */
export async function importAsOperator(
  { url }: Pick<PreparedDatabase, 'url'>,
  source: ImportSource,
  { strict = false, restart = false, batchSize }: ImportAsked,
  signal: AbortSignal,
  tell: TellImport,
): Promise<ImportState> {
  const author = operator('cli', randomUUID());
  try {
    return await importFile({ databaseUrl: url, author, ...source, strict, restart, batchSize, signal }, tell);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new InterruptedError();
  }
}
