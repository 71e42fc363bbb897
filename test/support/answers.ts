import { rawRequest, type RawAnswer } from './raw-request.js';
import type { TestService } from './service.js';

/** A request as one line and its body: `POST /api/v1/grants`. */
export type Sent = readonly [route: string, body?: object];

/** Sends it as this user (its username), or as nobody. */
export function sendAs(
  service: Pick<TestService, 'app'>,
  as: string | undefined,
  [route, body]: Sent,
): Promise<RawAnswer> {
  const [method = '', path = ''] = route.split(' ');
  const headers = { 'content-type': 'application/json' };
  return rawRequest(service.app, {
    method,
    path,
    as,
    ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
  });
}

/** All of an answer that a caller could tell two of them apart by, but for what is new in every one. */
export function faceOf({ status, text, headers }: RawAnswer): object {
  const { date: _date, 'x-request-id': _id, ...rest } = headers;
  return { status, text, headers: rest };
}
