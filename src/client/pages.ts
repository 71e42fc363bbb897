/** One page of a list, in a stable order. */
export interface Page<Item> {
  readonly items: Item[];
  /** The cursor of the page after this one; null on the last. */
  readonly next: string | null;
  /** How many all pages hold together, where that was asked for. */
  readonly total?: number;
}

/** Which page of a list. */
export interface PageQuery {
  /** 1 to 1,000; 50 unless told. */
  readonly limit?: number | undefined;
  /** The `next` of the page before, with the rest of the query as it was. */
  readonly cursor?: string | undefined;
}

/** Which page of a list of what the caller may view. */
export interface ViewableQuery extends PageQuery {
  /** Counts all that the list holds, which takes as long as there is to count. */
  readonly total?: boolean | undefined;
}

/** What all pages of a list are asked by; `limit` is the size of each. */
export type AllPages<Query extends PageQuery> = Omit<Query, 'cursor' | 'total'>;

/** Tells whether it is a page of a list of such items. */
export function pageOf(isItem: (value: unknown) => boolean): (body: Record<string, unknown>) => boolean {
  return ({ items, next }) =>
    Array.isArray(items) && items.every(isItem) && (next === null || typeof next === 'string');
}

/** All items of a list, page after page; one page is asked for when the one before is used up. */
export async function* itemsOf<Item>(
  page: (cursor: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { items, next }: Page<Item> = await page(cursor);
    yield* items;
    cursor = next;
  }
}
