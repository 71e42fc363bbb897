import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that goes away with what used it. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * A folder of the system's temporary ones, and how to remove it. As root it can be entered by others, who then find only
 * what they may: a database server that root starts runs as someone else.
 */
export async function temporaryFolder(name: string): Promise<TemporaryFolder> {
  const isRoot = process.getuid?.() === 0;
  // TMPDIR may lie where only root can go.
  const path = await mkdtemp(join(isRoot ? '/tmp' : tmpdir(), `castellan-${name}-`));
  if (isRoot) await chmod(path, 0o711);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 10 }) };
}
