import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './binaries.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { lastLines } from './server-log.js';
import { serverEnvironment, type ServerUser } from './server-user.js';

const run = promisify(execFile);

/** What is set in postgresql.conf when the data folder is made; a person may change it there. */
const initialSettings = {
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Errors of single statements go to whoever sent them, and may hold what was sent: the log keeps the server's own story.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

/**
 * Makes the server's data folder at `path`, complete or not at all, with the superuser `castellan`.
 *
 * @throws EmbeddedPostgresError `embedded_postgres_failed` with the last lines that initdb wrote
 */
export async function initCluster(
  path: string,
  options: { binaries: PostgresBinaries; user: ServerUser | undefined; password: string; sync: boolean },
): Promise<void> {
  const { binaries, user, password, sync } = options;
  const unfinished = `${path}.new-${randomBytes(4).toString('hex')}`;
  const passwordFile = `${unfinished}.pw`;
  try {
    await mkdir(unfinished, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' });
    if (user !== undefined) {
      await chown(unfinished, user.uid, user.gid);
      await chown(passwordFile, user.uid, user.gid);
    }
    await run(binaries.initdb, initdbArguments(unfinished, passwordFile, sync), {
      cwd: '/',
      env: serverEnvironment(),
      ...user,
    });
    await rename(unfinished, path);
    // Otherwise a power cut could bring the unfinished name back, with data in it by then.
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true, maxRetries: 5 });
    const output = (cause as { stderr?: string }).stderr;
    throw new EmbeddedPostgresError(
      'embedded_postgres_failed',
      `The database could not be made in ${path}: ${lastLines(output ?? (cause as Error).message)}\n` +
        'Mend what it names and start again, or set DATABASE_URL to use a Postgres of your own.',
      { cause },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
}

function initdbArguments(folder: string, passwordFile: string, sync: boolean): string[] {
  return [
    `--pgdata=${folder}`,
    '--username=castellan',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(sync ? [] : ['--no-sync']),
    ...Object.entries(initialSettings).map(([name, value]) => `--set=${name}=${value}`),
  ];
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes what interrupted runs of {@link initCluster} left beside `path`. Call under the lock. */
export async function removeHalfMade(path: string, log: (line: string) => void): Promise<void> {
  const parent = dirname(path);
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(`${basename(path)}.new-`)) continue;
    await rm(join(parent, name), { recursive: true, force: true, maxRetries: 5 });
    if (!name.endsWith('.pw')) log(`Removed the half-made data folder ${join(parent, name)} of an interrupted start.`);
  }
}

/**
 * Checks that `path` was made by the major version that is to run on it.
 *
 * @throws EmbeddedPostgresError `embedded_postgres_foreign_data` when it was not
 */
export async function requireSameMajor(path: string, major: number): Promise<void> {
  const version = (await readFile(join(path, 'PG_VERSION'), 'utf8')).trim();
  if (version === String(major)) return;
  throw new EmbeddedPostgresError(
    'embedded_postgres_foreign_data',
    `The database in ${path} was made by Postgres ${version}, and this release runs Postgres ${major}. Nothing was ` +
      `changed. Dump it with Postgres ${version} and load it into a new one, or choose another data folder.`,
  );
}
