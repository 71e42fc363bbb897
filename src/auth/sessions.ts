import type { FastifyRequest } from 'fastify';
import type fastifySession from '@fastify/session';
import type { Caller } from '../core/caller.js';
import type { SubjectRef } from '../core/model.js';
import type { CredentialStamp } from '../core/ports/credentials.js';
import { newCsrfToken } from './csrf-token.js';
import { invalidCredentials } from './password-sign-in.js';

declare module 'fastify' {
  interface Session {
    /** Whose session it is; without it, nobody's. */
    stamp?: CredentialStamp;
    csrfToken?: string;
    found?: FoundSession;
  }
}

/** What looking a session up has told of it, as of then; no part of what it keeps. */
export interface FoundSession {
  /** What its user knows it by. */
  readonly id: string;
  /** Whom it signs in: null where the user is not active, or has another password by now. */
  readonly subject: SubjectRef | null;
}

/** Whence a session is opened. */
export interface SessionOrigin {
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** What a session keeps. */
export interface SessionContent {
  readonly stamp: CredentialStamp;
  readonly csrfToken: string;
}

/** Where sessions are kept. Saving must only ever change a session that is there: one that was ended stays ended. */
export interface SessionStore extends fastifySession.SessionStore {
  /** Begins a session: the one way to make one. False when the subject is gone. */
  open(sid: string, session: SessionContent, subjectKey: number, origin: SessionOrigin): Promise<boolean>;
}

/** A caller that was signed in by its session. */
export interface SessionCaller extends Caller {
  readonly csrfToken: string;
  readonly sessionId: string;
}

/** Whether a session signed the caller in. */
export function isSessionCaller(caller: Caller): caller is SessionCaller {
  return 'sessionId' in caller;
}

/** A session that somebody signed in to. */
export type OpenSession = fastifySession.FastifySessionObject & SessionContent;

/** The session that the request's cookie names, if there is one; whether it still signs anybody in is for `found` to say. */
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
  if (!(await store.open(session.sessionId, content, stamp.subjectKey, originOf(request)))) throw invalidCredentials();
  Object.assign(session, content);
  // A session saved by hand gets its cookie also where TLS ends in front of the service, which then sees plain HTTP.
  await session.save();
  // The cookie it came with is spent; the plugin would take it back beside giving the new one.
  request.cookies = {};
  return content.csrfToken;
}

const LONGEST_AGENT = 256;

function originOf({ ip, headers }: FastifyRequest): SessionOrigin {
  return { address: ip, userAgent: headers['user-agent']?.slice(0, LONGEST_AGENT) ?? null };
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
