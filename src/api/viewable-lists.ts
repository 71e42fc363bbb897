import { Injectable } from '@nestjs/common';
import type { Caller } from '../core/caller.js';
import { CastellanError } from '../core/errors.js';
import { ObjectLists, type ListQuestion, type Page } from '../core/ports/lists.js';
import type { ObjectRecord } from '../core/ports/objects.js';

/** The lists of what a caller may view. */
@Injectable()
export class ViewableLists {
  constructor(private readonly lists: ObjectLists) {}

  /**
   * A page of the objects that the caller may view (and do the question's action on).
   *
   * @throws CastellanError `not_authenticated` when nobody is signed in and anyone may view nothing of the type.
   */
  async page(caller: Caller, question: Omit<ListQuestion, 'subject' | 'alsoActions'>): Promise<Page<ObjectRecord>> {
    const { subject, signedIn } = caller;
    if (!signedIn && !(await this.lists.holdsAnywhere(subject, { type: question.permission.type, action: 'view' }))) {
      throw new CastellanError('not_authenticated', 'Sign in to see this list.');
    }
    return this.lists.list({ ...question, subject, alsoActions: ['view'] });
  }

  /** The same for a list whose items are read elsewhere, by the ids of what may be viewed. */
  async pageOf<Item>(
    caller: Caller,
    type: string,
    page: { limit: number; after?: string | undefined },
    read: (ids: string[]) => Promise<Item[]>,
  ): Promise<Page<Item>> {
    const { items, next } = await this.page(caller, { permission: { type, action: 'view' }, ...page });
    return { items: await read(items.map((item) => item.id)), next };
  }
}
