/** Every error a caller can meet: its HTTP status and a title that never changes. docs/errors.md lists the same. */
export const ERRORS = {
  malformed_request: { status: 400, title: 'The request could not be read' },
  invalid_cursor: { status: 400, title: 'The cursor is not one of this list' },
  not_authenticated: { status: 401, title: 'Sign in first' },
  invalid_credentials: { status: 401, title: 'Username or password is wrong' },
  invalid_token: { status: 401, title: 'The token signs nobody in' },
  forbidden: { status: 403, title: 'You may not do this' },
  cannot_hand_out: { status: 403, title: 'You can only hand out what you hold yourself' },
  superuser_only: { status: 403, title: 'Only a superuser may do this' },
  cross_site: { status: 403, title: 'The request came from another site' },
  csrf_token: { status: 403, title: 'The CSRF token is missing or wrong' },
  not_found: { status: 404, title: 'There is no such thing, or you may not see it' },
  already_exists: { status: 409, title: 'It exists already' },
  built_in: { status: 409, title: 'Built-in things can not be changed' },
  cycle: { status: 409, title: 'It would contain itself' },
  has_children: { status: 409, title: 'There are objects below it' },
  limit_reached: { status: 409, title: 'There can be no more of them' },
  last_superuser: { status: 409, title: 'The last active superuser has to stay' },
  changed_meanwhile: { status: 412, title: 'It has changed meanwhile' },
  too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'Send JSON' },
  invalid_request: { status: 422, title: 'The request does not fit' },
  unknown_reference: { status: 422, title: 'The request names something that does not exist' },
  too_deep: { status: 422, title: 'It would nest too deep' },
  too_many_attempts: { status: 429, title: 'Too many passwords have been tried' },
  internal: { status: 500, title: 'Something went wrong here' },
  overloaded: { status: 503, title: 'Too busy, try again shortly' },
  identity_provider_unavailable: { status: 503, title: 'The identity provider is out of reach' },
  database_unavailable: { status: 503, title: 'The database is out of reach' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** One thing wrong with a request: where (`rules.0.permission`), and what. */
export interface FieldFault {
  readonly path: string;
  readonly message: string;
}

/** An error with a stable code, safe to show to the caller. */
export class CastellanError extends Error {
  override readonly name = 'CastellanError';
  /** Seconds after which it is worth another try, where they are known. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly code: ErrorCode,
    /** What was wrong, where, and what to do; without anything the caller may not know. */
    readonly detail: string,
    readonly faults: readonly FieldFault[] = [],
    options?: ErrorOptions & { readonly retryAfter?: number },
  ) {
    super(`${code}: ${detail}`, options);
    this.retryAfter = options?.retryAfter;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** The one answer for what is missing and for what is hidden. */
export function notFound(): CastellanError {
  return new CastellanError('not_found', 'There is nothing here that you may see.');
}

/** The answer to a request that takes a sign-in. */
export function notSignedIn(): CastellanError {
  return new CastellanError(
    'not_authenticated',
    'Send your username and password (Basic) or a token (Bearer), or sign in at /api/v1/auth/login.',
  );
}

/** The answer to a request that names a field with a value it can't have. */
export function invalidField(path: string, message: string): CastellanError {
  return new CastellanError('invalid_request', `${path} ${message}.`, [{ path, message }]);
}

/** The answer to a request whose reference leads nowhere. */
export function unknownReference(path: string, name: string): CastellanError {
  return new CastellanError('unknown_reference', `${path}: there is no ${name}.`, [
    { path, message: `there is no ${name}` },
  ]);
}
