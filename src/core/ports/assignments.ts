import type { ObjectRef, SubjectRef } from '../model.js';
import type { Page } from './lists.js';

/** Times are ISO 8601 in UTC. */
export interface AssignmentRecord {
  readonly id: string;
  readonly subject: SubjectRef;
  readonly role: string;
  readonly object: ObjectRef | null;
  readonly startsAt: string | null;
  readonly expiresAt: string | null;
}

export interface NewAssignment {
  readonly subject: SubjectRef;
  readonly role: string;
}

export abstract class AssignmentReader {
  abstract find(id: string): Promise<AssignmentRecord | null>;
  /** All assignments, in the order they were made, narrowed to a subject or a role. */
  abstract list(filter: {
    subject?: SubjectRef | undefined;
    role?: string | undefined;
    limit: number;
    after?: string | undefined;
  }): Promise<Page<AssignmentRecord>>;
}

export interface AssignmentWriter {
  find(id: string): Promise<AssignmentRecord | null>;
  /**
   * Gives the subject the role everywhere; the one that stands when it holds it already.
   *
   * @throws CastellanError `unknown_reference` (the subject or the role), `built_in`.
   */
  create(assignment: NewAssignment): Promise<{ record: AssignmentRecord; created: boolean }>;
  /** @throws CastellanError `not_found`. */
  delete(id: string): Promise<void>;
}
