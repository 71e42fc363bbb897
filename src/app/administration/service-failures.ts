import { CastellanApiError } from '../../client/api-errors.js';
import {
  NetworkError,
  TimeoutError,
  UnaddressableIdError,
  UnexpectedAnswerError,
  type CastellanClientError,
} from '../../client/client-errors.js';

/** Why work on a service failed: it can't be had, it refused, or it was asked what can't be asked. */
export interface ServiceFailure {
  readonly kind: 'unavailable' | 'failed' | 'usage';
  readonly code: string;
  readonly message: string;
}

/** What answers at the URL of a service is none of Castellan's. */
export class ForeignAnswerError extends Error {
  override readonly name = 'ForeignAnswerError';
  readonly code = 'unexpected_answer';

  constructor(url: string, cause: UnexpectedAnswerError) {
    const { request, status } = cause;
    const answered = status >= 300 && status < 400 ? `${status}, a redirect, which is not followed` : status;
    super(
      `The answer of ${url} is not one of a Castellan service: ${request} was answered with ${answered}. Is the URL right, and what stands in between?`,
      { cause },
    );
  }
}

const BUSY: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Tells what an error of the client's means to who runs a command. It holds no credential. */
export function serviceFailure(error: CastellanClientError): ServiceFailure {
  const { message } = error;
  if (error instanceof CastellanApiError)
    return { kind: BUSY.has(error.status) ? 'unavailable' : 'failed', code: error.code, message: error.detail };
  if (error instanceof NetworkError || error instanceof TimeoutError)
    return { kind: 'unavailable', code: 'service_unreachable', message: `The service is out of reach: ${message}.` };
  if (error instanceof UnexpectedAnswerError) return { kind: 'unavailable', code: 'unexpected_answer', message };
  if (error instanceof UnaddressableIdError) return { kind: 'usage', code: 'invalid_request', message };
  return { kind: 'failed', code: 'client_error', message };
}
