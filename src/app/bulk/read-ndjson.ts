import { isUtf8 } from 'node:buffer';
import { MOST_ROW_BYTES, MOST_TOLD, NOT_UTF8, type SourceBlock, type SourceRow } from './source-rows.js';

const NEWLINE = 0x0a;
const NOTHING: Buffer = Buffer.alloc(0);
const TOO_LONG = `is longer than ${MOST_ROW_BYTES / 1024 / 1024} MiB`;

/**
 * The rows of a file of one JSON object a line, each with its text; empty lines are none. No more than one piece of the file and one row are in
 * memory, however long a line is.
 *
 * @see https://github.com/ndjson/ndjson-spec
 */
export async function* readNdjson(stream: AsyncIterable<Buffer>): AsyncGenerator<SourceBlock> {
  const lines = new Lines();
  let bytes = 0;
  for await (const piece of stream) {
    bytes += piece.length;
    const rows = lines.take(piece);
    if (rows.length > 0) yield { rows, bytes };
  }
  const rows = lines.end();
  if (rows.length > 0) yield { rows, bytes };
}

/** Cuts pieces into lines. */
class Lines {
  #line = 1;
  #rest = NOTHING;
  /** The beginning of a line that is too long, while the rest of it passes. */
  #overlong: Buffer | undefined;

  take(piece: Buffer): SourceRow[] {
    const rows: SourceRow[] = [];
    let start = 0;
    if (this.#overlong) {
      const end = piece.indexOf(NEWLINE);
      if (end < 0) return rows;
      rows.push(this.#tooLong());
      start = end + 1;
    }
    const last = piece.lastIndexOf(NEWLINE);
    if (last >= start) {
      const whole = piece.subarray(start, last);
      this.#cut(this.#rest.length > 0 ? Buffer.concat([this.#rest, whole]) : whole, rows);
      this.#rest = Buffer.from(piece.subarray(last + 1));
    } else this.#rest = Buffer.concat([this.#rest, piece.subarray(start)]);
    if (this.#rest.length > MOST_ROW_BYTES) {
      this.#overlong = Buffer.from(this.#rest.subarray(0, MOST_TOLD));
      this.#rest = NOTHING;
    }
    return rows;
  }

  end(): SourceRow[] {
    const rows: SourceRow[] = [];
    if (this.#overlong) rows.push(this.#tooLong());
    else if (this.#rest.length > 0) this.#cut(this.#rest, rows);
    return rows;
  }

  #cut(block: Buffer, rows: SourceRow[]): void {
    if (isUtf8(block)) {
      for (const text of block.toString('utf8').split('\n')) this.#add(text, rows);
      return;
    }
    for (let start = 0; start <= block.length;) {
      const found = block.indexOf(NEWLINE, start);
      const end = found < 0 ? block.length : found;
      const line = block.subarray(start, end);
      if (isUtf8(line)) this.#add(line.toString('utf8'), rows);
      else rows.push({ line: this.#line++, text: line.toString('utf8').slice(0, MOST_TOLD), fault: NOT_UTF8 });
      start = end + 1;
    }
  }

  #add(written: string, rows: SourceRow[]): void {
    const line = this.#line;
    this.#line += 1;
    const text = trimmed(written, line);
    if (text === '') return;
    rows.push(
      text.length > MOST_ROW_BYTES ? { line, text: text.slice(0, MOST_TOLD), fault: TOO_LONG } : { line, text },
    );
  }

  #tooLong(): SourceRow {
    const text = this.#overlong?.toString('utf8') ?? '';
    this.#overlong = undefined;
    return { line: this.#line++, text, fault: TOO_LONG };
  }
}

function trimmed(text: string, line: number): string {
  // Editors put a byte order mark at the beginning of a file, and Windows a carriage return at the end of each line.
  const begun = line === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text;
  return begun.startsWith('{') && begun.endsWith('}') ? begun : begun.trim();
}
