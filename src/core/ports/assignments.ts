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

/** What is absent is as in a plain assignment: everywhere, and always. */
export interface NewAssignment {
  readonly subject: SubjectRef;
  readonly role: string;
  readonly object?: ObjectRef | null | undefined;
  readonly startsAt?: string | null | undefined;
  readonly expiresAt?: string | null | undefined;
}

export interface AssignmentFilter {
  readonly subject?: SubjectRef | undefined;
  readonly role?: string | undefined;
  readonly object?: ObjectRef | undefined;
}

export abstract class AssignmentReader {
  abstract find(id: string): Promise<AssignmentRecord | null>;
  /**
   * The assignments that the viewer may see, narrowed by the filter, in the order they were made: those everywhere when it holds
   * `assignment:view` everywhere, those on an object that it may view when it may `assignment:view` there.
   */
  abstract list(question: {
    viewer: SubjectRef;
    filter: AssignmentFilter;
    limit: number;
    after?: string | undefined;
  }): Promise<Page<AssignmentRecord>>;
}

export interface AssignmentWriter {
  find(id: string): Promise<AssignmentRecord | null>;
  /**
   * Gives the subject the role; the assignment that stands where it is the same.
   *
   * @throws CastellanError `unknown_reference` (the subject, the role or the object).
   */
  create(assignment: NewAssignment): Promise<{ record: AssignmentRecord; created: boolean }>;
  /** The same of many at once, in the order asked; the path of what is unknown starts with the assignment's place in the list. */
  createMany(assignments: readonly NewAssignment[]): Promise<{ record: AssignmentRecord; created: boolean }[]>;
  /** @throws CastellanError `not_found`. */
  delete(id: string): Promise<void>;
}
