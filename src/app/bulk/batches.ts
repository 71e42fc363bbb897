import { createHash, type Hash } from 'node:crypto';
import { CastellanError } from '../../core/errors.js';
import { ImportBatch } from '../../store/bulk/import-batch.js';
import { parseStrictJson } from '../strict-json.js';
import { readRow, type ReadRow } from './bulk-row-schema.js';
import { readPlainGrant } from './plain-grant.js';
import type { RejectedRow } from './rejects-file.js';
import { NOT_UTF8, type SourceBlock, type SourceRow } from './source-rows.js';

// Texts together: rows may be long.
const MOST_CHARACTERS = 8 * 1024 * 1024;

/** Rows that are imported together, read and checked in themselves. */
export interface Batch {
  readonly batch: ImportBatch;
  readonly sources: readonly SourceRow[];
  /** Those that make no sense in themselves. */
  readonly unreadable: readonly RejectedRow[];
  /** How many of the file's bytes were read, and how many rows these hold. */
  readonly bytes: number;
  readonly rowsRead: number;
  /** The SHA-256 of these rows, and of all rows up to here, in hexadecimal. */
  readonly sha256: string;
  readonly digest: string;
}

/** Gathers the rows of a file to batches. */
export class Batches {
  readonly #digest: Hash = createHash('sha256');
  #batch = new ImportBatch();
  #sources: SourceRow[] = [];
  #unreadable: RejectedRow[] = [];
  #characters = 0;
  #rowsRead = 0;

  constructor(private readonly size: number) {}

  /**
   * Passes over rows that were imported before, first of all. Answers what is left of the block in which they end; null where they are not what
   * was imported.
   */
  async passOver(
    blocks: AsyncIterator<SourceBlock>,
    until: { readonly rows: number; readonly digest: string },
  ): Promise<SourceBlock | null> {
    let left = until.rows;
    for (;;) {
      const next = await blocks.next();
      if (next.done) return null;
      const { rows, bytes } = next.value;
      const passed = rows.slice(0, left);
      this.#digest.update(textOf(passed));
      this.#rowsRead += passed.length;
      if (rows.length >= left) {
        const isSame = this.#digest.copy().digest('hex') === until.digest;
        return isSame ? { rows: rows.slice(left), bytes } : null;
      }
      left -= rows.length;
    }
  }

  /** The batches that a block fills. */
  *add({ rows, bytes }: SourceBlock): Generator<Batch> {
    this.#rowsRead += rows.length;
    for (const row of rows) {
      this.#sources.push(row);
      this.#characters += row.text.length;
      const rejected = takeIn(this.#batch, row);
      if (rejected) this.#unreadable.push(rejected);
      if (this.#sources.length === this.size || this.#characters >= MOST_CHARACTERS) yield this.#close(bytes);
    }
  }

  /** What is left at the end. */
  *end(bytes: number): Generator<Batch> {
    if (this.#sources.length > 0) yield this.#close(bytes);
  }

  #close(bytes: number): Batch {
    const [batch, sources, unreadable] = [this.#batch, this.#sources, this.#unreadable];
    this.#batch = new ImportBatch();
    this.#sources = [];
    this.#unreadable = [];
    this.#characters = 0;
    const text = Buffer.from(textOf(sources));
    this.#digest.update(text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    const [rowsRead, digest] = [this.#rowsRead, this.#digest.copy().digest('hex')];
    return { batch, sources, unreadable, bytes, rowsRead, sha256, digest };
  }
}

function textOf(rows: readonly SourceRow[]): string {
  let whole = '';
  for (const { text } of rows) whole += `${text}\n`;
  return whole;
}

/** Puts the row into the batch; answers why not, where it makes no sense. */
function takeIn(batch: ImportBatch, { line, text, fault }: SourceRow): RejectedRow | undefined {
  if (fault !== undefined) {
    // As a row, it would be imported from the rejects file with letters that nobody wrote.
    const code = fault !== NOT_UTF8 && isJson(text) ? 'invalid_request' : 'malformed_request';
    return { line, code, reason: `The row ${fault}.`, text };
  }
  const plain = readPlainGrant(text);
  if (plain) {
    batch.addPlainGrant(line, plain.subject, plain.permission, plain.object);
    return undefined;
  }
  const read = readText(text);
  if ('row' in read) {
    batch.add(line, read.row);
    return undefined;
  }
  return { line, ...read, text };
}

function readText(text: string): ReadRow {
  let value: unknown;
  try {
    value = parseStrictJson(Buffer.from(text));
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error;
    return { code: error.code, reason: `The row ${error.faults[0]?.message ?? 'can not be read'}.` };
  }
  return readRow(value);
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
