import type { Page } from '../../core/ports/lists.js';

/** How many a page holds, where all pages are read: as many as may be. */
export const PAGE = 1000;

/** All items of all pages, one after the other. */
export async function* allPages<Item>(
  read: (page: { limit: number; after?: string | undefined }) => Promise<Page<Item>>,
): AsyncGenerator<Item> {
  for (let after: string | null | undefined; after !== null;) {
    const page: Page<Item> = await read({ limit: PAGE, after });
    yield* page.items;
    after = page.next;
  }
}
