import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { requireCsrfToken } from './csrf-token.js';
import { sessionOf, type SessionCaller } from './sessions.js';
import { settle, type CallerSource, type StrategyOptions } from './strategy-outcome.js';

/** The name passport knows the strategy by. */
export const SESSION = 'castellan-session';

/**
 * Signs in by the session cookie, as long as the credential that opened the session still stood when this request had it looked up: a new
 * password, a deactivation or a deletion ends it with the very next request. Unsafe requests must carry the session's CSRF token.
 */
@Injectable()
export class SessionStrategy extends PassportStrategy(passport.Strategy, SESSION) implements CallerSource {
  override authenticate(request: object, { castellan }: StrategyOptions): void {
    void settle(this, castellan.session, request as FastifyRequest);
  }

  /** @throws CastellanError `csrf_token`, `database_unavailable`. */
  async validate(request: FastifyRequest): Promise<SessionCaller | null> {
    const session = sessionOf(request);
    if (!session) return null;
    const { found, csrfToken } = session;
    if (!found?.subject) {
      await session.destroy();
      return null;
    }
    requireCsrfToken(request, csrfToken);
    return { subject: found.subject, signedIn: true, csrfToken, sessionId: found.id };
  }
}
