import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyJson, anyText } from '../../../test/support/arbitrary-json.js';
import type { Json } from '../model.js';
import { includesJson, orderOf, sameJson } from './compare-values.js';

/** One of each kind, and those that coercion, nesting or a shared spelling could take for one another. */
const DIFFERENT = JSON.parse(`[
  null, true, false, 0, 1, "", "0", "1", "null", "true", "[]", "{}", [], [[]], [null], {}, [{}],
  [1], ["1"], [1, 2], [2, 1], [[1, 2]], [1, [2]], ["1,2"], {"a": 1}, {"a": "1"}, {"a": 1, "b": 2}, {"a": {"b": 2}},
  {"": 1}, {"a": null}, {"0": 1}, ["a"], "a", "\\"a\\"", {"a\\":1,\\"b": 2}, "é", "e\u0301", "A",
  {"__proto__": {}}, {"__proto__": {"a": 1}}, {"__proto__": null}
]`) as Json[];

describe('two values', () => {
  it('are the same as themselves and as no other', () => {
    for (const [index, one] of DIFFERENT.entries()) {
      for (const [at, other] of DIFFERENT.entries()) {
        const copy = JSON.parse(JSON.stringify(other)) as Json;
        expect(sameJson(one, copy), `${JSON.stringify(one)} and ${JSON.stringify(other)}`).toBe(index === at);
        expect(includesJson([copy], one)).toBe(index === at);
      }
    }
  });

  it.each<[Json, Json]>([
    [1, 1.0],
    [0, -0],
    [[0], [-0]],
    [
      { a: 1, b: [2] },
      { b: [2], a: 1 },
    ],
    [[{ x: { y: 1, z: 2 } }], [{ x: { z: 2, y: 1 } }]],
    [
      { '1': 1, '\ue000': 2, '😀': 3 },
      { '😀': 3, '\ue000': 2, '1': 1 },
    ],
  ])('are the same: %j and %j', (one, other) => {
    expect(sameJson(one, other)).toBe(true);
    expect(includesJson(['x', other], one)).toBe(true);
    expect(includesJson(['x', one], other)).toBe(true);
  });

  it('are the same where and only where an array of the one has the other in it', () => {
    fc.assert(
      fc.property(fc.array(anyJson, { maxLength: 4 }), anyJson, (list, wanted) => {
        expect(includesJson(list, wanted)).toBe(list.some((each) => sameJson(each, wanted)));
      }),
    );
  });
});

describe('the order', () => {
  it.each([
    ['', 'a'],
    ['a', 'aa'],
    ['a', 'b'],
    ['Z', 'a'],
    ['z', 'ä'],
    ['9', 'A'],
    ['10', '9'],
    ['\ud7ff', '\ue000'],
    ['\uffff', '😀'],
    ['\uff5e', '😀'],
    ['\ue000', '\u{10000}'],
    ['😀', '😁'],
    ['😀', '\u{10ffff}'],
    ['a\uffff', 'a😀'],
    ['😀', '😀a'],
    ['2030-01-31T09:00:00Z', '2030-02-01T00:00:00Z'],
    [-1, 0],
    [0.1, 0.2],
    [9, 10],
    [-1.7976931348623157e308, 1.7976931348623157e308],
    [0, 5e-324],
  ])('has %j before %j', (one, other) => {
    expect(orderOf(one, other)).toBeLessThan(0);
    expect(orderOf(other, one)).toBeGreaterThan(0);
  });

  it('has 0 and -0 together', () => {
    expect(orderOf(0, -0)).toBeCloseTo(0, 12);
  });

  it('is that of the bytes of UTF-8', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        expect(Math.sign(orderOf(one, other) ?? NaN)).toBe(Buffer.compare(Buffer.from(one), Buffer.from(other)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each<[Json, Json]>([
    [1, '1'],
    ['1', 1],
    [null, null],
    [true, false],
    [[1], [2]],
    [{}, {}],
    [null, 0],
    ['', null],
  ])('is none between %j and %j', (one, other) => {
    expect(orderOf(one, other)).toBeUndefined();
  });
});
