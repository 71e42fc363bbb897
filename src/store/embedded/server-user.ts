import { execFile } from 'node:child_process';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

const run = promisify(execFile);

/** The system user that the server runs as, where that is not the user of this process. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Whether this process is root, as which Postgres refuses to run. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Who the server has to run as: undefined (this process's own user) unless this is root. For root it is the owner of the
 * first of `folders` that is there and belongs to an ordinary user, else the system's `postgres` user, which is made when
 * there is none.
 *
 * @throws EmbeddedPostgresError `embedded_postgres_unavailable` when there is no such user and none can be made
 */
export async function findServerUser(
  folders: readonly string[],
  log: (line: string) => void,
): Promise<ServerUser | undefined> {
  if (!isRoot()) return undefined;
  for (const folder of folders) {
    const entry = await stat(folder).catch(() => undefined);
    if (entry !== undefined && entry.uid !== 0) return { uid: entry.uid, gid: entry.gid };
  }
  return (await systemUser('postgres')) ?? (await systemUser('_postgres')) ?? makeSystemUser(log);
}

async function systemUser(name: string): Promise<ServerUser | undefined> {
  const options = { env: serverEnvironment() };
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name], options), run('id', ['-g', name], options)]);
    return { uid: Number.parseInt(uid.stdout, 10), gid: Number.parseInt(gid.stdout, 10) };
  } catch {
    return undefined;
  }
}

async function makeSystemUser(log: (line: string) => void): Promise<ServerUser> {
  const name = 'postgres';
  // A root shell opened with plain su lacks the folders of groupadd and useradd.
  const options = { env: serverEnvironment() };
  let reason: unknown;
  try {
    await run('groupadd', ['--system', '--force', name], options);
    const account = ['--system', '--gid', name, '--no-create-home', '--shell', '/bin/false', name];
    await run('useradd', account, options);
  } catch (error) {
    reason = error;
  }
  const user = await systemUser(name);
  if (user !== undefined) {
    log(`Made the system user ${name}: Postgres does not run as root.`);
    return user;
  }
  throw new EmbeddedPostgresError(
    'embedded_postgres_unavailable',
    'Postgres does not run as root, there is no system user "postgres" to run it as, and none could be made ' +
      `(${reason instanceof Error ? reason.message.trim() : 'useradd made none'}). ` +
      'Start as an ordinary user, make a user "postgres", or set DATABASE_URL.',
    { cause: reason },
  );
}

/** Whether the server's user can enter `folder`, tried as that user: modes alone do not say it. */
export async function canEnter(folder: string, user: ServerUser | undefined): Promise<boolean> {
  return run('/bin/sh', ['-c', 'cd -- "$0"', folder], { cwd: '/', ...user }).then(
    () => true,
    () => false,
  );
}

/**
 * Makes `folder`, and those above it that are missing, so that any user can pass through them, whatever the umask.
 *
 * @throws EmbeddedPostgresError `embedded_postgres_unavailable` when the server's user still can't enter it
 */
export async function makePassable(folder: string, user: ServerUser | undefined): Promise<void> {
  if ((await stat(folder).catch(() => undefined)) === undefined) {
    await makeMissing(folder);
  }
  if (await canEnter(folder, user)) return;
  throw new EmbeddedPostgresError(
    'embedded_postgres_unavailable',
    `The user that Postgres runs as (uid ${user?.uid ?? process.getuid?.()}) can't enter ${folder}. ` +
      'Open the folders above it to others (chmod o+x), start as an ordinary user, or set DATABASE_URL.',
  );
}

async function makeMissing(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let path = folder; path.length >= first.length; path = dirname(path)) await chmod(path, 0o755);
}

/** The environment of the server's programs: nothing of PGDATA, LD_LIBRARY_PATH or the like reaches them. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };
}
