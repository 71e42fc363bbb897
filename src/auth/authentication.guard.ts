import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { ANONYMOUS_CALLER, type Caller } from '../core/caller.js';
import { isPublic } from '../nest/route-policy.js';
import { actingCaller } from './acting-caller.js';
import { AUTH_OPTIONS, type AuthOptions } from './auth-options.js';
import { BASIC, BasicStrategy } from './basic.strategy.js';
import { BEARER, BearerStrategy } from './bearer.strategy.js';
import { requireSameSite } from './cross-site.js';
import { JWT, JwtStrategy } from './identity-provider/jwt.strategy.js';
import { SESSION, SessionStrategy } from './session.strategy.js';
import { sessionOf } from './sessions.js';
import type { StrategyOptions } from './strategy-outcome.js';

/** A request on its way through the guard. */
type AuthenticatableRequest = Omit<FastifyRequest, 'user'> & { user?: Caller };

/**
 * Finds out who makes a request, and puts it into `request.user`: a signed-in caller, or the anonymous one.
 * Whether the anonymous one may go on is not for this guard to say; wrong credentials never do.
 *
 * An Authorization header goes over the session cookie: whoever sends one is who it says, or nobody.
 * On routes declared public no credentials are looked at. Unsafe requests from other sites are refused everywhere.
 */
@Injectable()
export class AuthenticationGuard extends AuthGuard([JWT, BEARER, BASIC, SESSION]) {
  readonly #strategies: StrategyOptions;
  readonly #public = new Map<unknown, Map<unknown, boolean>>();

  constructor(
    private readonly reflector: Reflector,
    private readonly jwt: JwtStrategy,
    private readonly bearer: BearerStrategy,
    private readonly basic: BasicStrategy,
    private readonly session: SessionStrategy,
    @Inject(AUTH_OPTIONS) private readonly auth: AuthOptions,
  ) {
    super();
    this.#strategies = { session: false, castellan: { jwt, bearer, basic, session } };
  }

  /** @throws CastellanError `cross_site`, `csrf_token`, `invalid_credentials`, `invalid_token`, `too_many_attempts`, `overloaded`, `database_unavailable`. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatableRequest>();
    request.user = ANONYMOUS_CALLER;
    requireSameSite(request, this.auth.publicUrl);
    if (this.#isPublic(context)) return true;
    const acting = actingCaller();
    if (acting) {
      request.user = acting;
      return true;
    }
    const { authorization } = request.headers;
    if (authorization === undefined && !sessionOf(request)) return true;
    // Passport costs as much as a decision: a credential that needs no verification is only asked whether it stands.
    const recalled = await (authorization === undefined
      ? this.session.validate(request)
      : this.#recall(request, authorization));
    if (recalled) request.user = recalled;
    else await super.canActivate(context);
    return true;
  }

  override getAuthenticateOptions(): StrategyOptions {
    return this.#strategies;
  }

  override handleRequest<User = Caller>(error: unknown, caller: User | false | undefined): User {
    if (error) throw error as Error;
    return caller || (ANONYMOUS_CALLER as User);
  }

  async #recall(request: AuthenticatableRequest, authorization: string): Promise<Caller | null> {
    return (
      (await this.bearer.recall(authorization)) ??
      (await this.jwt.recall(request)) ??
      this.basic.recall(authorization, request.ip)
    );
  }

  #isPublic(context: ExecutionContext): boolean {
    const [controller, handler] = [context.getClass(), context.getHandler()];
    let handlers = this.#public.get(controller);
    if (!handlers) this.#public.set(controller, (handlers = new Map()));
    let known = handlers.get(handler);
    if (known === undefined) handlers.set(handler, (known = isPublic(this.reflector, context)));
    return known;
  }
}
