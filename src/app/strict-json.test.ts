import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CastellanError } from '../core/errors.js';
import { MAX_JSON_DEPTH, parseStrictJson } from './strict-json.js';

const parse = (text: string): unknown => parseStrictJson(Buffer.from(text));
const nested = (open: string, close: string, depth: number): string => open.repeat(depth) + '1' + close.repeat(depth);

function refusalOf(body: string | Buffer): CastellanError {
  try {
    parseStrictJson(Buffer.from(body));
  } catch (error) {
    if (error instanceof CastellanError) return error;
    throw error;
  }
  throw new Error(`It was read: ${body.toString().slice(0, 100)}`);
}

describe('strict JSON', () => {
  it('reads what JSON.parse reads', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }).map((each) => each.toWellFormed()),
    );
    const fine = text.map((each) => each.replaceAll('\u0000', ''));
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: MAX_JSON_DEPTH - 1, withCrossShrink: true },
        fine,
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(null, true, false),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(
          fine.filter((name) => name !== '__proto__'),
          tie('value'),
          { maxKeys: 4 },
        ),
      ),
    }));
    const spaces = fc.constantFrom(0, 1, '\t', ' \n');
    fc.assert(
      fc.property(value, spaces, (of, space) => {
        const json = JSON.stringify(of, null, space);
        expect(parse(json)).toEqual(JSON.parse(json));
      }),
    );
  });

  it('reads nothing that JSON.parse refuses, and never fails in another way', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '\\"',
      '\\u0061',
      '"a"',
      '"b":',
      '1',
      '-',
      'e',
      'null',
      ' ',
      '\n',
      '/',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (list) => {
        const text = list.join('');
        let read: unknown;
        try {
          read = parse(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'malformed_request', faults: [{ path: 'body' }] });
          return;
        }
        if (text !== '') expect(read).toEqual(JSON.parse(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes an empty body for none', () => {
    expect(parse('')).toBeUndefined();
  });

  it.each([
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"a":', '}]'],
  ])('may nest %s as deep as the limit, and no deeper', (open, close) => {
    const each = open.length > 5 ? 2 : 1;
    const depth = MAX_JSON_DEPTH / each;
    expect(parse(nested(open, close, depth))).toEqual(JSON.parse(nested(open, close, depth)));
    expect(refusalOf(nested(open, close, depth + 1)).detail).toContain(`deeper than ${MAX_JSON_DEPTH}`);
    expect(refusalOf(open.repeat(300_000)).detail).toContain('deeper');
  });

  it('counts no bracket that is in a string', () => {
    const text = JSON.stringify({ a: '['.repeat(100), '{{{{{{{{{{{{{{{{{{': '"}' });
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"":1,"":2}',
    '{"a":1,"\\u0061":2}',
    '{"\\u0061":1,"\\u0061":2}',
    '{"é":1,"\\u00e9":2}',
    '{"a\\/b":1,"a/b":2}',
    '{"a\\"b":1,"a\\u0022b":2}',
    '{"a":{"b":1},"a":2}',
    '{"a":[{"b":1},{"c":1,"c":2}]}',
    '[[{"x":{"y":1,"y":2}}]]',
    '{"a" :1, "a" :2}',
    '{"a":"a","b":"a","a":"b"}',
  ])('refuses a name twice in one object: %s', (text) => {
    expect(JSON.parse(text)).toBeDefined();
    expect(refusalOf(text).detail).toContain('two members of the same name');
  });

  it.each([
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":"a"}',
    '{"a":["a","a"],"b":["a"]}',
    '{"a":1,"A":2,"a ":3}',
    '{"a":"\\"a\\":1,","b":"{\\"a\\":1}"}',
    '{"a\\\\":1,"a":2}',
  ])('takes the same name elsewhere, and the same value: %s', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it.each(['{"__proto__":1}', '[{"a":{"__proto__":{}}}]', '{"\\u005f\\u005fproto__":1}', '{"__proto\\u005f_":null}'])(
    'refuses the name __proto__: %s',
    (text) => {
      expect(refusalOf(text).detail).toContain('__proto__');
    },
  );

  it('takes __proto__ as a value, and other names that objects have', () => {
    const text = '{"a":"__proto__","constructor":{"prototype":1},"hasOwnProperty":2,"toString":3,"__proto":4}';
    const value = parse(text) as Record<string, unknown>;
    expect(JSON.stringify(value)).toBe(text);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it.each([
    '"\\ud800"',
    '"\\udfff"',
    '"\\udc00\\ud800"',
    '{"\\ud800":1}',
    '["a",{"b":["\\ud83d"]}]',
    '"\\ud83d\\\\ude00"',
  ])('refuses half a surrogate pair: %s', (text) => {
    expect(refusalOf(text).detail).toContain('surrogate');
  });

  it.each(['"\\u0000"', '{"a\\u0000":1}', '[{"a":"b\\u0000"}]'])('refuses NUL: %s', (text) => {
    expect(refusalOf(text).detail).toContain('NUL');
  });

  it('takes a whole pair, escaped or not, and what only looks like half of one', () => {
    expect(parse('["\\ud83d\\ude00","😀","\\\\ud800","\\\\u0000","\\u0001"]')).toEqual([
      '😀',
      '😀',
      '\\ud800',
      '\\u0000',
      '\u0001',
    ]);
  });

  it.each([
    [[0x22, 0xff, 0x22]],
    [[0x22, 0xc3, 0x22]],
    [[0x22, 0xc0, 0xaf, 0x22]],
    [[0x22, 0xed, 0xa0, 0x80, 0x22]],
    [[0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    [[0xff, 0xfe, 0x22, 0x00, 0x22, 0x00]],
  ])('refuses bytes that are no UTF-8: %j', (bytes) => {
    expect(refusalOf(Buffer.from(bytes)).detail).toContain('UTF-8');
  });

  it('never tells what the body was', () => {
    for (const text of [
      '{"a":"secret"',
      '{"secret":1,"secret":2}',
      '{"a":"secret\\ud800"}',
      '{"secret\\u0000":1}',
      'secret',
    ]) {
      const { detail, faults, message } = refusalOf(text);
      expect(JSON.stringify([detail, faults, message])).not.toContain('secret');
    }
  });

  it('reads a mebibyte of anything in less than a second', () => {
    const size = 1024 * 1024;
    const names = Array.from({ length: 60_000 }, (_, index) => `"name${index}":0`).join(',');
    const bodies = [
      `"${'\\\\'.repeat(size / 2)}"`,
      `"${'\\"'.repeat(size / 2)}"`,
      `"${'\\'.repeat(size - 1)}"`,
      `[${'"",'.repeat(size / 3)}""]`,
      `{${names}}`,
      '"'.repeat(size),
      ']'.repeat(size),
      `{"a${'\\u0061'.repeat(size / 6)}":1}`,
    ];
    for (const body of bodies) {
      const start = performance.now();
      try {
        parse(body);
      } catch (error) {
        expect(error).toBeInstanceOf(CastellanError);
      }
      expect(performance.now() - start).toBeLessThan(1000);
    }
  });
});
