import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { acquireEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.js';
import { applyMigrations } from '../../src/store/migrations.js';
import { temporaryFolder } from './temporary-folder.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** the run's Postgres: its superuser's URL, naming a database that no test uses */
    testServerUrl: string;
    /** how many random worlds a property is tried in */
    worlds: number;
  }
}

/** The database that every test's own is a copy of. */
export const templateDatabase = 'castellan_template';

// What is written here is thrown away, so nothing waits for the disk.
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_connections: '300',
};

/** Starts one Postgres for the whole run, with the migrations applied once. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await temporaryFolder('test');
  const lines: string[] = [];
  try {
    const postgres = await acquireEmbeddedPostgres({
      dataDir: join(folder.path, 'data'),
      stagingDir: join(folder.path, 'staging'),
      log: (line) => lines.push(line),
      settings,
    });
    const teardown = async (): Promise<void> => {
      await postgres.release();
      await folder.remove();
    };
    try {
      await makeTemplate(postgres.databaseUrl);
    } catch (error) {
      await teardown();
      throw error;
    }
    project.provide('testServerUrl', postgres.databaseUrl);
    return teardown;
  } catch (error) {
    await folder.remove();
    throw new Error(`No Postgres for the tests. ${lines.join('\n')}`, { cause: error });
  }
}

async function makeTemplate(serverUrl: string): Promise<void> {
  const client = new pg.Client(serverUrl);
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${templateDatabase}`);
    const url = new URL(serverUrl);
    url.pathname = `/${templateDatabase}`;
    await applyMigrations(url.href);
    await client.query(`ALTER DATABASE ${templateDatabase} IS_TEMPLATE true`);
  } finally {
    await client.end();
  }
}
