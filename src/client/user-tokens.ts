import type { TokenRecord } from '../core/ports/tokens.js';
import type { CallOptions } from './client-options.js';
import { itemsOf, pageOf, type AllPages, type Page, type PageQuery } from './pages.js';
import { isCreatedToken, isToken } from './record-shapes.js';
import { requestPath } from './request-path.js';
import type { Transport } from './transport.js';

export type { TokenRecord as Token } from '../core/ports/tokens.js';

/** What a token is made of. */
export interface NewToken {
  /** What it is for, to tell it from the others. */
  readonly name: string;
  /** ISO 8601 with a zone; it counts until it is deleted, unless told. */
  readonly expiresAt?: string | null | undefined;
  /** What it is narrowed to, such as `document:view`: its user does no more with it. All that its user may, unless told. */
  readonly permissions?: readonly string[] | null | undefined;
}

/** A token as it is answered once, when it is made. */
export interface CreatedToken extends TokenRecord {
  /** What a client signs in by: `new CastellanClient({ url, token })`. */
  readonly token: string;
}

/** The tokens of one user: what services and scripts sign in by, as that user. */
export class UserTokens {
  readonly #transport: Transport;
  readonly #path: string;

  /** @internal */
  constructor(
    transport: Transport,
    readonly user: string,
  ) {
    this.#transport = transport;
    this.#path = requestPath`/api/v1/users/${user}/tokens`;
  }

  /** One page of them, in the order they were made; those that have expired are among them. @throws NotFoundError, ForbiddenError, CannotHandOutError. */
  async list(query: PageQuery = {}, options: CallOptions = {}): Promise<Page<TokenRecord>> {
    return this.#transport.json<Page<TokenRecord>>(
      { method: 'GET', path: this.#path, query, options },
      pageOf(isToken),
    );
  }

  /** All of them, page after page. */
  iterate(query: AllPages<PageQuery> = {}, options: CallOptions = {}): AsyncGenerator<TokenRecord, void, undefined> {
    return itemsOf((cursor) => this.list({ ...query, cursor }, options));
  }

  /** Makes one, and tells it this once. @throws NotFoundError, ForbiddenError, CannotHandOutError, ConflictError, InvalidRequestError. */
  async create(body: NewToken, options: CallOptions = {}): Promise<CreatedToken> {
    return this.#transport.json({ method: 'POST', path: this.#path, body, options }, isCreatedToken);
  }

  /** Ends it with the very next request. @throws NotFoundError, ForbiddenError, CannotHandOutError. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.done({ method: 'DELETE', path: `${this.#path}${requestPath`/${id}`}`, options });
  }
}
