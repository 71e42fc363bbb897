import { ANONYMOUS_CALLER, isAnonymous, type Caller } from '../core/caller.js';
import { faultOfId, faultOfName, parseRef } from '../core/identifiers.js';
import type { SubjectRef } from '../core/model.js';

/** A subject as an app says it: `{ type, id }`, `'user:alice'`, or null or undefined for nobody signed in. */
export type SubjectArgument = SubjectRef | string | null | undefined;

/** Says on whose behalf a request is made. */
export type SubjectOfRequest<Request = never> = (request: Request) => SubjectArgument | Promise<SubjectArgument>;

/**
 * Who stands in `request.user`, as sign-ins leave it there: `'user:alice'`, `{ type, id }`, or a user with an `id`, a `sub` or a
 * `username`, the first of these that there is.
 *
 * @throws TypeError for anything else: a user that can't be read is not nobody.
 */
export function subjectInRequestUser(request: { readonly user?: unknown }): SubjectArgument {
  const { user } = request;
  if (user === undefined || user === null) return null;
  if (typeof user === 'string') return user;
  if (typeof user !== 'object') throw unreadable();
  const { type, id, sub, username } = user as Record<string, unknown>;
  const name = idOf(id ?? sub ?? username);
  if (type === undefined || type === null) return { type: 'user', id: name };
  if (typeof type !== 'string' || id === undefined || id === null) throw unreadable();
  return { type, id: name };
}

/** The caller that an app names. @throws TypeError when it names nobody that could be. */
export function callerNamed(argument: SubjectArgument): Caller {
  if (argument === null || argument === undefined) return ANONYMOUS_CALLER;
  const subject = readSubject(argument);
  return isAnonymous(subject) ? ANONYMOUS_CALLER : { subject, signedIn: true };
}

/** @throws TypeError when it names nobody that could be. */
export function readSubject(argument: SubjectRef | string): SubjectRef {
  const ref = typeof argument === 'string' ? parseRef(argument) : argument;
  if (typeof ref !== 'object' || ref === null) throw unreadable();
  const { type, id } = ref;
  if (typeof type !== 'string' || typeof id !== 'string' || faultOfName(type) || faultOfId(id)) throw unreadable();
  return { type, id };
}

function idOf(id: unknown): string {
  if (typeof id === 'string') return id;
  if (typeof id === 'bigint' || (typeof id === 'number' && Number.isSafeInteger(id))) return String(id);
  throw unreadable();
}

// What it was is not told: a user may carry more than a log should.
function unreadable(): TypeError {
  return new TypeError(
    "The request's subject can't be read: let the option `subject` of AuthzModule answer { type, id }, 'user:alice', or null for nobody.",
  );
}
