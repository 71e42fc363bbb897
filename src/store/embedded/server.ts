import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresBinaries } from './binaries.js';
import { askServer } from './ask-server.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { readPostmasterFile, type PostmasterFile } from './postmaster-file.js';
import { isPostmasterOf, processesOfServer, processIdentity } from './processes.js';
import type { ServerUser } from './server-user.js';

/** How long a server may take to recover and answer. */
export const readyWithinMs = 120_000;
const stopWithinMs = 30_000;

/** One data folder and all that it takes to run a server on it. */
export interface ServerSite {
  readonly dataFolder: string;
  readonly logFile: string;
  /** shown in the titles of the server's processes; no other project's server has it */
  readonly clusterName: string;
  readonly password: string;
  readonly binaries: PostgresBinaries;
  readonly user: ServerUser | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/** A server that answers. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

/**
 * The server of this site, if one runs: one that is starting up is waited for, one that is shutting down until it has
 * gone, and what a dead one left in the way is removed. Call under the lock.
 *
 * @throws EmbeddedPostgresError `embedded_postgres_failed` when it runs but does not answer
 */
export async function findRunningServer(site: ServerSite): Promise<RunningServer | undefined> {
  const deadline = Date.now() + readyWithinMs;
  for (;;) {
    const file = await readPostmasterFile(site.dataFolder);
    if (file === undefined) return undefined;
    if (file === 'damaged') {
      await removePostmasterFile(site, 'it says nothing');
      return undefined;
    }
    if (!(await isPostmasterOf(site.dataFolder, file.pid, file.startedAt))) {
      await clearAfterDeath(site, file);
      return undefined;
    }
    const answer = await askServer(file.port, site.password);
    if (answer.kind === 'answers') return { pid: file.pid, port: file.port };
    if (answer.kind === 'refuses' || Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        'embedded_postgres_failed',
        `The database server of ${site.dataFolder} (process ${file.pid}, port ${file.port}) runs but does not let ` +
          `Castellan in: ${answer.reason}. See ${site.logFile}; end that process (kill -INT ${file.pid}) and start again.`,
      );
    }
    await sleep(50);
  }
}

/** After kill -9 of the server: its children may live on for a while, and no new server starts beside them. */
async function clearAfterDeath(site: ServerSite, file: PostmasterFile): Promise<void> {
  const reused = (await processIdentity(file.pid)) !== undefined;
  if (!reused) {
    site.log(
      `The database server (process ${file.pid}) had not been stopped; starting it again recovers what it held.`,
    );
  }
  await endOrphans(site);
  // Postgres takes any process of this pid for a running server, also one that is dead and that nobody has reaped.
  if (existsAsPid(file.pid)) {
    await removePostmasterFile(site, `process ${file.pid} is ${reused ? 'no longer the database server' : 'dead'}`);
  }
}

function existsAsPid(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function endOrphans(site: ServerSite): Promise<void> {
  for (const [signal, patienceMs] of [
    [undefined, 1_000],
    ['SIGTERM', 3_000],
    ['SIGKILL', 3_000],
  ] as const) {
    if (await orphansLeave(site, signal, patienceMs)) return;
  }
}

async function removePostmasterFile(site: ServerSite, reason: string): Promise<void> {
  const path = join(site.dataFolder, 'postmaster.pid');
  await rm(path, { force: true });
  site.log(`Removed the stale ${path}: ${reason}.`);
}

async function orphansLeave(
  site: ServerSite,
  signal: NodeJS.Signals | undefined,
  patienceMs: number,
): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  for (let first = true; ; first = false) {
    const orphans = await processesOfServer(site.dataFolder, site.clusterName);
    if (orphans.length === 0) return true;
    if (Date.now() > deadline) return false;
    if (first && signal !== undefined) {
      site.log(`Ending processes that the dead server left behind: ${orphans.join(', ')} (${signal}).`);
      for (const pid of orphans) kill(pid, signal);
    }
    await sleep(20);
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Stops the server: it ends its sessions and writes all to disk. Does nothing when none runs. Call under the lock.
 *
 * @throws EmbeddedPostgresError `embedded_postgres_failed` when it does not stop
 */
export async function stopServer(site: ServerSite): Promise<void> {
  const file = await readPostmasterFile(site.dataFolder);
  if (file === undefined || file === 'damaged' || !(await isPostmasterOf(site.dataFolder, file.pid, file.startedAt)))
    return;
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    kill(file.pid, signal);
    const deadline = Date.now() + stopWithinMs;
    while (Date.now() < deadline) {
      if (!(await isPostmasterOf(site.dataFolder, file.pid, file.startedAt))) return;
      await sleep(20);
    }
    site.log(`The database server (process ${file.pid}) has not stopped within ${stopWithinMs / 1000} s of ${signal}.`);
  }
  throw new EmbeddedPostgresError(
    'embedded_postgres_failed',
    `The database server (process ${file.pid}) of ${site.dataFolder} does not stop. See ${site.logFile}.`,
  );
}
