import { CastellanError } from '../core/errors.js';

// SQLSTATE classes and node's own codes that mean: no database there, for now.
const UNREACHABLE =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|EAI_AGAIN|ENOENT|57P01|57P02|57P03|08\w{3}|55000|3D000|28000|28P01)$/;
const BUSY = /^(57014|55P03|53\w{3}|25P03|25P04)$/;
const CONFLICT = /^(40001|40P01)$/;
const UNREACHABLE_MESSAGE =
  /Connection terminated|connection timeout|^timeout expired$|Query read timeout|Can't reach database|Connection closed|server closed the connection|Client has encountered a connection error|not queryable/i;
const BUSY_MESSAGE =
  /timeout exceeded when trying to connect|Unable to start a transaction in the given time|Transaction already closed|expired transaction/i;

/**
 * What Postgres says that is asked for by name.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export const SQLSTATE = {
  featureNotSupported: '0A000',
  foreignKeyViolation: '23503',
  uniqueViolation: '23505',
  insufficientPrivilege: '42501',
  lockNotAvailable: '55P03',
} as const;

const UNFIT_ID = /constraint "ids of type \d+ are (uuid|int|bigint)"/;

/** The refusal to register an object under an id that the app's own table could not hold. */
export function unfitId(form: string): CastellanError {
  const message = `must be ${form === 'uuid' ? 'a uuid in lower case, with its hyphens' : `a whole number that fits ${form}, without leading zeros`}`;
  return new CastellanError('invalid_request', `id: ${message}: so the app holds the ids of this type.`, [
    { path: 'id', message },
  ]);
}

/** Whether the transaction lost against another one, and is worth another try. */
export function isConflict(error: unknown): boolean {
  return codesOf(error).some((code) => CONFLICT.test(code) || code === 'P2034');
}

/** What the caller is told of an error of the database; anything that is no fault of the connection stays as it is. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof CastellanError) return error;
  const codes = codesOf(error);
  const message = error instanceof Error ? error.message : '';
  const unfit = UNFIT_ID.exec(message);
  if (unfit?.[1] !== undefined) return unfitId(unfit[1]);
  if (isConflict(error) || codes.some((code) => BUSY.test(code)) || BUSY_MESSAGE.test(message)) {
    return new CastellanError('overloaded', 'The database is too busy to take this now; try again shortly.', [], {
      cause: error,
    });
  }
  if (
    codes.some((code) => UNREACHABLE.test(code) || code === 'P1001' || code === 'P1017') ||
    UNREACHABLE_MESSAGE.test(message)
  ) {
    return new CastellanError('database_unavailable', 'The database is out of reach; try again shortly.', [], {
      cause: error,
    });
  }
  return error;
}

/** Runs the work, and throws what the caller may be told. */
export async function translatingDatabaseErrors<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

// pg says it in `code`; Prisma wraps it: in `meta.driverAdapterError.cause`, in `cause`, or in a message of a raw query.
export function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  const seen = new Set<unknown>();
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || seen.has(value) || depth > 6) return;
    seen.add(value);
    for (const [name, part] of Object.entries({ ...value, cause: (value as { cause?: unknown }).cause })) {
      if ((name === 'code' || name === 'originalCode') && typeof part === 'string') codes.push(part);
      else if (name === 'cause' || name === 'meta' || name === 'driverAdapterError' || name === 'errors')
        visit(part, depth + 1);
      else if (Array.isArray(value)) visit(part, depth + 1);
      else if (name === 'kind' && part === 'TransactionWriteConflict') codes.push('40001');
      else if (name === 'kind' && part === 'SocketTimeout') codes.push('ETIMEDOUT');
    }
  };
  visit(error, 0);
  return codes;
}
