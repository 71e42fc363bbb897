import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CursorSeal } from '../../nest/cursor-seal.js';
import { SearchPages, type Found } from './search-pages.js';

const pages = new SearchPages(new CursorSeal('a secret of this test'));
const caller = { subject: { type: 'user', id: 'alice' }, signedIn: true };
const search = ['subject', { action: { name: 'view' } }];

/** A list of so many numbers, whose positions are those of the rows after which they go on. */
function numbers(count: number, asked: number[] = []): Found<number> {
  return {
    list: ({ limit, after }) => {
      asked.push(limit);
      const start = after === undefined ? 0 : Number(after);
      const items = Array.from({ length: Math.max(0, Math.min(limit, count - start)) }, (_, n) => start + n);
      return Promise.resolve({ items, next: start + limit < count ? String(start + limit) : null });
    },
    count: () => Promise.resolve(count),
  };
}

describe('the pages of a search', () => {
  it('hold together what there is, in its order', async () => {
    const counts = { count: fc.integer({ min: 0, max: 120 }), limit: fc.integer({ min: 1, max: 130 }) };
    await fc.assert(
      fc.asyncProperty(fc.record(counts), async ({ count, limit }) => {
        const found: number[] = [];
        let token: string | undefined;
        let turns = 0;
        do {
          const page = { limit, ...(token === undefined ? {} : { token }) };
          const answer = await pages.answer({ caller, search, page }, numbers(count));
          expect(answer.page.count).toBe(answer.results.length);
          found.push(...answer.results);
          token = answer.page.next_token;
          turns += 1;
        } while (token !== '');
        expect(found).toEqual(Array.from({ length: count }, (_, n) => n));
        expect(turns).toBe(Math.max(1, Math.ceil(count / limit)));
      }),
    );
  });

  it.each([
    [undefined, 50],
    [1, 1],
    [1000, 1000],
    [1001, 1000],
    [Number.MAX_SAFE_INTEGER, 1000],
  ])('of the limit %s hold %i', async (limit, most) => {
    const asked: number[] = [];
    await pages.answer({ caller, search, page: limit === undefined ? {} : { limit } }, numbers(5000, asked));
    expect(asked).toEqual([most]);
  });

  it('count only when that is asked for', async () => {
    const uncounted = { ...numbers(3), count: () => Promise.reject(new Error('This was not to be counted.')) };
    await expect(pages.answer({ caller, search, page: {} }, uncounted)).resolves.toMatchObject({ results: [0, 1, 2] });
    const counted = pages.answer({ caller, search, page: { properties: { total: true } } }, numbers(3));
    await expect(counted).resolves.toMatchObject({ page: { count: 3, total: 3 } });
  });
});
