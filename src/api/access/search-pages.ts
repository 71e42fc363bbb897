import { Injectable } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import { CastellanError } from '../../core/errors.js';
import type { Page } from '../../core/ports/lists.js';
import { CursorSeal } from '../../nest/cursor-seal.js';
import type { PageOfSearch } from './search.schema.js';

const USUAL_LIMIT = 50;
const MOST_RESULTS = 1000;

/** What a search found, a page of it; `next_token` is empty on the last one. */
export interface SearchAnswer<Result> {
  readonly page: { readonly next_token: string; readonly count: number; readonly total?: number };
  readonly results: Result[];
}

/** A search, as far as its pages hang together by it. */
export interface PagedSearch {
  readonly caller: Caller;
  /** Which search it is, and all that it asks: a token fits no other. */
  readonly search: readonly unknown[];
  readonly page: PageOfSearch;
}

/** Where the results come from. */
export interface Found<Result> {
  list(at: { limit: number; after: string | undefined }): Promise<Page<Result>>;
  count(): Promise<number>;
}

/** Answers searches page by page, with tokens that are sealed and bound to the caller and to what was asked. */
@Injectable()
export class SearchPages {
  constructor(private readonly seal: CursorSeal) {}

  /** @throws CastellanError `invalid_cursor` for a token of another search or caller, or with another limit. */
  async answer<Result>({ caller, search, page }: PagedSearch, found: Found<Result>): Promise<SearchAnswer<Result>> {
    const context = canonical([caller.subject.type, caller.subject.id, ...search]);
    const { limit, after } = this.#start(page, context);
    const [{ items, next }, total] = await Promise.all([
      pageOf(found, Math.min(limit, MOST_RESULTS), after),
      page.properties?.['total'] === true ? found.count() : undefined,
    ]);
    const token = this.seal.seal(next === null ? null : `${limit} ${next}`, context) ?? '';
    return {
      page: { next_token: token, count: items.length, ...(total === undefined ? {} : { total }) },
      results: items,
    };
  }

  #start({ token, limit }: PageOfSearch, context: string): { limit: number; after: string | undefined } {
    if (token === undefined) return { limit: limit ?? USUAL_LIMIT, after: undefined };
    const [first, after] = split(this.#open(token, context));
    // The standard asks for the same limit on all pages, and leaves it out in its own example.
    if (limit !== undefined && limit !== first) throw otherPage('page.limit', 'is not that of the page before');
    return { limit: first, after };
  }

  #open(token: string, context: string): string {
    try {
      return this.seal.open(token, context);
    } catch (error) {
      if (error instanceof CastellanError) throw otherPage('page.token', 'is not one of this search');
      throw error;
    }
  }
}

async function pageOf<Result>(found: Found<Result>, limit: number, after: string | undefined): Promise<Page<Result>> {
  if (limit > 0) return found.list({ limit, after });
  // A page of nothing is not the last one when there is something.
  const { items } = await found.list({ limit: 1, after });
  return { items: [], next: items.length > 0 ? (after ?? '') : null };
}

function split(sealed: string): [number, string | undefined] {
  const [limit = '', after] = sealed.split(' ', 2);
  return [Number(limit), after];
}

// The same request may be written with its members in another order.
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}

function otherPage(path: string, message: string): CastellanError {
  return new CastellanError(
    'invalid_cursor',
    `${path}: take the token from the "next_token" of the page before, and leave the rest of the request as it was.`,
    [{ path, message }],
  );
}
