import { Readable } from 'node:stream';
import { CsvError, parse, type CastingContext } from 'csv-parse';
import { invalidField } from '../../core/errors.js';
import type { BulkKind } from '../../store/bulk/bulk-rows.js';
import { parseStrictJson } from '../strict-json.js';
import { MOST_ROW_BYTES, MOST_TOLD, NOT_UTF8, type SourceBlock, type SourceRow } from './source-rows.js';

const AT_ONCE = 1000;

/** Cells that hold JSON, or what is no text. */
const JSON_COLUMNS = new Set(['attributes', 'condition', 'fields', 'rules', 'includes', 'actions', 'creatorActions']);
const BOOLEAN_COLUMNS = new Set(['active', 'superuser', 'fromProvider']);
/** Texts that may be empty: in quotes, as RFC 4180 has it of any cell, they are; without, they are left out. */
const EMPTIABLE_COLUMN = 'description';
/** References that may stand in two columns, as `subject_type` and `subject_id`. */
const REFERENCES = ['subject', 'object', 'member', 'parent'];

/** A cell; null where it is empty and in quotes, which is told apart where it matters. */
type Cell = string | null;

interface Parsed {
  readonly record: Cell[];
  readonly info: { readonly lines: number };
}

/**
 * The rows of a CSV file whose first line names its columns; of one kind, or with a column `kind`. An empty cell is as if it were left out,
 * but for a description in quotes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 * @throws CastellanError `invalid_request` for a header that makes no sense, or a file whose quotes do not.
 */
export async function* readCsv(stream: AsyncIterable<Buffer>, kind: BulkKind | undefined): AsyncGenerator<SourceBlock> {
  let bytes = 0;
  const letters = new Letters();
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const piece of stream) {
      bytes += piece.length;
      letters.take(piece);
      yield piece;
    }
    letters.end();
  }
  const { head, whole } = await headOf(counted());
  const parser = parse({
    info: true,
    bom: true,
    relax_column_count: true,
    max_record_size: MOST_ROW_BYTES,
    // Asking of each cell whether it is in quotes takes ten times as long as reading it.
    ...(head.includes(EMPTIABLE_COLUMN)
      ? { cast: (cell: string, { quoting }: CastingContext) => (cell === '' && quoting ? null : cell) }
      : {}),
  });
  const source = Readable.from(whole);
  source.on('error', (error) => parser.destroy(error));
  let header: string[] | undefined;
  let rows: SourceRow[] = [];
  let line = 1;
  try {
    for await (const { record, info } of source.pipe(parser) as AsyncIterable<Parsed>) {
      const isEmpty = record.length === 1 && !record[0];
      if (!header) header = isEmpty ? undefined : checkedHeader(record.map(textOf), kind);
      else if (letters.areDoubtful(record))
        rows.push({ line, text: record.join().slice(0, MOST_TOLD), fault: NOT_UTF8 });
      else if (!isEmpty) rows.push(rowOf(header, record, line, kind));
      line = info.lines + 1;
      if (rows.length === AT_ONCE) {
        yield { rows, bytes };
        rows = [];
      }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The parser is further than the rows that it has handed out.
    const reached = 'lines' in error && typeof error.lines === 'number' ? error.lines : line;
    throw invalidField(`line ${reached}`, `can not be read as CSV: ${error.message}`);
  }
  if (rows.length > 0) yield { rows, bytes };
}

const textOf = (cell: Cell): string => cell ?? '';

/** The first line that is not empty, as far as a row may go; and the stream from its beginning. */
async function headOf(stream: AsyncGenerator<Buffer>): Promise<{ head: string; whole: AsyncGenerator<Buffer> }> {
  let read = Buffer.alloc(0);
  let isAll = false;
  while (!isAll && read.length < MOST_ROW_BYTES && !FIRST_LINE.test(read.toString('utf8'))) {
    const { done, value } = await stream.next();
    isAll = done === true;
    if (value) read = Buffer.concat([read, value]);
  }
  async function* whole(): AsyncGenerator<Buffer> {
    yield read;
    yield* stream;
  }
  const text = read.toString('utf8');
  return { head: FIRST_LINE.exec(text)?.[0] ?? text, whole: whole() };
}

const FIRST_LINE = /[^\s\uFEFF][^\n]*\n/;

/** Whether what was read is what the file has: the parser makes U+FFFD of bytes that are no UTF-8. */
class Letters {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #areSound = true;

  take(piece: Buffer): void {
    this.#decode(piece, true);
  }

  end(): void {
    this.#decode(Buffer.alloc(0), false);
  }

  areDoubtful(record: readonly Cell[]): boolean {
    return !this.#areSound && record.some((cell) => cell?.includes('\uFFFD'));
  }

  #decode(piece: Buffer, isMoreToCome: boolean): void {
    if (!this.#areSound) return;
    try {
      this.#decoder.decode(piece, { stream: isMoreToCome });
    } catch {
      this.#areSound = false;
    }
  }
}

function checkedHeader(names: readonly string[], kind: BulkKind | undefined): string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalidField('line 1', `names the column ${JSON.stringify(twice)} twice`);
  if (kind === undefined && !names.includes('kind'))
    throw invalidField('--kind', 'is needed: the file has no column "kind"; its first line has to name the columns');
  return [...names];
}

function rowOf(
  header: readonly string[],
  record: readonly Cell[],
  line: number,
  kind: BulkKind | undefined,
): SourceRow {
  const cells = header.flatMap((name, index): [string, string][] => {
    const cell = record[index];
    if (cell === null && name === EMPTIABLE_COLUMN) return [[name, '']];
    return cell ? [[name, cell]] : [];
  });
  // A cell that is cut off is not one that was left empty: a grant on one object would become one on all.
  if (record.length !== header.length)
    return {
      line,
      text: JSON.stringify(record.map(textOf)),
      fault: `has ${record.length} cells, and the header ${header.length}`,
    };
  const values = new Map<string, unknown>(kind === undefined ? [] : [['kind', kind]]);
  let fault: string | undefined;
  for (const [name, cell] of cells) {
    try {
      values.set(name, valueOf(name, cell));
    } catch (error) {
      values.set(name, cell);
      fault ??= `${name}: ${error instanceof CellError ? error.message : 'must be JSON'}`;
    }
  }
  joinReferences(values);
  const text = JSON.stringify(Object.fromEntries(values));
  return fault === undefined ? { line, text } : { line, text, fault };
}

function valueOf(name: string, cell: string): unknown {
  if (JSON_COLUMNS.has(name)) return finite(parseStrictJson(Buffer.from(cell)));
  if (!BOOLEAN_COLUMNS.has(name)) return cell;
  if (cell === 'true' || cell === 't') return true;
  if (cell === 'false' || cell === 'f') return false;
  throw new CellError('must be true or false');
}

class CellError extends Error {}

// JSON has no infinity: written again, it would be null.
function finite(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new CellError('must have no number that is too large');
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(finite);
  return value;
}

function joinReferences(values: Map<string, unknown>): void {
  for (const name of REFERENCES) {
    const [type, id] = [values.get(`${name}_type`), values.get(`${name}_id`)];
    if (type === undefined || id === undefined || values.has(name)) continue;
    values.delete(`${name}_type`);
    values.delete(`${name}_id`);
    values.set(name, { type, id });
  }
}
