import { describe, expect, it } from 'vitest';
import { readNdjson } from './read-ndjson.js';
import { MOST_ROW_BYTES, MOST_TOLD, type SourceRow } from './source-rows.js';

async function rowsOf(pieces: readonly Buffer[]): Promise<SourceRow[]> {
  const rows: SourceRow[] = [];
  async function* stream(): AsyncGenerator<Buffer> {
    for (const piece of pieces) yield await Promise.resolve(piece);
  }
  for await (const block of readNdjson(stream())) rows.push(...block.rows);
  return rows;
}

const cut = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size));

describe('the rows of NDJSON', () => {
  it('are the same however the file is cut into pieces, within letters too', async () => {
    const bytes = Buffer.from('\uFEFF{"a":"é😀"}\r\n\n  {"b":1}  \n{"c":2}');
    const whole = await rowsOf([bytes]);
    expect(whole).toEqual([
      { line: 1, text: '{"a":"é😀"}' },
      { line: 3, text: '{"b":1}' },
      { line: 4, text: '{"c":2}' },
    ]);
    for (const size of [1, 2, 3, 7]) expect(await rowsOf(cut(bytes, size))).toEqual(whole);
    expect(await rowsOf([])).toEqual([]);
  });

  it('are told apart from what is no UTF-8, without losing those around it', async () => {
    const bytes = Buffer.concat([Buffer.from('{"a":1}\n"'), Buffer.from([0xff]), Buffer.from('"\n{"b":2}\n')]);
    for (const size of [1, 100])
      expect(await rowsOf(cut(bytes, size))).toEqual([
        { line: 1, text: '{"a":1}' },
        { line: 2, text: '"\uFFFD"', fault: 'is not UTF-8' },
        { line: 3, text: '{"b":2}' },
      ]);
  });

  it('end where one is too long, of which only the beginning is kept', async () => {
    const bytes = Buffer.from(
      `{"a":1}\n"${'x'.repeat(3 * MOST_ROW_BYTES)}"\n{"b":2}\n"${'y'.repeat(2 * MOST_ROW_BYTES)}`,
    );
    for (const size of [65_536, bytes.length]) {
      const rows = await rowsOf(cut(bytes, size));
      expect(rows.map(({ line, fault }) => [line, fault])).toEqual([
        [1, undefined],
        [2, 'is longer than 4 MiB'],
        [3, undefined],
        [4, 'is longer than 4 MiB'],
      ]);
      expect(rows[1]?.text).toHaveLength(MOST_TOLD);
      expect(rows[3]?.text.startsWith('"yyy')).toBe(true);
    }
  });
});
