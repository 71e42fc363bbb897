import type { ChangeFilter, ChangeOrder, ChangeRecord } from '../core/ports/changes.js';
import type { CallOptions } from './client-options.js';
import { itemsOf, pageOf, type AllPages, type Page, type PageQuery } from './pages.js';
import { isChange } from './record-shapes.js';
import type { Transport } from './transport.js';

export type { ChangeRecord as Change } from '../core/ports/changes.js';

/** Which changes: all of what is said holds of them. Times are ISO 8601 with a zone. */
export interface ChangesQuery extends PageQuery, ChangeFilter {
  /** `newest` first unless told. */
  readonly order?: ChangeOrder | undefined;
  /** With `order: 'oldest'`: after the change of this id, such as the last that was seen. */
  readonly after?: string | undefined;
}

/** The audit trail. */
export class Changes {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One page of it. @throws NotAuthenticatedError, ForbiddenError without `audit:view`, InvalidCursorError. */
  async list(query: ChangesQuery = {}, options: CallOptions = {}): Promise<Page<ChangeRecord>> {
    const call = { method: 'GET', path: '/api/v1/changes', query, options } as const;
    return this.#transport.json<Page<ChangeRecord>>(call, pageOf(isChange));
  }

  /** All of it, page after page. */
  iterate(
    query: AllPages<ChangesQuery> = {},
    options: CallOptions = {},
  ): AsyncGenerator<ChangeRecord, void, undefined> {
    return itemsOf((cursor) => this.list({ ...query, cursor }, options));
  }
}
