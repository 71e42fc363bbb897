// The database of a benchmark: that of DATABASE_URL, or an embedded one in a temporary folder that goes with it.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../dist/app/config.js';
import { prepareDatabase } from '../dist/app/prepared-database.js';

/** Does the work on a migrated database, `{ url, release }`. */
export async function withDatabase(say, work) {
  const folder = await mkdtemp(join(tmpdir(), 'castellan-bench-'));
  // Started by root, Postgres runs as another user, who has to come in.
  await chmod(folder, 0o711);
  const database = await prepareDatabase({ ...readConfig(), dataDir: join(folder, 'data') }, say);
  try {
    await work(database);
  } finally {
    await database.release();
    await rm(folder, { recursive: true, force: true });
  }
}
