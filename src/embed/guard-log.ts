import type { ExecutionContext, LoggerService } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { CastellanError } from '../core/errors.js';

const SILENCE_MS = 5000;

/** Tells the operator why a guard refused, where it is a fault of the app or of what it stands on: once a route, or now and then. */
export class GuardLog {
  readonly #told = new Set<string>();
  #lastFailure = Number.NEGATIVE_INFINITY;

  constructor(private readonly log: Pick<LoggerService, 'error' | 'warn'>) {}

  /** @param hasSignIn whether the guard runs the app's sign-in itself. */
  refused(error: unknown, context: ExecutionContext, hasSignIn: boolean): void {
    if (!(error instanceof CastellanError)) return;
    const route = `${context.getClass().name}.${context.getHandler().name}`;
    if (error.status === 503) this.#failed(error);
    else if (error.code === 'not_authenticated' && !hasSignIn) this.#signedInTooLate(route, context);
    else if (error.cause instanceof Error) this.#once(`${route} is shut: ${error.cause.message}.`);
  }

  #signedInTooLate(route: string, context: ExecutionContext): void {
    const guards = ownGuards(context.getClass(), context.getHandler());
    if (guards.length === 0) return;
    this.#once(
      `${route} was refused because nobody was signed in when AuthzGuard ran. ${guards.join(', ')} on it runs only afterwards: ` +
        'if that is what signs callers in, give it to AuthzModule as `authenticate`, or make it an APP_GUARD that is registered before.',
    );
  }

  // While a database is away every request meets it.
  #failed(error: CastellanError): void {
    const now = performance.now();
    if (now - this.#lastFailure < SILENCE_MS) return;
    this.#lastFailure = now;
    const cause = error.cause instanceof Error ? error.cause : error;
    this.log.error(`Requests are refused, as nothing can be decided: ${reasonOf(cause)}`);
  }

  #once(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.log.error(message);
  }
}

/** The names of the guards that a controller or a handler says by `@UseGuards`. */
export function ownGuards(controller: object, handler: object): string[] {
  return [controller, handler]
    .flatMap((of) => (Reflect.getMetadata(GUARDS_METADATA, of) as readonly unknown[] | undefined) ?? [])
    .map((guard) => (typeof guard === 'function' ? guard.name : (guard as object).constructor.name))
    .filter((name) => name !== 'AuthzGuard');
}

function reasonOf(error: Error): string {
  const cause = error.cause instanceof Error ? ` (${reasonOf(error.cause)})` : '';
  return `${error.message}${cause}`;
}
