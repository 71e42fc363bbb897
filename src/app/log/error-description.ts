import { codesOf } from '../../store/database-errors.js';

/** What the log says of an error: what it was and where, and nothing that a request may have brought along. */
export interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorDescription;
}

const DEEPEST_CAUSE = 5;
const LONGEST_MESSAGE = 500;
// What Postgres and parsers quote is, as often as not, a value of the request.
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|\([^()]*\)=\([^()]*\)|\{[\s\S]*\}/g;

/** Describes an error for the log. Its own members are left out: drivers put statements and values there. */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: 'Something was thrown that is no error.' };
  const [code] = codesOf({ code: (error as { code?: unknown }).code });
  const stack = framesOf(error);
  return {
    type: error.name,
    message: messageOf(error),
    ...(code === undefined ? {} : { code }),
    ...(stack === '' ? {} : { stack }),
    ...(error.cause === undefined || depth === DEEPEST_CAUSE ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

// Errors of the code are told as they are; those that speak of data, without it.
function messageOf(error: Error): string {
  const speaksOfData = error instanceof SyntaxError || codesOf(error).length > 0 || error.name.startsWith('Prisma');
  const message = speaksOfData ? error.message.replaceAll(QUOTED, '…') : error.message;
  return message.slice(0, LONGEST_MESSAGE);
}

// A stack begins with the message.
function framesOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
