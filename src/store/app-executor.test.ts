import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { appExecutor, asText, readFromText } from './app-executor.js';

describe('a statement for any Prisma', () => {
  it('reads each of its values from a text', () => {
    expect(readFromText('SELECT $1::bigint, $2::text[], $10 LIMIT $3::int')).toBe(
      'SELECT $1::text::bigint, $2::text::text[], $10::text LIMIT $3::text::int',
    );
  });

  it.each([
    [null, null],
    [undefined, null],
    ['a', 'a'],
    [7, '7'],
    [true, 'true'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [{ a: 'b' }, '{"a":"b"}'],
    [[], '{}'],
    [['a', null, 'NULL', '', 'b,{c}', 'd"e', 'f\\g'], String.raw`{"a",NULL,"NULL","","b,{c}","d\"e","f\\g"}`],
    [[1, false], '{"1","false"}'],
  ])('writes %j as Postgres does', (value, text) => {
    expect(asText(value)).toBe(text);
  });

  it('writes a bigint as Postgres does', () => {
    expect(asText(9_007_199_254_740_993n)).toBe('9007199254740993');
  });
});

describe('a client of pg', () => {
  const { INT8, JSONB, BOOL } = pg.types.builtins;
  const usual = [INT8, JSONB, BOOL].map((type) => [type, pg.types.getTypeParser(type, 'text')] as const);
  afterEach(() => {
    for (const [type, parser] of usual) pg.types.setTypeParser(type, parser);
  });

  it('is told how its values are read, whatever the app has told pg', async () => {
    for (const [type] of usual) pg.types.setTypeParser(type, () => 'as the app likes it');
    const read: unknown[] = [];
    const executor = appExecutor({
      query: async ({ types }) => {
        const values: [number, string][] = [
          [16, 't'],
          [20, '9007199254740993'],
          [23, '7'],
          [25, 'text'],
          [3802, '{"a":1}'],
          [1009, '{a,"b c"}'],
        ];
        read.push(...values.map(([type, value]) => types.getTypeParser(type, 'text')(value)));
        return { rows: [] };
      },
    });
    await executor.query({ text: 'SELECT' }, []);
    expect(read).toEqual([true, '9007199254740993', 7, 'text', { a: 1 }, ['a', 'b c']]);
  });

  it.each([
    ['25P01', 'internal', /not inside a transaction/],
    ['25P02', 'internal', /roll it back/],
    ['42501', 'internal', /docs\/transactions\.md/],
    ['42P01', 'internal', /no tables of Castellan/],
    ['40P01', 'overloaded', /try again/],
    ['55P03', 'overloaded', /try again/],
    ['57P01', 'database_unavailable', /out of reach/],
  ])('that fails with %s fails with %s', async (sqlState, code, detail) => {
    const failing = { query: () => Promise.reject(Object.assign(new Error('failed'), { code: sqlState })) };
    await expect(appExecutor(failing).query({ text: 'SELECT' }, [])).rejects.toMatchObject({
      code,
      detail: expect.stringMatching(detail),
      cause: { code: sqlState },
    });
  });
});
