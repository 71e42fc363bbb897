import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { acquireEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.js';
import { applyMigrations } from '../../src/store/migrations.js';
import { castellan, DEMO, startCastellan, type Ended } from '../support/castellan-command.js';
import { query } from '../support/query.js';
import { spawnDatabaseUser } from '../support/spawn-database-user.js';
import { temporaryFolder } from '../support/temporary-folder.js';

describe('castellan on the embedded database', () => {
  let made: { path: string; remove(): Promise<void> };
  let folder: { path: string; remove(): Promise<void> };
  let dataDir: string;

  // Making a database is what takes the time, so each test begins with a copy of this one.
  beforeAll(async () => {
    made = await temporaryFolder('cli-made');
    const postgres = await acquireEmbeddedPostgres({ dataDir: join(made.path, 'data'), log: () => undefined });
    await applyMigrations(postgres.databaseUrl);
    await postgres.release();
  });
  afterAll(() => made.remove());
  beforeEach(async () => {
    folder = await temporaryFolder('cli-embedded');
    dataDir = join(folder.path, 'data');
    execFileSync('cp', ['-Rp', join(made.path, 'data'), dataDir]);
  });
  afterEach(() => folder.remove());

  const isServerRunning = (): boolean => existsSync(join(dataDir, 'postgres', 'postmaster.pid'));
  const run = (...args: string[]): Promise<Ended> => castellan({ CASTELLAN_DATA_DIR: dataDir }, args);

  it('starts it for each command and stops it after', async () => {
    expect(await run('seed', DEMO)).toMatchObject({ status: 0, stdout: expect.stringContaining('loaded') as string });
    expect(isServerRunning()).toBe(false);
    expect(await run('check', 'user:alice', 'view', 'post:456')).toMatchObject({
      status: 1,
      stdout: 'deny: no rule allows it.\n',
    });
    expect(await readdir(join(dataDir, 'leases'))).toEqual([]);
  });

  it('shares it with whoever uses it already, and leaves it running', async () => {
    const service = await spawnDatabaseUser({ dataDir });
    try {
      expect(await run('seed', DEMO)).toMatchObject({ status: 0, stderr: '' });
      expect(
        await query(service.databaseUrl, `SELECT count(*)::int AS n FROM castellan.subjects WHERE type = 'user'`),
      ).toEqual([{ n: 4 }]);
      expect(await readdir(join(dataDir, 'leases'))).toHaveLength(1);
    } finally {
      await service.leave();
    }
    expect(isServerRunning()).toBe(false);
  });

  it('gives it back when it is interrupted, and when it fails', async () => {
    const service = await spawnDatabaseUser({ dataDir });
    const other = new pg.Client(service.databaseUrl);
    await other.connect();
    try {
      await other.query('BEGIN; LOCK TABLE castellan.objects IN ACCESS EXCLUSIVE MODE');
      const { child, ended } = startCastellan({ CASTELLAN_DATA_DIR: dataDir }, ['seed', DEMO]);
      const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'`;
      await expect.poll(async () => (await query(service.databaseUrl, waiting))[0]?.['n'], { timeout: 20_000 }).toBe(1);
      expect(await readdir(join(dataDir, 'leases'))).toHaveLength(2);
      child.kill('SIGTERM');
      expect(await ended).toMatchObject({ status: 130 });
      expect(await readdir(join(dataDir, 'leases'))).toHaveLength(1);
    } finally {
      await other.end();
      await service.leave();
    }
    await writeFile(join(folder.path, 'bad.yaml'), 'assignments: [{ subject: user:nobody, role: none }]');
    expect(await run('seed', join(folder.path, 'bad.yaml'))).toMatchObject({ status: 1 });
    expect(isServerRunning()).toBe(false);
  });

  it('runs a program with it, for as long as the program runs, and ends as that does', async () => {
    const looks = `const { existsSync } = require('node:fs');
      console.log(process.env.DATABASE_URL, existsSync(${JSON.stringify(join(dataDir, 'postgres', 'postmaster.pid'))}));
      process.exitCode = 3;`;
    const { status, stdout } = await run('run', '--', process.execPath, '-e', looks);
    expect([status, stdout]).toEqual([
      3,
      expect.stringMatching(/^postgresql:\/\/castellan:\w+@127\.0\.0\.1:\d+\/castellan true\n$/),
    ]);
    expect(isServerRunning()).toBe(false);
    expect(await run('run', '--', 'no-such-program')).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('no-such-program can not be started') as string,
    });
    expect(isServerRunning()).toBe(false);
  });

  it('tells the program that it runs to end, and waits for it', async () => {
    const program = `process.on('SIGTERM', () => setTimeout(() => process.exit(7), 100));
      setInterval(() => {}, 1000);
      console.log('up');`;
    const { child, ended } = startCastellan({ CASTELLAN_DATA_DIR: dataDir }, [
      'run',
      '--',
      process.execPath,
      '-e',
      program,
    ]);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ status: 7, stdout: 'up\n' });
    expect(isServerRunning()).toBe(false);
  });
});
