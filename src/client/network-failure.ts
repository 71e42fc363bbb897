import { NetworkError, type SentRequest } from './client-errors.js';

// What can only happen before a connection is there.
const BEFORE_CONNECTION: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * What `fetch` threw, as an error of the client's. The original is not kept: some hold the request with its headers, and whoever logs
 * an error logs its cause.
 */
export function networkError(thrown: unknown, sent: SentRequest, redact: (text: string) => string): NetworkError {
  const causes = causesOf(thrown);
  const told = causes.map(({ message, code }) => message || code).filter((text) => text !== undefined);
  const code = causes.find((cause) => cause.code !== undefined)?.code ?? null;
  const reason = told.length === 0 ? 'the request failed' : redact(told.join(': '));
  return new NetworkError(reason, sent, code, code !== null && BEFORE_CONNECTION.has(code));
}

interface Cause {
  readonly message: string | undefined;
  readonly code: string | undefined;
}

function causesOf(thrown: unknown, depth = 0): Cause[] {
  if (typeof thrown !== 'object' || thrown === null || depth > 5) return [];
  const { message, code, cause } = thrown as Record<'message' | 'code' | 'cause', unknown>;
  return [
    {
      message: typeof message === 'string' ? message : undefined,
      code: typeof code === 'string' ? code : undefined,
    },
    ...causesOf(cause, depth + 1),
  ];
}
