import type passport from 'passport';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../core/caller.js';

/**
 * Finds out who makes a request: null when it brings no credentials of this kind.
 *
 * @throws CastellanError `invalid_credentials`, `invalid_token` and others, when it brings some that nobody may be let in by.
 */
export interface CallerSource {
  validate(request: FastifyRequest): Promise<Caller | null>;
}

/**
 * The strategies of one application. Passport keeps one strategy a name for the whole process, the latest made: so that two
 * applications in one process don't answer for each other, each request brings those of its own.
 */
export interface StrategiesOfApplication {
  readonly jwt: CallerSource;
  readonly bearer: CallerSource;
  readonly basic: CallerSource;
  readonly session: CallerSource;
}

/** What the guard hands to passport, and passport to each strategy. */
export interface StrategyOptions {
  readonly session: false;
  readonly castellan: StrategiesOfApplication;
}

/** Tells passport what came out: a caller; nothing, so that the next strategy is asked; or an error, so that none is. */
export async function settle(
  strategy: InstanceType<typeof passport.Strategy>,
  source: CallerSource,
  request: FastifyRequest,
): Promise<void> {
  let caller: Caller | null;
  try {
    caller = await source.validate(request);
  } catch (error) {
    strategy.error(error);
    return;
  }
  if (caller) strategy.success(caller);
  else strategy.fail();
}
