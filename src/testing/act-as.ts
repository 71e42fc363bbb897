import { CastellanError } from '../core/errors.js';
import type { SubjectRef } from '../core/model.js';
import { readRef, type RefLike } from './read-input.js';
import { RefMap } from './ref-map.js';

/** The header that a request acts by. */
export const ACT_AS = 'castellan-act-as';

// Only who is in this process can have a token, and only the testing module looks one up: there is nothing here to be forged.
const subjects = new Map<string, SubjectRef>();
const tokens = new RefMap<string>();

/** A request that headers can be set on: supertest's and superagent's. */
export interface HeaderTaking {
  set(name: string, value: string): unknown;
}

/**
 * Lets a test's request act as a subject, in an app whose guards are told by the testing module: a plugin for supertest.
 *
 * @throws CastellanError `invalid_request` (not of the form type:id).
 * @example
 * await request(app.getHttpServer()).get('/documents/1').use(actAs('user:alice')).expect(200);
 */
export function actAs(subject: RefLike): (request: HeaderTaking) => void {
  const headers = Object.entries(actingHeaders(subject));
  return (request) => {
    for (const [name, value] of headers) request.set(name, value);
  };
}

/**
 * The headers of such a request, for whatever takes headers: `app.inject`, `fetch`, `.set(…)`.
 *
 * @throws CastellanError `invalid_request` (not of the form type:id).
 * @example
 * await app.inject({ method: 'GET', url: '/documents/1', headers: actingHeaders('user:alice') });
 */
export function actingHeaders(subject: RefLike): Record<string, string> {
  const ref = readRef('subject', subject);
  const token = tokens.get(ref) ?? crypto.randomUUID();
  tokens.set(ref, token);
  subjects.set(token, ref);
  return { [ACT_AS]: token };
}

/**
 * Whom the headers of a request act as; undefined where they say nothing of it.
 *
 * @throws CastellanError `not_authenticated` for what no `actAs` of this process made.
 */
export function subjectActing(headers: Readonly<Record<string, unknown>> | undefined): SubjectRef | undefined {
  const token = headers?.[ACT_AS];
  if (token === undefined) return undefined;
  const subject = typeof token === 'string' ? subjects.get(token) : undefined;
  if (subject) return subject;
  throw new CastellanError('not_authenticated', `The header ${ACT_AS} was not made by actAs in this process.`);
}
