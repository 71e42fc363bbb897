import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { requestIdOf, type AuthorizableRequest } from './authorized-request.js';
import { CastellanError, ERRORS, type ErrorCode } from '../core/errors.js';

/** An answer in the form of RFC 9457, with a stable code. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** How an unexpected error is told to the operator; the caller is told nothing of it. */
export type ErrorReport = (error: unknown, requestId: string) => void;

/**
 * Answers every error as `application/problem+json`, and never with more than the caller may know.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly report: ErrorReport,
    /** Puts errors of what lies below into words for the caller; anything else comes back as it is. */
    private readonly translate: (error: unknown) => unknown = (error) => error,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const known = asCastellanError(this.translate(error));
    if (known.code === 'internal') this.report(error, requestIdOf(http.getRequest<AuthorizableRequest>()));
    const adapter = this.adapterHost.httpAdapter;
    const response = http.getResponse<unknown>();
    if (adapter.isHeadersSent(response)) return;
    adapter.setHeader(response, 'Content-Type', 'application/problem+json; charset=utf-8');
    if (known.status === 401) adapter.setHeader(response, 'WWW-Authenticate', challengeOf(known.code));
    const retryAfter = known.retryAfter ?? (known.status === 503 ? 1 : undefined);
    if (retryAfter !== undefined) adapter.setHeader(response, 'Retry-After', String(retryAfter));
    adapter.reply(response, problemOf(known), known.status);
  }
}

/**
 * The ways to sign in. Basic is the first of them, as browsers look no further.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
function challengeOf(code: ErrorCode): string {
  const error = code === 'invalid_token' ? ', error="invalid_token"' : '';
  return `Basic realm="castellan", charset="UTF-8", Bearer realm="castellan"${error}`;
}

/** The body of the answer to an error. */
export function problemOf(error: CastellanError): Problem {
  return {
    type: `urn:castellan:error:${error.code}`,
    title: ERRORS[error.code].title,
    status: error.status,
    code: error.code,
    detail: error.detail,
    ...(error.faults.length > 0 ? { errors: error.faults } : {}),
  };
}

function asCastellanError(error: unknown): CastellanError {
  if (error instanceof CastellanError) return error;
  const status = statusOf(error);
  if (status === 401) return new CastellanError('not_authenticated', 'Sign in first.');
  if (status === 403) return new CastellanError('forbidden', 'You may not do this.');
  if (status === 404) return new CastellanError('not_found', 'There is no such route.');
  if (status === 413) return new CastellanError('too_large', 'The body is larger than this route takes.');
  if (status === 415) return new CastellanError('unsupported_media_type', 'Send the body as application/json.');
  if (status !== undefined && status >= 400 && status < 500) {
    return new CastellanError('malformed_request', 'The request could not be read: check its path, headers and body.');
  }
  return new CastellanError(
    'internal',
    'The request was not carried out. The log has the reason under the request id.',
  );
}

// Nest's exceptions and Fastify's errors both say their status; whatever else is thrown is ours to mend.
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof URIError) return 400;
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
