import type { SessionRecord } from '../core/ports/sessions.js';
import type { CallOptions } from './client-options.js';
import { itemsOf, pageOf, type AllPages, type Page, type PageQuery } from './pages.js';
import { isSession } from './record-shapes.js';
import { requestPath } from './request-path.js';
import type { Transport } from './transport.js';

/** A session of the caller. */
export interface Session extends SessionRecord {
  /** Whether the call itself came by it. */
  readonly current: boolean;
}

const PATH = '/api/v1/auth/sessions';

/** The caller's own sessions. */
export class OwnSessions {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One page of those that still sign the caller in, in the order they were opened. @throws NotAuthenticatedError, InvalidCursorError. */
  async list(query: PageQuery = {}, options: CallOptions = {}): Promise<Page<Session>> {
    return this.#transport.json<Page<Session>>({ method: 'GET', path: PATH, query, options }, pageOf(isSession));
  }

  /** All of them, page after page. */
  iterate(query: AllPages<PageQuery> = {}, options: CallOptions = {}): AsyncGenerator<Session, void, undefined> {
    return itemsOf((cursor) => this.list({ ...query, cursor }, options));
  }

  /** Ends one with the very next request. @throws NotFoundError. */
  async end(id: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.done({ method: 'DELETE', path: `${PATH}${requestPath`/${id}`}`, options });
  }

  /** Ends all but the one that the call comes by; all, where it comes by none. */
  async endOthers(options: CallOptions = {}): Promise<void> {
    return this.#transport.done({ method: 'DELETE', path: PATH, options });
  }
}
