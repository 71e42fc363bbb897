import type { ObjectRef, SubjectRef } from '../core/model.js';
import type { AssignmentRecord } from '../core/ports/assignments.js';
import type { CallOptions } from './client-options.js';
import type { Member } from './groups.js';
import { itemsOf, pageOf, type AllPages, type Page, type PageQuery } from './pages.js';
import { isAssignment } from './record-shapes.js';
import { requestPath } from './request-path.js';
import type { Transport } from './transport.js';

export type { AssignmentRecord as Assignment } from '../core/ports/assignments.js';

/** When a grant or an assignment counts: ISO 8601 with a zone. Null is as if it were left out. */
export interface ValidityWindow {
  readonly startsAt?: string | null | undefined;
  readonly expiresAt?: string | null | undefined;
}

/** Who holds a role, and where. */
export interface NewAssignment extends ValidityWindow {
  readonly subject: Member;
  /** The role's id. */
  readonly role: string;
  /** Everywhere, unless told. */
  readonly object?: ObjectRef | null | undefined;
}

/** Which of the assignments that the caller may see. */
export interface AssignmentsQuery extends PageQuery {
  readonly subject?: SubjectRef | undefined;
  readonly role?: string | undefined;
  readonly object?: ObjectRef | undefined;
}

/** Who holds which role. */
export class Assignments {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One page of the assignments that the caller may see, in the order they were made. @throws NotAuthenticatedError, InvalidCursorError. */
  async list(query: AssignmentsQuery = {}, options: CallOptions = {}): Promise<Page<AssignmentRecord>> {
    const call = { method: 'GET', path: '/api/v1/assignments', query, options } as const;
    return this.#transport.json<Page<AssignmentRecord>>(call, pageOf(isAssignment));
  }

  /** All assignments that the caller may see, page after page. */
  iterate(
    query: AllPages<AssignmentsQuery> = {},
    options: CallOptions = {},
  ): AsyncGenerator<AssignmentRecord, void, undefined> {
    return itemsOf((cursor) => this.list({ ...query, cursor }, options));
  }

  /** Gives the subject the role; answers the assignment that stands where it is the same. @throws UnknownReferenceError, CannotHandOutError. */
  async create(body: NewAssignment, options: CallOptions = {}): Promise<AssignmentRecord> {
    return this.#transport.json({ method: 'POST', path: '/api/v1/assignments', body, options }, isAssignment);
  }

  /** Takes the role again. @throws NotFoundError, CannotHandOutError. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.done({ method: 'DELETE', path: requestPath`/api/v1/assignments/${id}`, options });
  }
}
