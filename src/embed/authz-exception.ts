import { HttpException } from '@nestjs/common';
import { CastellanError, type ErrorCode } from '../core/errors.js';
import { problemOf } from '../nest/problem.filter.js';

/** A refusal as one of Nest's own exceptions, so that an app's filters know what to do with it; the response is a problem of RFC 9457. */
export class AuthzException extends HttpException {
  /** Stable, for machines: `not_found`, `forbidden`, … */
  readonly code: ErrorCode;

  constructor(error: CastellanError) {
    super(problemOf(error), error.status, { cause: error });
    this.message = error.detail;
    this.code = error.code;
  }
}

/** The error as Nest knows it, where it is one of Castellan's; anything else as it is, and what is wrong with the app itself, which no caller is told. */
export function asHttp(error: unknown): unknown {
  return error instanceof CastellanError && error.code !== 'internal' ? new AuthzException(error) : error;
}

/** Runs the work, and throws what Nest answers as it should be. */
export async function answeringHttp<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw asHttp(error);
  }
}

/** What is told while nothing can be decided: what can be told of the error as it is, and of any other no more than that. */
export function undecided(error: unknown): CastellanError {
  if (error instanceof CastellanError && error.status === 503) return error;
  const detail = 'It can not be decided now whether you may do this; try again shortly.';
  return new CastellanError('database_unavailable', detail, [], { cause: error });
}

/** The answer to a request that takes a sign-in; how one signs in is the app's own matter. */
export function signInFirst(): CastellanError {
  return new CastellanError('not_authenticated', 'Sign in first.');
}
