import type { IncomingHttpHeaders } from 'node:http';
import { CastellanError } from '../core/errors.js';

/** A request with a body that may have been read, or not yet. */
interface WithBody {
  readonly body?: unknown;
  readonly headers?: IncomingHttpHeaders;
}

const READ_TYPES = /^\s*application\/(?:json|x-www-form-urlencoded)\s*(?:;|$)/i;

/**
 * What stands in the body at a path of names (as a whole, where the path is empty); undefined where there is nothing.
 *
 * @throws CastellanError `unsupported_media_type` for a body that nobody has read yet, or that has no names: what it says would be passed over.
 */
export function bodyAt(request: WithBody, path: string): unknown {
  const { body } = request;
  if (body === undefined && !hasBody(request)) return undefined;
  if (!isRead(request)) throw unread();
  if (path === '') return body;
  return path.split('.').reduce<unknown>((value, name) => {
    return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }, body);
}

/** Whether it is an object with members, as JSON has them. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

// Some readers leave an empty object behind where they did not read.
function isRead(request: WithBody): boolean {
  if (!isObject(request.body)) return false;
  if (Object.keys(request.body).length > 0 || !hasBody(request)) return true;
  return READ_TYPES.test(request.headers?.['content-type'] ?? '');
}

function hasBody({ headers = {} }: WithBody): boolean {
  const length = headers['content-length'];
  return (
    headers['transfer-encoding'] !== undefined ||
    (length === undefined ? headers['content-type'] !== undefined : Number(length) !== 0)
  );
}

function unread(): CastellanError {
  return new CastellanError(
    'unsupported_media_type',
    'Send the body as a JSON object: what it says is looked at before anything else is done.',
    [],
    {
      cause: new Error(
        '@ParentFrom or @ProposedFrom names the body, which is no JSON object, or is read only after the guard (by an interceptor for uploads, say); read it in a middleware, or say a function',
      ),
    },
  );
}
