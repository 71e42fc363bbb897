import { Injectable } from '@nestjs/common';
import type { Caller } from '../core/caller.js';
import type { Page } from '../core/ports/lists.js';
import { CursorSeal } from '../nest/cursor-seal.js';

/** A list as it is answered: `next` is the cursor of the page after this one, null on the last. */
export interface ListAnswer<Item> {
  readonly items: Item[];
  readonly next: string | null;
  /** How many all pages hold together, where that was asked for. */
  readonly total?: number;
}

interface PageRequest {
  readonly caller: Caller;
  /** Which list it is, and all that narrows it: a cursor fits no other. */
  readonly list: readonly unknown[];
  readonly query: { readonly limit: number; readonly cursor?: string | undefined };
}

/** Turns pages by position into answers with cursors that are sealed, and bound to the caller and the list. */
@Injectable()
export class Paging {
  constructor(private readonly seal: CursorSeal) {}

  /** @throws CastellanError `invalid_cursor`. */
  async page<Item>(
    request: PageRequest,
    fetch: (page: { limit: number; after?: string | undefined }) => Promise<Page<Item> & { readonly total?: number }>,
  ): Promise<ListAnswer<Item>> {
    const { subject } = request.caller;
    const context = JSON.stringify([subject.type, subject.id, ...request.list]);
    const { cursor, limit } = request.query;
    const after = cursor === undefined ? undefined : this.seal.open(cursor, context);
    const page = await fetch({ limit, after });
    return { ...page, next: this.seal.seal(page.next, context) };
  }
}
