import type { ErrorCode, FieldFault } from '../core/errors.js';
import { CastellanClientError, type SentRequest } from './client-errors.js';

/** What the service says of an error. */
export interface ToldProblem {
  /** One of the stable codes; a newer service may have others. */
  readonly code: ErrorCode | (string & {});
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly FieldFault[];
  readonly requestId: string | null;
  readonly retryAfter: number | null;
}

/**
 * An answer of the service that is an error, by its stable code.
 *
 * @see docs/errors.md
 */
export class CastellanApiError extends CastellanClientError {
  override readonly name: string = 'CastellanApiError';
  readonly code: ToldProblem['code'];
  readonly status: number;
  /** What was wrong, and what to do. */
  readonly detail: string;
  /** Each path in the request that is at fault, where there is one. */
  readonly errors: readonly FieldFault[];
  /** What the service's log knows the request by. */
  readonly requestId: string | null;

  constructor({ code, status, detail, errors, requestId }: ToldProblem, sent: SentRequest) {
    super(`${code}: ${detail}`, sent);
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.errors = errors;
    this.requestId = requestId;
  }
}

/** The request does not fit: `malformed_request`, `invalid_request`, `too_deep`, `unsupported_media_type`, and the classes below. */
export class InvalidRequestError extends CastellanApiError {
  override readonly name: string = 'InvalidRequestError';
}

/** The cursor or the token belongs to another list or caller, or to none. */
export class InvalidCursorError extends InvalidRequestError {
  override readonly name: string = 'InvalidCursorError';
}

/** The request names something that does not exist; `errors` says where. */
export class UnknownReferenceError extends InvalidRequestError {
  override readonly name: string = 'UnknownReferenceError';
}

/** The request is larger than the route takes: send it in parts. */
export class TooLargeError extends InvalidRequestError {
  override readonly name: string = 'TooLargeError';
}

/** Nobody is signed in, or (the class below) the credentials are wrong. */
export class NotAuthenticatedError extends CastellanApiError {
  override readonly name: string = 'NotAuthenticatedError';
}

/** No active user has this username and password, or this token. */
export class InvalidCredentialsError extends NotAuthenticatedError {
  override readonly name: string = 'InvalidCredentialsError';
}

/** It may be seen, but not done: `forbidden`, `superuser_only`, `cross_site`, and the classes below. */
export class ForbiddenError extends CastellanApiError {
  override readonly name: string = 'ForbiddenError';
}

/** It would give or take what the caller does not hold itself there. */
export class CannotHandOutError extends ForbiddenError {
  override readonly name: string = 'CannotHandOutError';
}

/** The session's token is missing or wrong: ask `auth.me()` for it, or sign in again. */
export class CsrfTokenError extends ForbiddenError {
  override readonly name: string = 'CsrfTokenError';
}

/** It does not exist, or the caller may not see it. */
export class NotFoundError extends CastellanApiError {
  override readonly name: string = 'NotFoundError';
}

/** It goes against what is there: `built_in`, `cycle`, `limit_reached`, `last_superuser`, `changed_meanwhile`, and the classes below. */
export class ConflictError extends CastellanApiError {
  override readonly name: string = 'ConflictError';
}

/** The id or the username is taken. */
export class AlreadyExistsError extends ConflictError {
  override readonly name: string = 'AlreadyExistsError';
}

/** There are objects below it. */
export class HasChildrenError extends ConflictError {
  override readonly name: string = 'HasChildrenError';
}

/** A fault of the service; its log has the reason under `requestId`. */
export class InternalError extends CastellanApiError {
  override readonly name: string = 'InternalError';
}

/** Too many passwords have been tried for the account, or from this address; tokens and sessions go on. */
export class TooManyAttemptsError extends CastellanApiError {
  override readonly name: string = 'TooManyAttemptsError';
  /** Seconds after which to try again, where the service says so. */
  readonly retryAfter: number | null;

  constructor(problem: ToldProblem, sent: SentRequest) {
    super(problem, sent);
    this.retryAfter = problem.retryAfter;
  }
}

/** The service can't do it now: `overloaded` and `identity_provider_unavailable` (nothing was done), `database_unavailable` (a write may have been carried out). */
export class UnavailableError extends CastellanApiError {
  override readonly name: string = 'UnavailableError';
  /** Seconds after which to try again, where the service says so. */
  readonly retryAfter: number | null;

  constructor(problem: ToldProblem, sent: SentRequest) {
    super(problem, sent);
    this.retryAfter = problem.retryAfter;
  }
}
