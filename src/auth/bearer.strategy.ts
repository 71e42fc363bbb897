import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { CastellanError } from '../core/errors.js';
import { narrow } from '../core/narrowing.js';
import { Tokens } from '../core/ports/tokens.js';
import { settle, type CallerSource, type StrategyOptions } from './strategy-outcome.js';
import type { TokenCaller } from './token-callers.js';
import { hashOfToken } from './token-secret.js';

/** The name passport knows the strategy by. */
export const BEARER = 'castellan-bearer';

const SCHEME = /^bearer(?:\s|$)/i;
const HEADER = /^bearer +(\S+)$/i;

/**
 * Signs in by `Authorization: Bearer`, with a token of the API. Tokens are looked up on every request: one that was deleted or has expired, or
 * whose user is gone or not active, signs nobody in from the very next request on.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750
 */
@Injectable()
export class BearerStrategy extends PassportStrategy(passport.Strategy, BEARER) implements CallerSource {
  constructor(private readonly tokens: Tokens) {
    super();
  }

  override authenticate(request: object, { castellan }: StrategyOptions): void {
    void settle(this, castellan.bearer, request as FastifyRequest);
  }

  /**
   * Whom the header's token signs in; null where it takes the strategies to say.
   *
   * @throws CastellanError `overloaded`, `database_unavailable`.
   */
  async recall(header: string): Promise<TokenCaller | null> {
    const [, token] = HEADER.exec(header) ?? [];
    const hash = token === undefined ? null : hashOfToken(token);
    const holder = hash === null ? null : await this.tokens.holderOf(hash);
    if (!holder) return null;
    const { subject, permissions, tokenId } = holder;
    return { subject: permissions ? narrow(subject, permissions) : subject, signedIn: true, tokenId };
  }

  /** @throws CastellanError `invalid_token`, `overloaded`, `database_unavailable`. */
  async validate({ headers }: Pick<FastifyRequest, 'headers'>): Promise<TokenCaller | null> {
    const header = headers.authorization;
    if (header === undefined || !SCHEME.test(header)) return null;
    const caller = await this.recall(header);
    if (!caller) throw invalidToken();
    return caller;
  }
}

/** The one answer to a token that is malformed, unknown or expired, and to one of a user who is not active. */
export function invalidToken(): CastellanError {
  return new CastellanError('invalid_token', 'No active user has this token, or it has expired; make another one.');
}
