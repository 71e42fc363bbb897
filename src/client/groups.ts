import type { SubjectRef } from '../core/model.js';
import type { GroupRecord } from '../core/ports/groups.js';
import type { CallOptions } from './client-options.js';
import { Collection } from './collection.js';
import { itemsOf, pageOf, type AllPages, type Page, type PageQuery } from './pages.js';
import { isGroup, isRef } from './record-shapes.js';
import { requestPath } from './request-path.js';
import type { Transport } from './transport.js';

export type { GroupRecord as Group } from '../core/ports/groups.js';

/** What a group is made of. */
export interface NewGroup {
  readonly id: string;
  readonly description?: string | null | undefined;
}

/** What changes of a group. */
export interface GroupPatch {
  readonly description?: string | null | undefined;
}

/** Who can be a member of a group, and be assigned a role. */
export interface Member {
  readonly type: 'user' | 'group' | 'service';
  readonly id: string;
}

/** The groups, and who is in them. */
export class Groups extends Collection<GroupRecord, NewGroup, GroupPatch> {
  readonly members: Members;

  /** @internal */
  constructor(transport: Transport) {
    super(transport, '/api/v1/groups', isGroup);
    this.members = new Members(transport);
  }
}

/** The direct members of groups. */
export class Members {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One page of the group's members, in the order they joined. @throws NotFoundError. */
  async list(group: string, query: PageQuery = {}, options: CallOptions = {}): Promise<Page<SubjectRef>> {
    const path = requestPath`/api/v1/groups/${group}/members`;
    return this.#transport.json<Page<SubjectRef>>({ method: 'GET', path, query, options }, pageOf(isRef));
  }

  /** All members of the group, page after page. */
  iterate(
    group: string,
    query: AllPages<PageQuery> = {},
    options: CallOptions = {},
  ): AsyncGenerator<SubjectRef, void, undefined> {
    return itemsOf((cursor) => this.list(group, { ...query, cursor }, options));
  }

  /** Makes it a member; nothing changes when it is one. @throws NotFoundError, UnknownReferenceError, ConflictError, CannotHandOutError. */
  async add(group: string, member: Member, options: CallOptions = {}): Promise<void> {
    return this.#transport.done({ method: 'PUT', path: pathOf(group, member), options });
  }

  /** Ends the membership. @throws NotFoundError, CannotHandOutError. */
  async remove(group: string, member: Member, options: CallOptions = {}): Promise<void> {
    return this.#transport.done({ method: 'DELETE', path: pathOf(group, member), options });
  }
}

function pathOf(group: string, { type, id }: Member): string {
  return requestPath`/api/v1/groups/${group}/members/${type}/${id}`;
}
