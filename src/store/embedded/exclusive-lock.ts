import { randomBytes } from 'node:crypto';
import { lstat, readlink, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { isStillRunning, processIdentity } from './processes.js';

const giveUpAfterMs = 180_000;

/**
 * Runs `work` while no other process runs under the lock of `folder`; a lock whose holder has died is removed, with a
 * line to `log`.
 *
 * The lock is a symbolic link whose target names the holder: the file system makes name and content in one step, so no
 * reader ever sees a lock without an owner.
 *
 * @throws EmbeddedPostgresError `embedded_postgres_failed` when the holder does not let go within three minutes
 */
export async function withExclusiveLock<T>(
  folder: string,
  log: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const path = join(folder, 'lock');
  const holder = `${(await processIdentity(process.pid)) ?? process.pid}:${randomBytes(4).toString('hex')}`;
  await take(path, holder, log);
  try {
    return await work();
  } finally {
    await unlink(path).catch(() => undefined);
  }
}

async function take(path: string, holder: string, log: (line: string) => void): Promise<void> {
  const deadline = Date.now() + giveUpAfterMs;
  while (!(await tryMake(path, holder))) {
    const current = await readlink(path).catch(() => undefined);
    if (current === undefined) {
      await refuseWhatIsNoLock(path);
      continue;
    }
    if (!(await holds(current))) {
      if (await removeStale(path, current, holder)) {
        log(`Removed the stale lock ${path}: process ${Number.parseInt(current, 10)}, which held it, has ended.`);
      }
      continue;
    }
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        'embedded_postgres_failed',
        `Process ${Number.parseInt(current, 10)} has held ${path} for ${giveUpAfterMs / 60_000} minutes. ` +
          'See what it is doing; end it if it hangs, and start again.',
      );
    }
    await sleep(20 + Math.random() * 30);
  }
}

async function tryMake(path: string, holder: string): Promise<boolean> {
  return symlink(holder, path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
}

async function holds(entry: string): Promise<boolean> {
  return isStillRunning(entry.slice(0, entry.lastIndexOf(':')));
}

async function refuseWhatIsNoLock(path: string): Promise<void> {
  const entry = await lstat(path).catch(() => undefined);
  if (entry !== undefined && !entry.isSymbolicLink()) {
    throw new EmbeddedPostgresError(
      'embedded_postgres_foreign_data',
      `${path} is not a lock that Castellan made. Move it away, or choose another data folder.`,
    );
  }
}

/** Only one process at a time compares and removes, or two of them could remove a lock that a third has just made. */
async function removeStale(path: string, stale: string, holder: string): Promise<boolean> {
  const breaking = `${path}.breaking`;
  if (!(await tryMake(breaking, holder))) {
    const other = await readlink(breaking).catch(() => undefined);
    if (other !== undefined && !(await holds(other))) await unlink(breaking).catch(() => undefined);
    await sleep(20);
    return false;
  }
  try {
    if ((await readlink(path).catch(() => undefined)) !== stale) return false;
    await unlink(path);
    return true;
  } finally {
    await unlink(breaking).catch(() => undefined);
  }
}
