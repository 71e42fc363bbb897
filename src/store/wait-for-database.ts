import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Why waiting for a database was given up, in words that do not change between releases. */
export type DatabaseUnreachableCode =
  /** the URL is not one of Postgres */
  | 'database_url_invalid'
  /** it answered, and what it said waiting does not mend: a wrong password, a missing database */
  | 'database_refused'
  /** it did not answer in time */
  | 'database_unreachable';

/** A database that can't be used; the message says where, why and what to do, and never holds the password. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DatabaseUnreachableError';

  constructor(
    readonly code: DatabaseUnreachableCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** How long and how loudly to wait. */
export interface WaitOptions {
  /** takes lines for a person: the first failure, then one about every half minute, and the end of the wait */
  readonly log: (line: string) => void;
  /** ends the wait with the signal's reason */
  readonly signal?: AbortSignal;
  /** milliseconds to wait at most; without limit unless given */
  readonly deadlineMs?: number;
}

const firstPauseMs = 250;
const longestPauseMs = 5_000;
const attemptMs = 5_000;
const linesEveryMs = 30_000;

/**
 * Returns once the database takes connections, trying again with growing pauses while it starts up or is out of reach.
 *
 * @throws DatabaseUnreachableError at once for what waiting does not mend, `database_unreachable` at the deadline
 */
export async function waitForDatabase(databaseUrl: string, options: WaitOptions): Promise<void> {
  const { log, signal, deadlineMs = Number.POSITIVE_INFINITY } = options;
  const place = placeOf(databaseUrl);
  const startedAt = Date.now();
  let saidAt: number | undefined;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    signal?.throwIfAborted();
    const failure = await tryToConnect(databaseUrl);
    if (failure === undefined) {
      if (saidAt !== undefined) log(`The database at ${place} answers, after ${seconds(startedAt)} s.`);
      return;
    }
    if (isLasting(failure)) {
      throw new DatabaseUnreachableError(
        'database_refused',
        `${place} refuses: ${reasonOf(failure)}. ${advice(failure)}`,
        {
          cause: failure,
        },
      );
    }
    const left = startedAt + deadlineMs - Date.now();
    if (left <= 0) {
      throw new DatabaseUnreachableError(
        'database_unreachable',
        `The database at ${place} has not answered for ${seconds(startedAt)} s: ${reasonOf(failure)}. ` +
          'Start it, or mend DATABASE_URL.',
        { cause: failure },
      );
    }
    if (saidAt === undefined || Date.now() - saidAt >= linesEveryMs) {
      log(`Waiting for the database at ${place}: ${reasonOf(failure)}.`);
      saidAt = Date.now();
    }
    // Processes that lost the same database must not all come back in step.
    await sleep(Math.min(pauseMs * (0.75 + Math.random() / 2), left), undefined, signal && { signal }).catch(() =>
      signal?.throwIfAborted(),
    );
  }
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1000);
}

/** Host, port and database of a URL: what may be shown of it. */
function placeOf(databaseUrl: string): string {
  const error = new DatabaseUnreachableError(
    'database_url_invalid',
    'DATABASE_URL is not the address of a Postgres database. It reads postgresql://user:password@host:5432/database, ' +
      'where characters such as @ : / # in user or password are percent-encoded.',
  );
  if (!/^postgres(ql)?:\/\//.test(databaseUrl)) throw error;
  try {
    const { host, port, database } = new pg.Client(databaseUrl);
    return `${host.startsWith('/') ? host : `${host}:${port}`}/${database ?? ''}`;
  } catch (cause) {
    const { code, path } = cause as NodeJS.ErrnoException;
    if (path !== undefined) error.message = `DATABASE_URL names the file ${path}, which can't be read (${code}).`;
    // Not as its cause: the parser's error quotes the URL, and the password with it.
    throw error;
  }
}

type ConnectError = Error & { code?: string; errors?: Error[] };

async function tryToConnect(databaseUrl: string): Promise<ConnectError | undefined> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: attemptMs,
    query_timeout: attemptMs,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return undefined;
  } catch (error) {
    return error as ConnectError;
  } finally {
    // A server that never greets would also never say goodbye.
    void client.end().catch(() => undefined);
  }
}

/**
 * Whether an error will stand however long one waits: wrong credentials (class 28), no such database (3D000), no right to
 * connect (42501), a certificate that does not hold, a server without TLS.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
function isLasting({ code = '', message }: ConnectError): boolean {
  if (/^(28...|3D000|42501)$/.test(code)) return true;
  if (/CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO_VERIFY/.test(code)) return true;
  return /does not support SSL|SASL/.test(message);
}

function advice({ code, message }: ConnectError): string {
  if (code === '3D000') return 'Create that database, or mend DATABASE_URL.';
  if (code !== undefined && !code.startsWith('28')) return 'Mend DATABASE_URL, or what the server allows.';
  return message.includes('SSL') ? 'Mend sslmode in DATABASE_URL.' : 'Mend the user and password in DATABASE_URL.';
}

/** Node wraps the failures for each address of a name in one error without a message. */
function reasonOf(error: ConnectError): string {
  return error.message || error.errors?.map((each) => each.message).join(', ') || error.code || 'no reason given';
}
