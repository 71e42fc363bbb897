import type { FastifyRequest } from 'fastify';
import type fastifySession from '@fastify/session';
import type { Caller } from '../core/caller.js';
import type { CredentialStamp } from '../core/ports/credentials.js';
import { newCsrfToken } from './csrf-token.js';
import { invalidCredentials } from './password-sign-in.js';

declare module 'fastify' {
  interface Session {
    /** Whose session it is; without it, nobody's. */
    stamp?: CredentialStamp;
    csrfToken?: string;
  }
}

/** What a session keeps. */
export interface SessionContent {
  readonly stamp: CredentialStamp;
  readonly csrfToken: string;
}

/** Where sessions are kept. Saving must only ever change a session that is there: one that was ended stays ended. */
export interface SessionStore extends fastifySession.SessionStore {
  /** Begins a session: the one way to make one. False when the subject is gone. */
  open(sid: string, session: SessionContent, subjectKey: number): Promise<boolean>;
}

/** A caller that was signed in by its session. */
export interface SessionCaller extends Caller {
  readonly csrfToken: string;
}

/** A session that somebody signed in to. */
export type OpenSession = fastifySession.FastifySessionObject & SessionContent;

/** The session that the request's cookie names, if there is one; whether its credential still stands is not yet said. */
export function sessionOf(request: {
  readonly session: fastifySession.FastifySessionObject | null;
}): OpenSession | null {
  const { session } = request;
  return session && isOpen(session) ? session : null;
}

function isOpen(session: fastifySession.FastifySessionObject): session is OpenSession {
  return session.stamp !== undefined && session.csrfToken !== undefined;
}

/** Ends the request's session, if it has one. */
export async function endSession(request: FastifyRequest): Promise<void> {
  await sessionOf(request)?.destroy();
  // One that is nobody's, in the place of the ended one, has the answer take the cookie back.
  await giveNewSession(request);
}

/**
 * Signs the client in by a session under a new id, whatever session it came with: that one ends.
 *
 * @returns the token that unsafe requests of the session have to carry.
 * @throws CastellanError `invalid_credentials` when the subject is gone by now, `database_unavailable`.
 */
export async function openSession(request: FastifyRequest, stamp: CredentialStamp): Promise<string> {
  await endSession(request);
  const { session } = request;
  const content: SessionContent = { stamp, csrfToken: newCsrfToken() };
  const store = request.sessionStore as SessionStore;
  if (!(await store.open(session.sessionId, content, stamp.subjectKey))) throw invalidCredentials();
  Object.assign(session, content);
  // A session saved by hand gets its cookie also where TLS ends in front of the service, which then sees plain HTTP.
  await session.save();
  // The cookie it came with is spent; the plugin would take it back beside giving the new one.
  request.cookies = {};
  return content.csrfToken;
}

// No cookie is the empty id, which no signature fits: so the answer is a session under an id of its own.
function giveNewSession(request: FastifyRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    request.server.decryptSession('', request, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}
