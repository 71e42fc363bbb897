import { createHash } from 'node:crypto';
import {
  lstat,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rmdir,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { readPassword } from './password.js';
import { canEnter, makePassable, type ServerUser } from './server-user.js';

/** Where the server's files are, and whether they have been made yet. */
export interface DataFolder {
  readonly path: string;
  readonly made: boolean;
}

/** The entry of the data directory that is the server's data folder, or a link to it. */
export function dataFolderEntry(dataDir: string): string {
  return join(dataDir, 'postgres');
}

/**
 * Finds the place of the server's data: `<dataDir>/postgres`, or, where the server's user can't enter `dataDir`, a folder
 * of this project's own below `stagingDir`, to which `<dataDir>/postgres` is then a link. Call under the lock.
 *
 * @throws EmbeddedPostgresError `embedded_postgres_foreign_data` when the place holds what this release did not make
 */
export async function locateDataFolder(
  dataDir: string,
  user: ServerUser | undefined,
  stagingDir: string,
  log: (line: string) => void,
): Promise<DataFolder> {
  await refuseClusterAt(dataDir);
  const entry = dataFolderEntry(dataDir);
  const staged = join(stagingDir, projectName(dataDir));
  const found = await lstat(entry).catch(() => undefined);
  if (found?.isSymbolicLink() === true) return followLink(dataDir, staged, log);
  if (await canEnter(dataDir, user)) return { path: entry, made: await isMade(entry) };

  const kept = join(staged, 'postgres');
  if (found === undefined && (await belongsHere(staged, dataDir))) {
    await symlink(kept, entry);
    log(`${entry} was missing and links to the database in ${staged} again.`);
    return { path: kept, made: true };
  }
  const moved = found !== undefined && (await isMade(entry));
  await makeStaged(staged, dataDir, user, log);
  if (moved) await moveData(entry, kept);
  else if (found !== undefined) await rmdir(entry);
  await symlink(kept, entry);
  log(
    `${moved ? 'Moved the database to' : 'The database is kept in'} ${staged}: ` +
      `the user that Postgres runs as can't enter ${dataDir}. ${entry} is a link to it.`,
  );
  return { path: kept, made: moved };
}

/** A data directory that has been emptied has no password any more: whoever emptied it wants to start anew. */
async function belongsHere(staged: string, dataDir: string): Promise<boolean> {
  if ((await readOwner(staged)) !== dataDir || (await readPassword(dataDir)) === undefined) return false;
  return isMade(join(staged, 'postgres'));
}

/** A name that no other project has and that shows in a listing whose folder it is. */
function projectName(dataDir: string): string {
  const project = basename(dirname(dataDir)).replaceAll(/[^\w.-]/g, '') || 'project';
  return `${project.slice(0, 40)}-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`;
}

async function refuseClusterAt(dataDir: string): Promise<void> {
  if ((await stat(join(dataDir, 'PG_VERSION')).catch(() => undefined)) === undefined) return;
  throw new EmbeddedPostgresError(
    'embedded_postgres_foreign_data',
    `${dataDir} is the data folder of another Postgres. Nothing was changed. Choose another data folder.`,
  );
}

/** Whether the server's files are there; an empty or missing folder is none, anything else is not ours to use. */
async function isMade(folder: string): Promise<boolean> {
  const names: string[] = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (names.includes('PG_VERSION')) return true;
  if (names.length === 0) return false;
  throw new EmbeddedPostgresError(
    'embedded_postgres_foreign_data',
    `${folder} holds files, but no Postgres database. Nothing was changed. Move it away, or choose another data folder.`,
  );
}

async function followLink(dataDir: string, staged: string, log: (line: string) => void): Promise<DataFolder> {
  const entry = dataFolderEntry(dataDir);
  const target = await readlink(entry);
  const there = await realpath(entry).catch(() => undefined);
  if (there === undefined) {
    // A first start that was interrupted leaves the link before the data.
    const own = target === join(staged, 'postgres') && (await readOwner(staged)) === dataDir;
    if (own) return { path: target, made: false };
    throw new EmbeddedPostgresError(
      'embedded_postgres_foreign_data',
      `${entry} is a link to ${target}, which is not there. Bring that folder back, or remove the link to start with ` +
        'an empty database.',
    );
  }
  await claimOwnership(dirname(there), dataDir, log);
  return { path: there, made: await isMade(there) };
}

/** A staged folder belongs to one data directory: a copied project must not share the original's database. */
async function claimOwnership(staged: string, dataDir: string, log: (line: string) => void): Promise<void> {
  const owner = await readOwner(staged);
  if (owner === undefined || owner === dataDir) return;
  const claimed = await realpath(dataFolderEntry(owner)).catch(() => undefined);
  if (claimed === join(staged, 'postgres')) {
    throw new EmbeddedPostgresError(
      'embedded_postgres_foreign_data',
      `${dataFolderEntry(dataDir)} links to ${staged}, which belongs to ${owner}. ` +
        'Remove the link to start with an empty database of its own.',
    );
  }
  await writeFile(join(staged, 'owner'), `${dataDir}\n`);
  log(`The database in ${staged} was kept for ${owner}, which is gone; it now belongs to ${dataDir}.`);
}

async function readOwner(staged: string): Promise<string | undefined> {
  return readFile(join(staged, 'owner'), 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

async function makeStaged(
  staged: string,
  dataDir: string,
  user: ServerUser | undefined,
  log: (line: string) => void,
): Promise<void> {
  if (await isMade(join(staged, 'postgres'))) {
    const aside = `${staged}.set-aside-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
    await rename(staged, aside);
    log(`Set an earlier database of ${dataDir} aside, as nothing there refers to it any more: it is in ${aside}.`);
  }
  await makePassable(staged, user);
  await writeFile(join(staged, 'owner'), `${dataDir}\n`);
}

async function moveData(from: string, to: string): Promise<void> {
  await rename(from, to).catch((cause: unknown) => {
    throw new EmbeddedPostgresError(
      'embedded_postgres_failed',
      `The user that Postgres runs as can't enter ${from}, and it could not be moved to ${to}. ` +
        'Let that user enter the folders above it (chmod o+x), or move it there yourself.',
      { cause },
    );
  });
}
