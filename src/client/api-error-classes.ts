import type { ErrorCode } from '../core/errors.js';
import {
  AlreadyExistsError,
  CannotHandOutError,
  CastellanApiError,
  ConflictError,
  CsrfTokenError,
  ForbiddenError,
  HasChildrenError,
  InternalError,
  InvalidCredentialsError,
  InvalidCursorError,
  InvalidRequestError,
  NotAuthenticatedError,
  NotFoundError,
  TooLargeError,
  TooManyAttemptsError,
  UnavailableError,
  UnknownReferenceError,
} from './api-errors.js';

/** A class of errors that the service answers with. */
export type ApiErrorClass = typeof CastellanApiError;

/** The class of each code that the service has. */
export const CLASS_OF_CODE: Readonly<Record<ErrorCode, ApiErrorClass>> = {
  malformed_request: InvalidRequestError,
  invalid_cursor: InvalidCursorError,
  not_authenticated: NotAuthenticatedError,
  invalid_credentials: InvalidCredentialsError,
  invalid_token: InvalidCredentialsError,
  forbidden: ForbiddenError,
  cannot_hand_out: CannotHandOutError,
  superuser_only: ForbiddenError,
  cross_site: ForbiddenError,
  csrf_token: CsrfTokenError,
  not_found: NotFoundError,
  already_exists: AlreadyExistsError,
  built_in: ConflictError,
  cycle: ConflictError,
  has_children: HasChildrenError,
  limit_reached: ConflictError,
  last_superuser: ConflictError,
  changed_meanwhile: ConflictError,
  too_large: TooLargeError,
  unsupported_media_type: InvalidRequestError,
  invalid_request: InvalidRequestError,
  unknown_reference: UnknownReferenceError,
  too_deep: InvalidRequestError,
  too_many_attempts: TooManyAttemptsError,
  internal: InternalError,
  overloaded: UnavailableError,
  identity_provider_unavailable: UnavailableError,
  database_unavailable: UnavailableError,
};

const CLASS_OF_STATUS: ReadonlyMap<number, ApiErrorClass> = new Map([
  [400, InvalidRequestError],
  [401, NotAuthenticatedError],
  [403, ForbiddenError],
  [404, NotFoundError],
  [409, ConflictError],
  [412, ConflictError],
  [413, TooLargeError],
  [415, InvalidRequestError],
  [422, InvalidRequestError],
  [429, TooManyAttemptsError],
  [500, InternalError],
  [503, UnavailableError],
]);

/** The class of an error's code; of one that only a newer service has, the class of its status. */
export function apiErrorClass(code: string, status: number): ApiErrorClass {
  if (Object.hasOwn(CLASS_OF_CODE, code)) return CLASS_OF_CODE[code as ErrorCode];
  return CLASS_OF_STATUS.get(status) ?? CastellanApiError;
}
