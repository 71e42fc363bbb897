import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import type { SubjectRef } from '../../core/model.js';
import { ProviderUsers } from '../../core/ports/provider-users.js';
import { Writes } from '../../core/ports/writes.js';
import { requestIdOf } from '../../nest/authorized-request.js';
import { AUTH_OPTIONS, type AuthOptions } from '../auth-options.js';
import { invalidToken } from '../bearer.strategy.js';
import { settle, type CallerSource, type StrategyOptions } from '../strategy-outcome.js';
import type { JwtCaller } from '../token-callers.js';
import { IdentityProvider } from './identity-provider.js';
import { hasJwtForm } from './jwt-form.js';

/** The name passport knows the strategy by. */
export const JWT = 'castellan-jwt';

type BearingRequest = Pick<FastifyRequest, 'headers' | 'id' | 'method'>;

const HEADER = /^bearer +(\S+)$/i;

/**
 * Signs in by `Authorization: Bearer`, with a JWT of the identity provider of the settings; without one, no JWT signs anybody in. Tokens of our
 * own have another form, and are left to their strategy.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(passport.Strategy, JWT) implements CallerSource {
  readonly #provider: IdentityProvider | null;

  constructor(
    @Inject(AUTH_OPTIONS) { identityProvider, report = () => {} }: AuthOptions,
    users: ProviderUsers,
    writes: Writes,
  ) {
    super();
    this.#provider =
      identityProvider === undefined
        ? null
        : new IdentityProvider(identityProvider, users, writes, (error) => report(error, 'identity provider'));
  }

  override authenticate(request: object, { castellan }: StrategyOptions): void {
    void settle(this, castellan.jwt, request as FastifyRequest);
  }

  /**
   * Whom the header's token signs in, if it was verified before; null where it takes the strategies to say.
   *
   * @throws CastellanError `overloaded`, `database_unavailable`.
   */
  async recall(request: BearingRequest): Promise<JwtCaller | null> {
    const token = this.#provider && tokenIn(request);
    return token ? callerOf(await this.#provider.recall(token, requestIdOf(request))) : null;
  }

  /** @throws CastellanError `invalid_token`, `identity_provider_unavailable`, `overloaded`, `database_unavailable`. */
  async validate(request: BearingRequest): Promise<JwtCaller | null> {
    const token = this.#provider && tokenIn(request);
    if (!token) return null;
    const caller = callerOf(await this.#provider.authenticate(token, requestIdOf(request)));
    if (!caller) throw invalidToken();
    return caller;
  }
}

function tokenIn({ headers }: BearingRequest): string | null {
  const [, token] = HEADER.exec(headers.authorization ?? '') ?? [];
  return token !== undefined && hasJwtForm(token) ? token : null;
}

function callerOf(subject: SubjectRef | null): JwtCaller | null {
  return subject && { subject, signedIn: true, signedInBy: 'identity-provider' };
}
