import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { processIdentity } from '../../src/store/embedded/processes.js';
import { EmbeddedFixture, makeDatabase, settings } from '../support/embedded-fixture.js';
import { query } from '../support/query.js';
import type { TemporaryFolder } from '../support/temporary-folder.js';

// A busy machine may take its time; the test's own limit ends the wait.
const patient = { timeout: 20_000 };

describe('the embedded Postgres', () => {
  let made: TemporaryFolder;
  let fixture: EmbeddedFixture;

  beforeAll(async () => {
    made = await makeDatabase();
  });
  afterAll(() => made.remove());
  beforeEach(async () => {
    fixture = await EmbeddedFixture.create(made);
  });
  afterEach(() => fixture.remove());

  it('keeps what was written between two uses, and runs only while it is used', async () => {
    const first = await fixture.acquire();
    await query(first.databaseUrl, 'INSERT INTO notes VALUES ($$new$$)');
    await first.release();
    await first.release();
    expect(fixture.isServerRunning()).toBe(false);
    await expect(first.ensureRunning()).rejects.toMatchObject({ code: 'embedded_postgres_failed' });

    const second = await fixture.acquire();
    expect(await query(second.databaseUrl, 'SELECT note FROM notes')).toEqual([{ note: 'kept' }, { note: 'new' }]);
  });

  it('is UTF-8, in UTC, of Postgres 18, and open to the holder of its password only', async () => {
    const { databaseUrl } = await fixture.acquire();
    expect(
      await query(
        databaseUrl,
        `SELECT current_setting('server_encoding') AS encoding,
      current_setting('TimeZone') AS zone, current_setting('server_version_num')::integer / 10000 AS major,
      current_setting('listen_addresses') AS listens, upper('é') AS upper`,
      ),
    ).toEqual([{ encoding: 'UTF8', zone: 'UTC', major: 18, listens: '127.0.0.1', upper: 'É' }]);
    const stranger = new URL(databaseUrl);
    stranger.password = 'guess';
    await expect(query(stranger.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(join(fixture.dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
    expect((await stat(fixture.dataDir)).mode & 0o007).toBe(0);
  });

  it('loses no committed row when its server is killed, and comes back at the same address', async () => {
    const postgres = await fixture.acquire();
    const { databaseUrl } = postgres;
    await postgres.ensureRunning();
    await query(databaseUrl, 'INSERT INTO notes VALUES ($$new$$)');
    await fixture.killServer();
    await postgres.ensureRunning();
    expect(postgres.databaseUrl).toBe(databaseUrl);
    expect(await query(databaseUrl, 'SELECT note FROM notes')).toEqual([{ note: 'kept' }, { note: 'new' }]);
    expect(fixture.lines.join('\n')).toMatch(/had not been stopped/);
  });

  it('ends what a killed server left running, before it starts again', async () => {
    const postgres = await fixture.acquire();
    const long = `DO $$ DECLARE stop timestamptz := clock_timestamp() + interval '20 s';
      BEGIN WHILE clock_timestamp() < stop LOOP END LOOP; END $$`;
    const working = query(postgres.databaseUrl, long).catch((error: unknown) => error);
    await expect
      .poll(
        () =>
          query(postgres.databaseUrl, `SELECT count(*)::integer AS n FROM pg_stat_activity WHERE query LIKE 'DO %'`),
        patient,
      )
      .toEqual([{ n: 1 }]);
    await fixture.killServer();
    await postgres.ensureRunning();
    expect(await working).toBeInstanceOf(Error);
    expect(fixture.lines.join('\n')).toMatch(/Ending processes that the dead server left behind/);
    expect(await query(postgres.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('is shared by processes; the last to leave stops it', async () => {
    const [mine, again, theirs] = await Promise.all([fixture.acquire(), fixture.acquire(), fixture.acquireElsewhere()]);
    expect(new Set([mine.databaseUrl, again.databaseUrl, theirs.databaseUrl]).size).toBe(1);
    await mine.release();
    await again.release();
    expect(await query(theirs.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await theirs.leave();
    expect(fixture.isServerRunning()).toBe(false);
  });

  it('outlives Ctrl-C and the death of its user, and is taken over by the next', async () => {
    const service = await fixture.acquireElsewhere();
    const pid = fixture.serverPid();
    process.kill(-(service.child.pid ?? 0), 'SIGINT');
    expect(await query(service.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    service.child.kill('SIGKILL');
    await once(service.child, 'exit');

    const next = await fixture.acquire();
    expect(fixture.serverPid()).toBe(pid);
    expect(next.databaseUrl).toBe(service.databaseUrl);
    expect(fixture.lines).toEqual([
      expect.stringMatching(new RegExp(`^Process ${service.child.pid} ended without giving up`)),
      expect.stringMatching(/was still running and is used as it is/),
    ]);
    await next.release();
    expect(fixture.isServerRunning()).toBe(false);
  });

  it('gets past a stale lock, a reused pid and a half-made data folder, and says so', async () => {
    await mkdir(join(fixture.dataDir, 'postgres.new-0badcafe', 'base'), { recursive: true });
    await symlink('1:gone-0:0badcafe', join(fixture.dataDir, 'lock'));
    await writeFile(join(fixture.dataDir, 'leases', `${process.pid}-0badcafe`), `${process.pid}:another-time\n`);
    const reused = `${process.pid}\n${fixture.dataDir}/postgres\n1\n5432\n\n127.0.0.1\n\nready\n`;
    await writeFile(fixture.postmasterFile, reused);

    const postgres = await fixture.acquire();
    expect(await query(postgres.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(fixture.lines).toEqual([
      expect.stringMatching(/Removed the stale lock .*process 1,/),
      expect.stringMatching(new RegExp(`^Process ${process.pid} ended without`)),
      expect.stringMatching(/Removed the half-made data folder .*postgres\.new-0badcafe/),
      expect.stringMatching(/Removed the stale .*postmaster.pid: process \d+ is no longer/),
    ]);
    expect(existsSync(join(fixture.dataDir, 'postgres.new-0badcafe'))).toBe(false);
  });

  it('gets past a dead server that nobody has reaped', async () => {
    // The shell becomes a sleep that never asks after its child.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const pid = Number(String((await once(parent.stdout, 'data'))[0]));
      await expect.poll(() => processIdentity(pid), patient).toBeUndefined();
      await writeFile(fixture.postmasterFile, `${pid}\n${fixture.dataDir}/postgres\n1\n5432\n\n127.0.0.1\n\nready\n`);
      const { databaseUrl } = await fixture.acquire();
      expect(await query(databaseUrl, 'SELECT note FROM notes')).toEqual([{ note: 'kept' }]);
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('takes another port when its own was taken meanwhile', async () => {
    const postgres = await fixture.acquire();
    const before = new URL(postgres.databaseUrl).port;
    await fixture.killServer();
    const squatter = createServer((socket) => socket.destroy()).listen(Number(before), '127.0.0.1');
    try {
      await once(squatter, 'listening');
      await postgres.ensureRunning();
      expect(new URL(postgres.databaseUrl).port).not.toBe(before);
      expect(await query(postgres.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    } finally {
      squatter.close();
    }
  });

  it('refuses a folder that it did not make, and leaves it as it is', async () => {
    fixture.dataDir = join(fixture.folder.path, 'foreign');
    const { dataDir } = fixture;
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'thesis.txt'), 'ten years');
    await expect(fixture.acquire()).rejects.toMatchObject({ code: 'embedded_postgres_foreign_data' });
    expect(await readFile(join(dataDir, 'postgres', 'thesis.txt'), 'utf8')).toBe('ten years');

    await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
    await expect(fixture.acquire()).rejects.toThrow(/made by Postgres 17, and this release runs Postgres 18/);
    expect((await readdir(join(dataDir, 'postgres'))).toSorted()).toEqual(['PG_VERSION', 'thesis.txt']);
  });

  it('fails with the end of the server log when the server does not start', async () => {
    await expect(fixture.acquire({ settings: { ...settings, shared_buffers: 'plenty' } })).rejects.toMatchObject({
      code: 'embedded_postgres_failed',
      message: expect.stringMatching(
        /postgres\.log[^]*invalid value for parameter "shared_buffers": "plenty"/,
      ) as string,
    });
  });

  it('gets a new password when the file of the old one is lost', async () => {
    const path = join(fixture.dataDir, 'postgres-password');
    const lost = await readFile(path, 'utf8');
    await rm(path);
    const { databaseUrl } = await fixture.acquire();
    expect(await readFile(path, 'utf8')).not.toBe(lost);
    expect(await query(databaseUrl, 'SELECT note FROM notes')).toEqual([{ note: 'kept' }]);
  });
});
