import { readDatabaseStatus, type DatabaseStatus } from '../store/database-status.js';
import { findEmbedded, type FoundEmbedded } from '../store/embedded/find-embedded.js';
import { DatabaseUnreachableError, waitForDatabase } from '../store/wait-for-database.js';
import type { Config } from './config.js';
import { InterruptedError } from './operator.js';
import { stopSignal } from './stop-signal.js';

export type { Count, DatabaseStatus } from '../store/database-status.js';

/** Where the database of the settings is, and how. */
export interface Status {
  /** The project's own server; null where DATABASE_URL names another. */
  readonly embedded: { readonly dataDir: string; readonly pid: number; readonly users: readonly number[] } | null;
  readonly database: DatabaseStatus;
}

/** How a running service answers for itself. */
export interface ServiceStatus {
  readonly url: string;
  readonly ready: boolean;
  /** Of the answer; null where there was none. */
  readonly status: number | null;
}

/**
 * Tells how the database of the settings is. It starts, makes and migrates nothing.
 *
 * @throws DatabaseUnreachableError also where the embedded database is stopped; InterruptedError, CastellanError `database_unavailable`.
 */
export async function readStatus(config: Config, log: (line: string) => void, waitMs: number): Promise<Status> {
  const found = config.databaseUrl === undefined ? await requireEmbedded(config.dataDir) : null;
  const url = config.databaseUrl ?? found?.databaseUrl ?? '';
  const stop = stopSignal();
  try {
    await waitForDatabase(url, { log, deadlineMs: waitMs, signal: stop.signal });
    const database = await readDatabaseStatus(url);
    return {
      embedded: found && { dataDir: config.dataDir, pid: found.pid, users: found.users },
      database,
    };
  } catch (error) {
    throw stop.signal.aborted ? new InterruptedError() : error;
  } finally {
    stop.dispose();
  }
}

async function requireEmbedded(
  dataDir: string,
): Promise<NonNullable<FoundEmbedded['running']> & Pick<FoundEmbedded, 'users'>> {
  const found = await findEmbedded(dataDir);
  if (found?.running) return { ...found.running, users: found.users };
  throw new DatabaseUnreachableError(
    'database_unreachable',
    found
      ? `The embedded database in ${dataDir} is stopped: castellan serve starts it, and so does any command that needs it.`
      : `There is no embedded database in ${dataDir} yet: castellan serve makes one. Or set DATABASE_URL.`,
  );
}

/** Asks a running service whether it is ready. It takes no sign-in. */
export async function askService(url: string, waitMs: number): Promise<ServiceStatus> {
  const place = new URL('health/ready', url.endsWith('/') ? url : `${url}/`);
  try {
    const answer = await fetch(place, { signal: AbortSignal.timeout(waitMs), redirect: 'error' });
    const said: unknown = await answer.json().catch(() => null);
    return { url, ready: answer.status === 200 && isFine(said), status: answer.status };
  } catch {
    return { url, ready: false, status: null };
  }
}

// Pages that are there for whatever is asked have the status 200, too.
function isFine(said: unknown): boolean {
  return typeof said === 'object' && said !== null && 'status' in said && said.status === 'ok';
}
