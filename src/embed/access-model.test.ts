import { describe, expect, it } from 'vitest';
import { accessModel } from './access-model.js';

const products = accessModel({ type: 'product', columns: { price: 'number', weight: 'number?', count: 'integer' } });
const row = { id: 'p', price: 5.5, weight: null, count: 3 };

/** As Prisma gives a Decimal: an object that becomes a text in JSON. */
const decimal = { toString: () => '5.5', toJSON: () => '5.5', valueOf: () => 5.5 };

describe('the object that a row stands for', () => {
  it('has the numbers of its columns', () => {
    expect(products.objectOf(row)?.attributes).toEqual({ price: 5.5, weight: null, count: 3 });
    expect(products.objectOf({ ...row, weight: 0.1 })?.attributes).toMatchObject({ weight: 0.1 });
  });

  it.each<[string, object]>([
    ['a Decimal', { price: decimal }],
    ['a Decimal where there may be null', { weight: decimal }],
    ['a text, as pg reads numeric', { price: '5.5' }],
    ['a bigint', { count: 3n }],
    ['null where there may be none', { price: null }],
  ])('is refused where a number is declared and the row holds %s', (_, more) => {
    expect(() => products.objectOf({ ...row, ...more })).toThrow(TypeError);
    expect(() => products.objectOf({ ...row, ...more })).toThrow(/holds no number of JavaScript in/);
  });
});
