import { setTimeout as pause } from 'node:timers/promises';
import { openStore, type Store } from '../store/store.js';
import { DatabaseUnreachableError } from '../store/wait-for-database.js';
import type { Config } from './config.js';
import { PATIENT } from './patience.js';
import { prepareDatabase, type PreparedDatabase } from './prepared-database.js';
import { stopSignal } from './stop-signal.js';

/** The work was told to stop (SIGINT, SIGTERM) before it was done; the database holds nothing of it. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly code = 'interrupted';

  constructor(message = 'Interrupted: nothing of it was kept.') {
    super(message);
  }
}

/** How an operator's command meets the database. */
export interface OperatorOptions {
  /** How long to wait for a database that does not answer, in milliseconds. */
  readonly waitMs?: number;
}

type Log = (line: string) => void;

const WAIT_MS = 10_000;
const CLOSE_MS = 500;

/**
 * Does the work on the database of the settings, migrated, whether or not a service is running on it; and gives up its use
 * of the embedded one at the end, also after an error or a signal.
 *
 * @throws InterruptedError, DatabaseUnreachableError, EmbeddedPostgresError, MigrationError, and as the work does.
 */
export async function withDatabase<Result>(
  config: Config,
  log: Log,
  work: (database: PreparedDatabase, signal: AbortSignal) => Promise<Result>,
  options: OperatorOptions = {},
): Promise<Result> {
  const stop = stopSignal();
  try {
    const database = await prepareInTime(config, log, stop.signal, options);
    try {
      return await unlessStopped(stop.signal, () => work(database, stop.signal));
    } finally {
      await database.release();
    }
  } finally {
    stop.dispose();
  }
}

/** The same, with a store opened over the database for work that may take its time. */
export function withStore<Result>(
  config: Config,
  log: Log,
  work: (store: Store) => Promise<Result>,
  options?: OperatorOptions,
): Promise<Result> {
  return withDatabase(
    config,
    log,
    async (database, signal) => {
      const store = openStore({ url: database.url, ...PATIENT });
      try {
        return await unlessStopped(signal, () => work(store));
      } finally {
        // Work that was left behind keeps its connection; Postgres undoes it when that breaks.
        if (signal.aborted) await Promise.race([store.close().catch(() => {}), pause(CLOSE_MS)]);
        else await store.close();
      }
    },
    options,
  );
}

/** Makes the database of the settings ready, and gives up after the time. @throws as {@link withDatabase}. */
export async function prepareInTime(
  config: Config,
  log: Log,
  stopped: AbortSignal,
  { waitMs = WAIT_MS }: OperatorOptions,
): Promise<PreparedDatabase> {
  const tooLong = new AbortController();
  let last = 'The database has not answered.';
  const timer = setTimeout(() => {
    const message = `${last} Gave up after ${Math.round(waitMs / 1000)} s: start it, or mend DATABASE_URL.`;
    tooLong.abort(new DatabaseUnreachableError('database_unreachable', message));
  }, waitMs);
  const listen = (line: string): void => {
    last = line;
    log(line);
  };
  try {
    return await prepareDatabase(config, listen, AbortSignal.any([stopped, tooLong.signal]));
  } catch (error) {
    throw stopped.aborted ? new InterruptedError() : error;
  } finally {
    clearTimeout(timer);
  }
}

/** The work's result, unless the signal comes first: the work is then left behind. @throws InterruptedError, and as the work does. */
export async function unlessStopped<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  if (signal.aborted) throw new InterruptedError();
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new InterruptedError());
    signal.addEventListener('abort', onAbort, { once: true });
  });
  const working = work();
  // Once it is left behind, nobody else would hear of its failure.
  working.catch(() => {});
  try {
    return await Promise.race([working, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
