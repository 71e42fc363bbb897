import { describe, expect, it } from 'vitest';
import type { BulkKind } from '../../store/bulk/bulk-rows.js';
import { readCsv } from './read-csv.js';
import type { SourceRow } from './source-rows.js';

async function rowsOf(bytes: Buffer, size = bytes.length, kind: BulkKind = 'grant'): Promise<SourceRow[]> {
  const rows: SourceRow[] = [];
  async function* stream(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
  }
  for await (const block of readCsv(stream(), kind)) rows.push(...block.rows);
  return rows;
}

describe('the rows of CSV', () => {
  it('are none where cells are missing: a grant on one object would become one on all', async () => {
    const rows = await rowsOf(Buffer.from('subject,permission,object\nuser:a,post:view,\nuser:a,post:view'));
    expect(rows).toEqual([
      { line: 2, text: '{"kind":"grant","subject":"user:a","permission":"post:view"}' },
      { line: 3, text: '["user:a","post:view"]', fault: 'has 2 cells, and the header 3' },
    ]);
  });

  it('are told apart from what is no UTF-8, however the file is cut into pieces', async () => {
    const sound = Buffer.from('\uFEFFsubject,permission\nuser:\uFFFD,post:é😀\n');
    for (const size of [1, 2, 3, 100]) {
      expect((await rowsOf(sound, size)).map(({ fault }) => fault)).toEqual([undefined]);
      for (const end of ['user:\xff,post:view\n', 'user:a,post:view\xe2'])
        expect((await rowsOf(Buffer.concat([sound, Buffer.from(end, 'latin1')]), size)).at(-1)).toMatchObject({
          line: 3,
          fault: 'is not UTF-8',
        });
    }
  });

  it('have an empty description where it stands in quotes, and nothing else that is empty', async () => {
    const text = '\n"id","description","actions"\na,"",""\nb,,\n"","x",\nd,"""",\n';
    for (const size of [1, 3, 100]) {
      const rows = await rowsOf(Buffer.from(text), size, 'group');
      expect(rows.map(({ line, text: row }) => [line, JSON.parse(row) as object])).toEqual([
        [3, { kind: 'group', id: 'a', description: '' }],
        [4, { kind: 'group', id: 'b' }],
        [5, { kind: 'group', description: 'x' }],
        [6, { kind: 'group', id: 'd', description: '"' }],
      ]);
    }
  });

  it.each([
    ['user:a,post:"view', 3],
    ['user:a,"post:view"x', 3],
    ['user:a,"post:view', 4],
  ])('end where quotes make no sense, with the line: %s', async (row, line) => {
    const text = `subject,permission\nuser:a,post:view\n${row}\nuser:b,post:view\n`;
    await expect(rowsOf(Buffer.from(text))).rejects.toMatchObject({
      code: 'invalid_request',
      faults: [{ path: `line ${line}`, message: expect.stringMatching(/^can not be read as CSV: /) as string }],
    });
  });

  it('keep their lines behind empty ones and cells of many lines, and make no null of what JSON can not say', async () => {
    const rows = await rowsOf(
      Buffer.from(
        '\r\nsubject,condition\r\n\r\n"user:\na",\r\n\r\nuser:b,"{""resource.a"":[1e400]}"\r\nuser:c,"{""resource.a"":[1e4]}"\r\n',
      ),
    );
    expect(rows.map(({ line, fault }) => [line, fault])).toEqual([
      [4, undefined],
      [7, 'condition: must have no number that is too large'],
      [8, undefined],
    ]);
  });
});
