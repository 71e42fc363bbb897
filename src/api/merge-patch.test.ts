import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../core/model.js';
import { mergePatch } from './merge-patch.js';

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const object = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor', 'toString', ''), json, { maxKeys: 4 });

describe('a merge patch', () => {
  // The examples of RFC 7396, appendix A, that are of objects.
  it.each<[JsonObject, JsonObject, JsonObject]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('of %j by %j is %j', (target, patch, merged) => {
    expect(mergePatch(target, patch)).toEqual(merged);
  });

  it('changes neither of its two', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const [one, other] = [structuredClone(target), structuredClone(patch)];
        mergePatch(target, patch);
        expect([target, patch]).toEqual([one, other]);
      }),
    );
  });

  it('does the same a second time', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const merged = mergePatch(target, patch);
        expect(mergePatch(merged, patch)).toEqual(merged);
      }),
    );
  });

  it('leaves what it does not name, and has what it names, without its nulls', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const merged = mergePatch(target, patch);
        for (const [name, value] of Object.entries(target))
          if (!Object.hasOwn(patch, name)) expect(merged[name]).toEqual(value);
        for (const [name, value] of Object.entries(patch)) {
          expect(Object.hasOwn(merged, name)).toBe(value !== null);
          if (typeof value !== 'object' || Array.isArray(value)) expect(merged[name]).toEqual(value);
        }
      }),
    );
  });

  it('makes a member of its own of __proto__, and gives nothing another prototype', () => {
    const patch = JSON.parse(
      '{"__proto__":{"superuser":true},"constructor":{"prototype":{"superuser":true}}}',
    ) as JsonObject;
    const merged = mergePatch({}, patch);
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect(merged['superuser']).toBeUndefined();
    expect(({} as JsonObject)['superuser']).toBeUndefined();
    expect(Object.keys(merged)).toEqual(['__proto__', 'constructor']);
  });
});
