import type { Effect, JsonObject, ObjectRef, SubjectRef } from '../model.js';
import type { Page } from './lists.js';

/** Times are ISO 8601 in UTC; `permission` is written `document:view`. */
export interface GrantRecord {
  readonly id: string;
  readonly subject: SubjectRef;
  readonly permission: string;
  readonly object: ObjectRef | null;
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  readonly fields: string[] | null;
  readonly startsAt: string | null;
  readonly expiresAt: string | null;
}

/** What is absent is as in a plain grant: it allows, always, and is about all fields. */
export interface NewGrant {
  readonly subject: SubjectRef;
  readonly permission: string;
  readonly object: ObjectRef | null;
  readonly effect?: Effect | undefined;
  readonly condition?: JsonObject | null | undefined;
  readonly fields?: readonly string[] | null | undefined;
  readonly startsAt?: string | null | undefined;
  readonly expiresAt?: string | null | undefined;
}

export interface GrantFilter {
  readonly subject?: SubjectRef | undefined;
  readonly permission?: string | undefined;
  readonly object?: ObjectRef | undefined;
}

export abstract class GrantReader {
  abstract find(id: string): Promise<GrantRecord | null>;
  /** The grants that the viewer may see (it holds the place's grant action there), narrowed by the filter, in a stable order. */
  abstract list(question: {
    viewer: SubjectRef;
    filter: GrantFilter;
    limit: number;
    after?: string | undefined;
  }): Promise<Page<GrantRecord>>;
}

export interface GrantWriter {
  find(id: string): Promise<GrantRecord | null>;
  /**
   * Gives each rule; the one that stands where the same was given before. Answers in the order asked.
   *
   * @throws CastellanError `unknown_reference` (a subject, permission or object; its path starts with the grant's place in the list).
   */
  create(grants: readonly NewGrant[]): Promise<{ record: GrantRecord; created: boolean }[]>;
  /** @throws CastellanError `not_found`. */
  delete(id: string): Promise<void>;
}
