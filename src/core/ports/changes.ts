import type { SubjectRef } from '../model.js';
import type { Page } from './lists.js';

/** One thing that was done, as the audit trail has it. */
export interface ChangeRecord {
  /** Grows with the trail. */
  readonly id: string;
  /** ISO 8601 in UTC, by the database's clock. */
  readonly at: string;
  /** Who did it: a subject, or an operator at the command line. */
  readonly actor: SubjectRef;
  readonly action: string;
  /** What it was done to. */
  readonly target: SubjectRef;
  /** How that was, and how it is; null where it was or is not there. */
  readonly before: unknown;
  readonly after: unknown;
  readonly requestId: string;
}

/** Which changes: all of what is said holds of them. */
export interface ChangeFilter {
  readonly actor?: SubjectRef | undefined;
  readonly action?: string | undefined;
  /** The target, or the subject of the grant, assignment, membership, token or session that is. */
  readonly subject?: SubjectRef | undefined;
  /** The target, or the object of the grant or assignment that is. */
  readonly object?: SubjectRef | undefined;
  /** From this time on, and before that one: ISO 8601. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/**
 * `newest` first, to look at; or `oldest` first, to follow: what was read once is then never joined by something earlier, so that whoever goes on after the last
 * id it has seen misses nothing.
 */
export type ChangeOrder = 'newest' | 'oldest';

export abstract class ChangeReader {
  /** `after` is the id of the last change before the page, in its order. With `settled`, also newest first only what nothing earlier can come to any more. */
  abstract list(question: {
    readonly filter: ChangeFilter;
    readonly order: ChangeOrder;
    readonly settled?: boolean;
    readonly limit: number;
    readonly after?: string | undefined;
  }): Promise<Page<ChangeRecord>>;
}
