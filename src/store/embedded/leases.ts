import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isStillRunning, processIdentity } from './processes.js';

/** Writes that this process uses the database of `folder`, and returns the lease to give back. Call under the lock. */
export async function takeLease(folder: string): Promise<string> {
  const leases = join(folder, 'leases');
  await mkdir(leases, { recursive: true, mode: 0o700 });
  const path = join(leases, `${process.pid}-${randomBytes(4).toString('hex')}`);
  await writeFile(path, `${(await processIdentity(process.pid)) ?? process.pid}\n`, { mode: 0o600, flag: 'wx' });
  return path;
}

/** Removes the leases of processes that have ended and returns how many stand. Call under the lock. */
export async function sweepLeases(folder: string, log: (line: string) => void): Promise<number> {
  const leases = join(folder, 'leases');
  let standing = 0;
  for (const name of await readdir(leases).catch(() => [])) {
    const path = join(leases, name);
    const identity = (await readFile(path, 'utf8').catch(() => '')).trim();
    if (await isStillRunning(identity)) {
      standing += 1;
      continue;
    }
    await rm(path, { force: true });
    log(`Process ${Number.parseInt(name, 10)} ended without giving up the embedded database; its claim was removed.`);
  }
  return standing;
}

/** Gives a lease back. Call under the lock. */
export async function dropLease(lease: string): Promise<void> {
  await rm(lease, { force: true });
}
