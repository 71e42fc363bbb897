import type { CallOptions } from './client-options.js';
import { itemsOf, pageOf, type AllPages, type Page, type PageQuery, type ViewableQuery } from './pages.js';
import type { IsRecord } from './record-shapes.js';
import { requestPath } from './request-path.js';
import type { Transport } from './transport.js';

/** The things of one kind. */
export class Collection<
  Item extends object,
  New extends object,
  Patch extends object,
  Query extends PageQuery = ViewableQuery,
> {
  readonly #transport: Transport;
  readonly #path: string;
  readonly #isItem: IsRecord;

  /** @internal */
  constructor(transport: Transport, path: string, isItem: IsRecord) {
    this.#transport = transport;
    this.#path = path;
    this.#isItem = isItem;
  }

  /** One page of those that the caller may view. @throws NotAuthenticatedError, InvalidCursorError, InvalidRequestError. */
  async list(query?: Query, options: CallOptions = {}): Promise<Page<Item>> {
    return this.#transport.json<Page<Item>>({ method: 'GET', path: this.#path, query, options }, pageOf(this.#isItem));
  }

  /**
   * All that the caller may view, page after page.
   *
   * @example for await (const user of castellan.users.iterate()) console.log(user.username);
   */
  iterate(query?: AllPages<Query>, options: CallOptions = {}): AsyncGenerator<Item, void, undefined> {
    return itemsOf((cursor) => this.list({ ...query, cursor } as Query, options));
  }

  /** @throws NotFoundError when there is none, or none that the caller may view. */
  async get(id: string, options: CallOptions = {}): Promise<Item> {
    return this.#transport.json({ method: 'GET', path: this.#of(id), options }, this.#isItem);
  }

  /** @throws AlreadyExistsError, ForbiddenError, InvalidRequestError, UnknownReferenceError. */
  async create(body: New, options: CallOptions = {}): Promise<Item> {
    return this.#transport.json({ method: 'POST', path: this.#path, body, options }, this.#isItem);
  }

  /** Changes what the patch names (a merge patch). @throws NotFoundError, ForbiddenError, ConflictError, InvalidRequestError. */
  async update(id: string, patch: Patch, options: CallOptions = {}): Promise<Item> {
    return this.#transport.json({ method: 'PATCH', path: this.#of(id), body: patch, options }, this.#isItem);
  }

  /** Deletes it, and all that hangs on it. @throws NotFoundError, ForbiddenError, ConflictError. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.done({ method: 'DELETE', path: this.#of(id), options });
  }

  #of(id: string): string {
    return `${this.#path}${requestPath`/${id}`}`;
  }
}
