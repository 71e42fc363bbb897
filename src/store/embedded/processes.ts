import { execFile } from 'node:child_process';
import { readFile, readdir, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { serverEnvironment } from './server-user.js';

const run = promisify(execFile);
const hasProc = process.platform === 'linux';

let bootId: Promise<string> | undefined;

/**
 * A name for one running process that no later process with the same pid shares; undefined when no such process runs.
 * A zombie counts as gone: where nothing reaps it, it would otherwise hold its locks for ever.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (!hasProc) return identityFromPs(pid);
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (line === undefined) return undefined;
  // The second field is the command in brackets and may hold anything, so the rest counts from the last bracket.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  bootId ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (id) => id.slice(0, 8),
    () => 'boot',
  );
  return `${pid}:${await bootId}-${fields[19] ?? ''}`;
}

async function identityFromPs(pid: number): Promise<string | undefined> {
  const row = await ps(['-o', 'stat=,lstart=', '-p', String(pid)]);
  const match = /^(\S+)\s+(.+)$/m.exec(row.trim());
  if (match?.[1] === undefined || match[2] === undefined || match[1].startsWith('Z')) return undefined;
  return `${pid}:${match[2].replaceAll(/\s+/g, '_')}`;
}

async function ps(args: string[]): Promise<string> {
  return run('ps', ['-ww', ...args], { env: serverEnvironment() }).then(
    (result) => result.stdout,
    () => '',
  );
}

/** Whether the process that {@link processIdentity} once named is still the one that runs. */
export async function isStillRunning(identity: string): Promise<boolean> {
  const pid = Number.parseInt(identity, 10);
  return Number.isInteger(pid) && pid > 0 && (await processIdentity(pid)) === identity;
}

/**
 * Whether `pid` is the main process of the Postgres that works on `dataFolder`. `startedAt` is the time (seconds since
 * 1970) that the server wrote into its postmaster.pid.
 */
export async function isPostmasterOf(dataFolder: string, pid: number, startedAt: number): Promise<boolean> {
  if ((await processIdentity(pid)) === undefined) return false;
  if (hasProc) return worksIn(dataFolder, pid);
  const row = await ps(['-o', 'lstart=,command=', '-p', String(pid)]);
  const started = Date.parse(`${row.trim().slice(0, 24)} UTC`) / 1000;
  return row.includes('postgres') && Math.abs(started - startedAt) < 10;
}

/** A server and its children have its data folder as working directory, whatever the folder has been renamed to since. */
async function worksIn(dataFolder: string, pid: number): Promise<boolean> {
  const [owner, works, data] = await Promise.all([
    stat(`/proc/${pid}`).catch(() => undefined),
    stat(`/proc/${pid}/cwd`).catch(() => undefined),
    stat(dataFolder).catch(() => undefined),
  ]);
  if (data === undefined || owner?.uid !== data.uid) return false;
  // One that can't be looked into may be the server: better to fail than to start a second one on the same files.
  return works === undefined || (works.ino === data.ino && works.dev === data.dev);
}

/**
 * The processes that a server of `dataFolder` has left behind. Their titles begin with `postgres: <clusterName>: `.
 */
export async function processesOfServer(dataFolder: string, clusterName: string): Promise<number[]> {
  if (!hasProc) {
    const rows = (await ps(['-axo', 'pid=,command='])).split('\n');
    return rows.filter((row) => row.includes(`postgres: ${clusterName}: `)).map((row) => Number.parseInt(row, 10));
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const left = await Promise.all(
    pids.map(async (pid) => {
      const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return title.startsWith('postgres: ') && (await worksIn(dataFolder, pid));
    }),
  );
  return pids.filter((_, position) => left[position]);
}
