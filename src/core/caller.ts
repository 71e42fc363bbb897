import type { SubjectRef } from './model.js';

/** Who makes a request, as the sign-in found it: identity never comes from a body. */
export interface Caller {
  readonly subject: SubjectRef;
  readonly signedIn: boolean;
}

/** Who stands behind a write: a caller (signed in, or anonymous where anyone may), or the operator at the command line or at start-up. */
export interface Author {
  readonly subject: SubjectRef;
  /** An operator works on the database itself: nothing is asked, everything is recorded. */
  readonly operator: boolean;
  readonly requestId: string;
}

// No subject can be registered under this type, so it is unknown, and holds only what anyone holds.
const ANONYMOUS: SubjectRef = { type: 'anonymous', id: 'anonymous' };

/** A request that nobody signed in to. */
export const ANONYMOUS_CALLER: Caller = { subject: ANONYMOUS, signedIn: false };

/** Whether nobody signed in stands behind it. */
export function isAnonymous(subject: SubjectRef): boolean {
  return subject.type === ANONYMOUS.type;
}

/** The operator, working on the database without a request: `cli`, `bootstrap`. */
export function operator(id: string, requestId: string): Author {
  return { subject: { type: 'operator', id }, operator: true, requestId };
}
