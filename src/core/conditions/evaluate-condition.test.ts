import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../model.js';
import type { Entities } from './condition.js';
import { evaluateCondition, valueAt } from './evaluate-condition.js';
import { parseCondition } from './parse-condition.js';
import { parsePath } from './parse-path.js';

const about = (attributes: unknown): Entities => ({
  resource: { identity: { type: 'post', id: 'p1' }, attributes: attributes as JsonObject },
});

describe('the value at a path', () => {
  it('is that of a member called __proto__, where it is a member', () => {
    const attributes = JSON.parse('{"__proto__":{"a":1},"b":{"__proto__":2}}') as JsonObject;
    expect(valueAt(parsePath('resource.__proto__.a', ''), about(attributes))).toBe(1);
    expect(valueAt(parsePath('resource.b.__proto__', ''), about(attributes))).toBe(2);
    expect(valueAt(parsePath('resource.__proto__', ''), about({}))).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['an object of a class', new URL('https://example.org')],
    ['NUL in a text', 'a\u0000'],
    ['half a surrogate pair', '\ud83d'],
    ['an array with such in it', ['a', [undefined]]],
    ['an array with a hole', Array(2)],
    ['an object with such in it', { b: { c: Infinity } }],
    ['an object with such a name', { '\ud83d': 1 }],
  ])('is missing where a program supplies what JSON can not hold: %s', (_, value) => {
    const entities = about({ a: value });
    expect(valueAt(parsePath('resource.a', ''), entities)).toBeUndefined();
    expect(evaluateCondition(parseCondition({ 'resource.a': { $ne: 1 } }), entities)).toBeUndefined();
    expect(evaluateCondition(parseCondition({ 'resource.a': { $exists: true } }), entities)).toBe(false);
  });

  it('is not that of a member of a class', () => {
    expect(valueAt(parsePath('resource.a.size', ''), about({ a: new Map() }))).toBeUndefined();
    expect(valueAt(parsePath('resource.a.b', ''), about({ a: Object.create({ b: 1 }) }))).toBeUndefined();
  });

  it('is a value beside what JSON can not hold', () => {
    expect(valueAt(parsePath('resource.a.b', ''), about({ a: { b: 1, c: NaN } }))).toBe(1);
  });
});
