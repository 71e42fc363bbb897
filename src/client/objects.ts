import type { JsonObject, ObjectRef } from '../core/model.js';
import type { ObjectRecord } from '../core/ports/objects.js';
import type { CallOptions } from './client-options.js';
import { Collection } from './collection.js';
import type { ViewableQuery } from './pages.js';
import { requestPath } from './request-path.js';
import type { Transport } from './transport.js';
import { isObject } from './record-shapes.js';

export type { ObjectRecord } from '../core/ports/objects.js';

/** What an object is made of, beside its type. */
export interface NewObject {
  readonly id: string;
  readonly attributes?: JsonObject | undefined;
  /** What it is below; of any type. */
  readonly parent?: ObjectRef | null | undefined;
}

/** What changes of an object; a merge patch, also within the attributes. A parent of null makes it a root. */
export interface ObjectPatch {
  readonly attributes?: JsonObject | undefined;
  readonly parent?: ObjectRef | null | undefined;
}

/** Which of the objects that the caller may view. */
export interface ObjectsQuery extends ViewableQuery {
  /** Those only that it may do this on as well. */
  readonly action?: string | undefined;
  /** Those only whose attributes have these values, by path (`address.city`); at most 8. */
  readonly attributes?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
}

/** How an object is deleted. */
export interface ObjectDeletion {
  /** With all that is below it. */
  readonly cascade?: boolean | undefined;
}

/** The objects of one type. */
export class Objects extends Collection<ObjectRecord, NewObject, ObjectPatch, ObjectsQuery> {
  readonly #transport: Transport;

  /** @internal */
  constructor(
    transport: Transport,
    readonly type: string,
  ) {
    super(transport, requestPath`/api/v1/objects/${type}`, isObject);
    this.#transport = transport;
  }

  /** Deletes the object, and every rule placed on it. @throws NotFoundError, ForbiddenError, HasChildrenError (without `cascade`). */
  override async delete(id: string, { cascade, ...options }: CallOptions & ObjectDeletion = {}): Promise<void> {
    const path = requestPath`/api/v1/objects/${this.type}/${id}`;
    return this.#transport.done({ method: 'DELETE', path, query: { cascade }, options });
  }
}
