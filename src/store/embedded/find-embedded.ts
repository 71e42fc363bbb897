import { readdir, readFile, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { dataFolderEntry } from './data-folder.js';
import { readPassword } from './password.js';
import { readPostmasterFile } from './postmaster-file.js';
import { isPostmasterOf, isStillRunning } from './processes.js';

/** What is found of the Postgres of a data directory. */
export interface FoundEmbedded {
  /** The process of the server, and where it answers; null while it is stopped. */
  readonly running: { readonly pid: number; readonly databaseUrl: string } | null;
  /** The processes that use it: services and commands. */
  readonly users: readonly number[];
}

/** Looks for the Postgres that belongs to `dataDir`, and starts, makes and changes nothing; null where none has been made. */
export async function findEmbedded(dataDir: string): Promise<FoundEmbedded | null> {
  const folder = await realpath(resolve(dataDir)).catch(() => undefined);
  const data = folder === undefined ? undefined : await realpath(dataFolderEntry(folder)).catch(() => undefined);
  if (folder === undefined || data === undefined) return null;
  const [file, password] = await Promise.all([
    readPostmasterFile(data).catch(() => undefined),
    readPassword(folder).catch(() => undefined),
  ]);
  const users = await usersOf(folder);
  if (file === undefined || file === 'damaged' || password === undefined) return { running: null, users };
  if (!(await isPostmasterOf(data, file.pid, file.startedAt))) return { running: null, users };
  const databaseUrl = `postgresql://castellan:${password}@127.0.0.1:${file.port}/castellan`;
  return { running: { pid: file.pid, databaseUrl }, users };
}

async function usersOf(folder: string): Promise<number[]> {
  const users: number[] = [];
  for (const name of await readdir(join(folder, 'leases')).catch(() => [])) {
    const identity = await readFile(join(folder, 'leases', name), 'utf8').catch(() => '');
    if (await isStillRunning(identity.trim())) users.push(Number.parseInt(name, 10));
  }
  return users;
}
