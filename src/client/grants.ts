import type { ObjectRef, SubjectRef } from '../core/model.js';
import type { GrantRecord } from '../core/ports/grants.js';
import type { ValidityWindow } from './assignments.js';
import type { CallOptions } from './client-options.js';
import { itemsOf, pageOf, type AllPages, type Page, type PageQuery } from './pages.js';
import { isGrant } from './record-shapes.js';
import { requestPath } from './request-path.js';
import type { RuleParts } from './roles.js';
import type { Transport } from './transport.js';

export type { GrantRecord as Grant } from '../core/ports/grants.js';

/** Who can be granted something. */
export interface Holder {
  readonly type: 'user' | 'group' | 'service' | 'role';
  readonly id: string;
}

/** A rule, given straight to a subject. */
export interface NewGrant extends RuleParts, ValidityWindow {
  readonly subject: Holder;
  /** `document:view` */
  readonly permission: string;
  /** On the object and all below it; everywhere, unless told. */
  readonly object?: ObjectRef | null | undefined;
}

/** Which of the grants that the caller may see. */
export interface GrantsQuery extends PageQuery {
  readonly subject?: SubjectRef | undefined;
  readonly object?: ObjectRef | undefined;
  readonly permission?: string | undefined;
}

/** What subjects hold by themselves, not by a role. */
export class Grants {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One page of the grants that the caller may see. @throws NotAuthenticatedError, InvalidCursorError. */
  async list(query: GrantsQuery = {}, options: CallOptions = {}): Promise<Page<GrantRecord>> {
    const call = { method: 'GET', path: '/api/v1/grants', query, options } as const;
    return this.#transport.json<Page<GrantRecord>>(call, pageOf(isGrant));
  }

  /** All grants that the caller may see, page after page. */
  iterate(query: AllPages<GrantsQuery> = {}, options: CallOptions = {}): AsyncGenerator<GrantRecord, void, undefined> {
    return itemsOf((cursor) => this.list({ ...query, cursor }, options));
  }

  /** Gives the rule; answers the grant that stands where it is the same. @throws UnknownReferenceError, CannotHandOutError. */
  async create(body: NewGrant, options: CallOptions = {}): Promise<GrantRecord> {
    return this.#transport.json({ method: 'POST', path: '/api/v1/grants', body, options }, isGrant);
  }

  /** Gives 1 to 1,000 rules, all or none, and answers them in their order. @throws as `create` does, and TooLargeError. */
  async createBatch(
    grants: readonly NewGrant[],
    options: CallOptions = {},
  ): Promise<{ readonly items: GrantRecord[] }> {
    const call = { method: 'POST', path: '/api/v1/grants/batch', body: { grants }, options } as const;
    return this.#transport.json(call, ({ items }) => Array.isArray(items) && items.every(isGrant));
  }

  /** Takes the rule again. @throws NotFoundError, CannotHandOutError. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.done({ method: 'DELETE', path: requestPath`/api/v1/grants/${id}`, options });
  }
}
