import { createHash } from 'node:crypto';
import { chmod, chown, lchown, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { findBinaries } from './binaries.js';
import { dataFolderEntry, locateDataFolder } from './data-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { initCluster, removeHalfMade, requireSameMajor } from './init-cluster.js';
import { makePassword, readPassword } from './password.js';
import { resetPassword } from './reset-password.js';
import type { ServerSite } from './server.js';
import { findServerUser, isRoot } from './server-user.js';

const defaultStagingDir = process.platform === 'darwin' ? '/var/db/castellan' : '/var/lib/castellan';

/** Makes the data directory when it is missing and returns its real path. */
export async function openDataDir(dataDir: string, log: (line: string) => void): Promise<string> {
  const path = resolve(dataDir);
  await mkdir(dirname(path), { recursive: true });
  const made = await mkdir(path, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  const entry = await stat(path);
  if (!entry.isDirectory()) {
    throw new EmbeddedPostgresError('embedded_postgres_foreign_data', `${path} is no folder. Move it away.`);
  }
  // Started by root, the server has to get through to its own folder, and nobody else has.
  if (isRoot() && entry.uid === 0 && (made || (await readdir(path)).length === 0)) {
    const user = await findServerUser([], log);
    await chown(path, 0, user?.gid ?? 0);
    await chmod(path, 0o710);
  }
  return realpath(path);
}

/**
 * Gets everything ready to start the server of a data directory: its user, binaries, password and data. Call under the
 * lock.
 *
 * @throws EmbeddedPostgresError
 */
export async function prepareSite(
  dataDir: string,
  inUse: boolean,
  options: {
    log: (line: string) => void;
    settings?: Readonly<Record<string, string>>;
    stagingDir?: string;
  },
): Promise<ServerSite> {
  const { log, settings = {}, stagingDir = defaultStagingDir } = options;
  const user = await findServerUser([dataFolderEntry(dataDir), dataDir], log);
  const binaries = await findBinaries(user, isRoot() ? stagingDir : join(dataDir, 'binaries'), log);
  const data = await locateDataFolder(dataDir, user, stagingDir, log);
  await removeHalfMade(data.path, log);
  const site = {
    dataFolder: data.path,
    logFile: join(dataDir, 'postgres.log'),
    clusterName: `castellan-${createHash('sha256').update(data.path).digest('hex').slice(0, 16)}`,
    binaries,
    user,
    settings,
    log,
  };
  const known = await readPassword(dataDir);
  if (!data.made) {
    const password = known ?? (await makePassword(dataDir));
    await initCluster(data.path, { binaries, user, password, sync: settings['fsync'] !== 'off' });
    return { ...site, password };
  }
  await requireSameMajor(data.path, binaries.major);
  if (known !== undefined) return { ...site, password: known };
  const password = await makePassword(dataDir);
  await resetPassword({ ...site, password }, inUse);
  return { ...site, password };
}

/** What root makes in a folder of an ordinary user must stay that user's: the next start may be theirs. */
export async function giveToOwner(dataDir: string): Promise<void> {
  const owner = await stat(dataDir);
  if (!isRoot() || owner.uid === 0) return;
  const leases = join(dataDir, 'leases');
  const paths = ['postgres-password', 'postgres.log', 'leases'].map((name) => join(dataDir, name));
  paths.push(...(await readdir(leases)).map((name) => join(leases, name)));
  for (const path of paths) await lchown(path, owner.uid, owner.gid);
}
