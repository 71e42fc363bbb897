import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a running server says of itself in the file `postmaster.pid` of its data folder. */
export interface PostmasterFile {
  readonly pid: number;
  /** seconds since 1970 */
  readonly startedAt: number;
  readonly port: number;
  readonly ready: boolean;
}

/**
 * Reads `postmaster.pid`: undefined when there is none; 'damaged' when it stays without a pid, which a power cut leaves
 * behind and Postgres does not start over.
 */
export async function readPostmasterFile(dataFolder: string): Promise<PostmasterFile | 'damaged' | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const text = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const lines = text.split('\n');
    // A server that runs in single-user mode writes its pid negated.
    const pid = Math.abs(Number(lines[0]));
    if (Number.isInteger(pid) && pid > 0) {
      return { pid, startedAt: Number(lines[2]), port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
    }
    // A server that is just starting makes the file before it writes to it.
    if (attempt === 20) return 'damaged';
    await sleep(50);
  }
}
