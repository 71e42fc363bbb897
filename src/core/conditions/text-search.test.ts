import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { containsText } from './text-search.js';

describe('looking for a text in another', () => {
  it('finds what the built-in search finds, for long texts too', () => {
    const blocks = fc.array(fc.constantFrom('a', 'b', 'ab', 'aab', '😀'), { maxLength: 30 });
    const repeated = fc
      .tuple(blocks, fc.integer({ min: 1, max: 40 }))
      .map(([parts, times]) => parts.join('').repeat(times));
    const cut = fc.tuple(repeated, fc.nat(), fc.nat()).map(([text, start, length]) => {
      const from = text.length === 0 ? 0 : start % text.length;
      return { text, wanted: text.slice(from, from + 129 + (length % 500)) };
    });
    let found = 0;
    fc.assert(
      fc.property(cut, repeated, fc.constantFrom('', 'a', 'b'), ({ text, wanted }, other, end) => {
        for (const searched of [text, other]) {
          const expected = searched.includes(wanted + end);
          found += expected && wanted.length > 128 ? 1 : 0;
          expect(containsText(searched, wanted + end)).toBe(expected);
        }
      }),
      { numRuns: 1000 },
    );
    expect(found).toBeGreaterThan(50);
  });

  it.each([
    ['', '', true],
    ['a', '', true],
    ['', 'a', false],
    ['abc', 'bc', true],
    ['abc', 'abcd', false],
    ['aaaa'.repeat(100), 'aaaa'.repeat(100), true],
    [`${'a'.repeat(500)}b`, `${'a'.repeat(200)}b`, true],
    [`${'ab'.repeat(200)}c${'ab'.repeat(200)}`, `${'ab'.repeat(80)}c${'ab'.repeat(80)}`, true],
    [`${'ab'.repeat(200)}d${'ab'.repeat(200)}`, `${'ab'.repeat(80)}c${'ab'.repeat(80)}`, false],
  ])('%#', (text, wanted, found) => {
    expect(containsText(text, wanted)).toBe(found);
  });
});
