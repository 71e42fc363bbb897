import cookie from '@fastify/cookie';
import session from '@fastify/session';
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify';
import { sessionOf, type SessionStore } from './sessions.js';

/** What sessions are made of. */
export interface SessionOptions {
  readonly store: SessionStore;
  /** Signs the cookie: at least 32 characters, the same in every process and after a restart. */
  readonly secret: string;
  /** Whether browsers reach the service by HTTPS: the cookie then goes by nothing else. */
  readonly secureCookie: boolean;
}

/** The name of the session cookie; a browser takes the prefixed one only over HTTPS and from this very host. */
export function sessionCookieName(secureCookie: boolean): string {
  return secureCookie ? '__Host-castellan.sid' : 'castellan.sid';
}

/**
 * Gives requests their sessions. Must be called before the routes are there.
 *
 * A request has a session only when its cookie names one that somebody signed in to; `request.session` is null otherwise.
 */
export async function registerSessions(fastify: FastifyInstance, options: SessionOptions): Promise<void> {
  const cookieName = sessionCookieName(options.secureCookie);
  // No expiry: the database's clock ends a session, and the browser forgets the cookie when it closes.
  const attributes = { httpOnly: true, sameSite: 'lax', path: '/', secure: options.secureCookie } as const;
  await fastify.register(cookie, { parseOptions: attributes });
  await fastify.register(
    Object.assign(
      (instance: FastifyInstance, of: session.FastifySessionOptions, done: (error?: Error) => void) =>
        session(withHookForCookie(instance, cookieName), of, done),
      SAME_SCOPE,
    ),
    {
      store: options.store,
      secret: options.secret,
      cookieName,
      cookie: { ...attributes },
      saveUninitialized: false,
      rolling: false,
    },
  );
}

// Has Fastify take a plugin's hooks for the whole server, as @fastify/session asks for itself.
const SAME_SCOPE = { [Symbol.for('skip-override')]: true };

/**
 * The plugin makes a session for every request, which hashes three times: a fifth of what a whole request takes here.
 * This server has it look only at requests that bring a session cookie.
 */
function withHookForCookie(fastify: FastifyInstance, cookieName: string): FastifyInstance {
  const addHook = (name: string, hook: onRequestHookHandler) =>
    fastify.addHook(name as 'onRequest', name === 'onRequest' ? onlyWithCookie(hook, cookieName) : hook);
  return new Proxy(fastify, {
    get: (target, property) => (property === 'addHook' ? addHook : (Reflect.get(target, property) as unknown)),
  });
}

function onlyWithCookie(hook: onRequestHookHandler, cookieName: string): onRequestHookHandler {
  return function (request, reply, done) {
    if (request.cookies[cookieName] === undefined) {
      done();
      return;
    }
    hook.call(this, request, reply, (error) => {
      // Left in place, a session that is nobody's would take the cookie back, and with it one that a parallel sign-in has just set.
      if (!sessionOf(request)) (request as { session: FastifyRequest['session'] | null }).session = null;
      done(error);
    });
  };
}
