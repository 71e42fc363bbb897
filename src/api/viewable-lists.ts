import { Injectable } from '@nestjs/common';
import type { Caller } from '../core/caller.js';
import { CastellanError } from '../core/errors.js';
import { ObjectLists, type ListQuestion, type Page } from '../core/ports/lists.js';
import type { ObjectRecord } from '../core/ports/objects.js';

/** A page of a list; `total` is how many all pages hold together, where that was asked for. */
export type CountedPage<Item> = Page<Item> & { readonly total?: number };

/** The lists of what a caller may view. */
@Injectable()
export class ViewableLists {
  constructor(private readonly lists: ObjectLists) {}

  /**
   * A page of the objects that the caller may view (and do the question's action on), as far as it may view them.
   *
   * @throws CastellanError `not_authenticated` when nobody is signed in and anyone may view nothing of the type.
   */
  async page(
    caller: Caller,
    { limit, after, total, ...question }: Omit<ListQuestion, 'subject' | 'viewable'> & { readonly total?: boolean },
  ): Promise<CountedPage<ObjectRecord>> {
    const { subject, signedIn } = caller;
    if (!signedIn && !(await this.lists.holdsAnywhere(subject, { type: question.permission.type, action: 'view' }))) {
      throw new CastellanError('not_authenticated', 'Sign in to see this list.');
    }
    const asked = { ...question, subject, viewable: true };
    const page = await this.lists.list({ ...asked, limit, after });
    return total === true ? { ...page, total: await this.lists.count(asked) } : page;
  }

  /** The same for a list whose items are read elsewhere, by the ids of what may be viewed. */
  async pageOf<Item>(
    caller: Caller,
    type: string,
    page: { limit: number; after?: string | undefined; total?: boolean },
    read: (ids: string[]) => Promise<Item[]>,
  ): Promise<CountedPage<Item>> {
    const viewable = await this.page(caller, { permission: { type, action: 'view' }, ...page });
    return { ...viewable, items: await read(viewable.items.map((item) => item.id)) };
  }
}
