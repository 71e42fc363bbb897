import type { FieldFault } from '../core/errors.js';
import { apiErrorClass } from './api-error-classes.js';
import { UnexpectedAnswerError, type CastellanClientError, type SentRequest } from './client-errors.js';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  /** Without its parameters, in lower case. */
  readonly mediaType: string;
  /** What the body reads as; undefined where it is no JSON. */
  readonly json: unknown;
  readonly headers: Headers;
  /** Where the answer leads to; null when it is no redirect. */
  readonly redirect: string | null;
}

const PROBLEM = 'application/problem+json';
const JSON_TYPES: ReadonlySet<string> = new Set(['application/json', PROBLEM]);

/** Reads an answer to its end; of one that is no JSON, only what its headers say. */
export async function readAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const mediaType = (headers.get('content-type')?.split(';')[0] ?? '').trim().toLowerCase();
  const redirect = redirectOf(response);
  const isJson = redirect === null && JSON_TYPES.has(mediaType);
  const json = isJson ? parsed(await response.text()) : undefined;
  // A body that nobody reads holds its connection.
  if (!isJson) await response.body?.cancel();
  return { status, mediaType, json, headers, redirect };
}

/** The error that the answer is; null when it is none. */
export function errorOf(answer: Answer, sent: SentRequest): CastellanClientError | null {
  const { status, mediaType, json, headers, redirect } = answer;
  if (redirect !== null) {
    const reason = `the answer is a redirect${redirect}, which is not followed; the url has to be the service's own`;
    return new UnexpectedAnswerError(reason, sent, status);
  }
  if (status >= 200 && status < 300) return null;
  const retryAfter = secondsOf(headers.get('retry-after'));
  if (mediaType !== PROBLEM || !isRecord(json) || typeof json['code'] !== 'string')
    return unexpectedAnswer(answer, sent, retryAfter);
  const { code, detail, errors } = json;
  const ErrorClass = apiErrorClass(code, status);
  const problem = {
    code,
    status,
    detail: typeof detail === 'string' ? detail : '',
    errors: Array.isArray(errors) ? errors.filter(isFault) : [],
    requestId: headers.get('x-request-id'),
    retryAfter,
  };
  return new ErrorClass(problem, sent);
}

/** The error of an answer that a Castellan service does not give. */
export function unexpectedAnswer(
  { status, mediaType }: Answer,
  sent: SentRequest,
  retryAfter: number | null = null,
): UnexpectedAnswerError {
  const what = mediaType === '' ? 'without a content type' : `of the type ${mediaType}`;
  const reason = `the answer (${status}, ${what}) is none of a Castellan service; is the url right, and what stands in between?`;
  return new UnexpectedAnswerError(reason, sent, status, retryAfter);
}

/** Whether it is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function redirectOf({ status, type, redirected, headers, url }: Response): string | null {
  if (redirected) return '';
  // A browser tells no more than that it is one.
  if (type === 'opaqueredirect') return '';
  if (status < 300 || status > 399 || status === 304) return null;
  const location = headers.get('location') ?? '';
  // No more than the origin: what follows may be meant for whoever follows.
  return URL.canParse(location, url || undefined) ? ` to ${new URL(location, url || undefined).origin}` : '';
}

function isFault(fault: unknown): fault is FieldFault {
  return isRecord(fault) && typeof fault['path'] === 'string' && typeof fault['message'] === 'string';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// Seconds, or a date. @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
function secondsOf(retryAfter: string | null): number | null {
  if (retryAfter === null) return null;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter);
  const time = Date.parse(retryAfter);
  return Number.isNaN(time) ? null : Math.max(0, (time - Date.now()) / 1000);
}
