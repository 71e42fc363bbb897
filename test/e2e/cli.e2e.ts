import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Passwords } from '../../src/auth/passwords.js';
import { acquireEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.js';
import { applyMigrations } from '../../src/store/migrations.js';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';
import { spawnDatabaseUser } from '../support/spawn-database-user.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const DEMO = fileURLToPath(new URL('../../demo/demo.yaml', import.meta.url));
const COMMANDS = ['serve', 'migrate', 'seed', 'user', 'user create', 'check', 'list'];

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
type Settings = Record<string, string>;

function start(settings: Settings, args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env['PATH'], ...settings } });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const closed = once(child, 'close') as Promise<[number | null]>;
  return { child, ended: closed.then(([status]) => ({ status, ...said })) };
}

async function castellan(settings: Settings, args: readonly string[], input = ''): Promise<Ended> {
  const { child, ended } = start(settings, args);
  child.stdin?.end(input);
  return ended;
}

describe('castellan', () => {
  let database: TestDatabase;
  let folder: { path: string; remove(): Promise<void> };

  beforeAll(async () => {
    folder = await temporaryFolder('cli');
  });
  afterAll(() => folder.remove());
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  const on = (): Settings => ({ DATABASE_URL: database.databaseUrl });
  const run = (...args: string[]): Promise<Ended> => castellan(on(), args);
  const rows = (sql: string): Promise<Record<string, unknown>[]> => query(database.databaseUrl, sql);
  async function file(name: string, text: string): Promise<string> {
    const path = join(folder.path, name);
    await writeFile(path, text);
    return path;
  }

  describe('seed', () => {
    it('loads the demo; a second time it changes nothing and says so', async () => {
      const first = await run('seed', DEMO);
      expect(first).toMatchObject({ status: 0, stderr: '' });
      expect(first.stdout).toMatch(/demo\.yaml: loaded\.\n {2}types +2 created\n {2}users +4 created\n/);
      const before = await rows('SELECT count(*) AS n FROM castellan.changes');

      expect(await run('seed', DEMO)).toEqual({
        status: 0,
        stdout: `${DEMO}: nothing changed, all of it was there.\n`,
        stderr: '',
      });
      expect(await rows('SELECT count(*) AS n FROM castellan.changes')).toEqual(before);
      const { stdout } = await run('seed', DEMO, '--json');
      expect(JSON.parse(stdout)).toMatchObject({
        file: DEMO,
        changed: false,
        counts: { types: { created: 0, updated: 0, unchanged: 2 }, objects: { created: 0, updated: 0, unchanged: 6 } },
      });
    });

    it('names file, line, column and path of what can not be had, and changes nothing', async () => {
      const path = await file(
        'unknown.yaml',
        'users:\n  - username: alice\nassignments:\n  - subject: user:alice\n    role: ghost\n',
      );
      expect(await run('seed', path)).toEqual({
        status: 1,
        stdout: '',
        stderr: `${path}:5:11: assignments.0.role: there is no role ghost\ncastellan: nothing was changed\n`,
      });
      expect(await rows(`SELECT 1 FROM castellan.subjects WHERE type = 'user'`)).toEqual([]);
      expect(await rows('SELECT 1 FROM castellan.changes')).toEqual([]);
    });

    it('lists all that is wrong with the form of a file, without a database', async () => {
      const path = await file('form.yaml', 'users:\n  - username: 7\n  - { username: bob, colour: red }\n');
      const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
      const { status, stderr } = await castellan(nowhere, ['seed', path, '--json']);
      expect(status).toBe(1);
      expect(JSON.parse(stderr)).toEqual({
        error: {
          code: 'invalid_seed',
          message: expect.stringContaining('form.yaml:2:15: users.0.username') as string,
          problems: [
            { line: 2, column: 15, path: 'users.0.username', message: 'must be text; quote it: "7"' },
            { line: 3, column: 22, path: 'users.1.colour', message: 'is not a key that belongs here' },
          ],
        },
      });
    });

    it('reads the standard input, in JSON too', async () => {
      const ended = await castellan(on(), ['seed', '-', '--json'], '{"users":[{"username":"alice"}]}');
      expect(ended).toMatchObject({ status: 0, stderr: '' });
      expect(JSON.parse(ended.stdout)).toMatchObject({
        file: 'standard input',
        changed: true,
        counts: { users: { created: 1 } },
      });
    });

    it('run by two at once makes each thing once', async () => {
      const [one, other] = await Promise.all([run('seed', DEMO, '--json'), run('seed', DEMO, '--json')]);
      const results = [one, other].map(({ stdout }) => JSON.parse(stdout) as { changed: boolean });
      expect(results.map(({ changed }) => changed).toSorted()).toEqual([false, true]);
      expect(
        await rows(
          `SELECT count(*)::int AS n FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id WHERE t.name = 'post'`,
        ),
      ).toEqual([{ n: 2 }]);
    });
  });

  describe('check and list', () => {
    beforeEach(async () => {
      await run('seed', DEMO);
    });

    it('tell of the demo who may do what', async () => {
      expect(await run('check', 'user:alice', 'view', 'post:123')).toEqual({
        status: 0,
        stdout: 'allow: a grant, placed on post:123, allows it.\n',
        stderr: '',
      });
      expect(await run('check', 'user:alice', 'view', 'post:456')).toEqual({
        status: 1,
        stdout: 'deny: no rule allows it.\n',
        stderr: '',
      });
      const json = await run('check', 'user:dave', 'view', 'post:123', '--json');
      expect(JSON.parse(json.stdout)).toEqual({
        decision: 'allow',
        reason: 'rule_allows',
        rules: [{ id: expect.any(String) as string, source: 'role', effect: 'allow', placed: 'everywhere' }],
        notes: [],
      });
      expect(await run('list', 'user:alice', 'view', 'post')).toEqual({ status: 0, stdout: '123\n', stderr: '' });
      expect((await run('list', 'user:carol', 'change', 'post', '--json')).stdout).toBe(
        '{"type":"post","id":"123"}\n{"type":"post","id":"456"}\n',
      );
      expect((await run('list', 'user:carol', 'change', 'post', '--limit', '1')).stdout).toBe('123\n');
    });

    it('say what the question names and nobody knows', async () => {
      const check = await run('check', 'user:alic', 'view', 'post:7');
      expect(check.status).toBe(1);
      expect(check.stdout).toMatch(/^deny: no rule allows it\.\nThere is no user:alic: .*\nThere is no post:7: /);
      expect((await run('check', 'user:alice', 'fly', 'post:123')).stdout).toBe(
        'deny: fly is no action of the type post.\n',
      );
      expect(await run('list', 'user:alice', 'view', 'pst')).toEqual({
        status: 0,
        stdout: '',
        stderr: 'There is no type pst.\n',
      });
    });

    it('print all pages of a list, to whoever reads to its end and to who does not', async () => {
      await rows(`INSERT INTO castellan.objects (type_id, external_id)
        SELECT t.id, 'p' || n FROM castellan.types t, generate_series(1, 2500) n WHERE t.name = 'post'`);
      expect((await run('list', 'user:carol', 'view', 'post')).stdout.split('\n')).toHaveLength(2502 + 1);
      expect((await run('list', 'user:carol', 'view', 'post', '--limit', '1001')).stdout.split('\n')).toHaveLength(
        1001 + 1,
      );
      const { child, ended } = start(on(), ['list', 'user:carol', 'view', 'post']);
      child.stdout?.destroy();
      expect(await ended).toMatchObject({ status: 0, stderr: '' });
    });
  });

  describe('user create', () => {
    it('makes a user with the password that it reads', async () => {
      const ended = await castellan(
        on(),
        ['user', 'create', 'eve', '--email', 'eve@example.com', '--password-stdin', '--json'],
        'correct horse\n',
      );
      expect(ended).toMatchObject({ status: 0, stderr: '' });
      const user = {
        id: 'eve',
        username: 'eve',
        email: 'eve@example.com',
        active: true,
        superuser: false,
        attributes: {},
      };
      expect(JSON.parse(ended.stdout)).toEqual({ user });
      const [stored] = await rows('SELECT password_hash AS hash FROM castellan.credentials');
      expect(await new Passwords().verify(String(stored?.['hash']), 'correct horse')).toBe(true);
      expect(await rows('SELECT actor_type, actor_id, action FROM castellan.changes')).toEqual([
        { actor_type: 'operator', actor_id: 'cli', action: 'user.create' },
      ]);
    });

    it('makes a superuser, who may do everything, with a password that is printed once', async () => {
      const { status, stdout } = await run(
        'user',
        'create',
        'root',
        '--id',
        'u-1',
        '--superuser',
        '--generate-password',
      );
      expect(status).toBe(0);
      const password =
        /^Created the superuser root \(user:u-1\)\.\nPassword: (\S{20}) \(shown this once: keep it\)\n$/.exec(
          stdout,
        )?.[1];
      const [stored] = await rows('SELECT password_hash AS hash FROM castellan.credentials');
      expect(await new Passwords().verify(String(stored?.['hash']), String(password))).toBe(true);
      expect((await run('check', 'user:u-1', 'delete', 'role:any')).stdout).toBe('allow: user:u-1 is a superuser.\n');
    });

    it('refuses a name that is taken, and a password that is none', async () => {
      await castellan(on(), ['user', 'create', 'eve', '--password-stdin'], 'correct horse');
      const again = await castellan(on(), ['user', 'create', 'eve', '--password-stdin'], 'correct horse');
      expect(again).toEqual({ status: 1, stdout: '', stderr: 'castellan: id: there is a user eve already.\n' });
      const short = await castellan(on(), ['user', 'create', 'bob', '--password-stdin', '--json'], 'short');
      expect(short.status).toBe(64);
      expect(JSON.parse(short.stderr)).toEqual({
        error: { code: 'invalid_request', message: 'password: must have at least 8 characters.' },
      });
      const none = await castellan(on(), ['user', 'create', 'bob']);
      expect(none).toMatchObject({
        status: 64,
        stderr: expect.stringMatching(/no terminal.*use --password-stdin or --generate-password/) as string,
      });
    });
  });

  describe('migrate', () => {
    it('makes the tables of an empty database, and finds nothing to do after that', async () => {
      const empty = await createEmptyDatabase();
      try {
        const settings = { DATABASE_URL: empty.databaseUrl };
        const first = await castellan(settings, ['migrate', '--json']);
        expect(first.status).toBe(0);
        expect(JSON.parse(first.stdout)).toEqual({
          applied: expect.arrayContaining(['20261123000000_the_model']) as string[],
        });
        expect(await castellan(settings, ['migrate'])).toEqual({
          status: 0,
          stdout: 'The database is up to date.\n',
          stderr: '',
        });
      } finally {
        await empty.drop();
      }
    });
  });

  describe('wrong use', () => {
    it.each([
      [['chekc'], /^castellan: unknown command 'chekc' \(Did you mean check\?\)\. See castellan --help\.\n$/],
      [['check', '--jsn'], /unknown option '--jsn' \(Did you mean --json\?\)/],
      [['check', 'user:alice'], /missing required argument 'action'/],
      [
        ['check', 'alice', 'view', 'post:1'],
        /^castellan: SUBJECT must be of the form type:id, such as user:alice; it is "alice"\.\n$/,
      ],
      [['list', 'user:alice', 'view', 'post', '--limit', '0'], /--limit.*must be a whole number from 1 to/],
      [['user', 'create', 'eve', '--password-stdin', '--generate-password'], /cannot be used with/],
      [[], /^Usage: castellan/],
    ])('%j ends with 64', async (args, message) => {
      expect(await run(...args)).toEqual({ status: 64, stdout: '', stderr: expect.stringMatching(message) as string });
    });

    it('is told in JSON where JSON was asked for', async () => {
      const { status, stderr } = await run('check', 'alice', 'view', 'post:1', '--json');
      expect(status).toBe(64);
      expect(JSON.parse(stderr)).toEqual({
        error: { code: 'invalid_request', message: expect.stringMatching(/^SUBJECT must/) as string },
      });
      expect(JSON.parse((await run('check', '--json')).stderr)).toMatchObject({ error: { code: 'usage' } });
    });

    it('of the settings is told, each of them', async () => {
      const ended = await castellan({ DATABASE_URL: 'mysql://x', PORT: 'x' }, ['migrate']);
      expect(ended).toMatchObject({ status: 64, stderr: expect.stringMatching(/PORT[^]*DATABASE_URL/) as string });
    });
  });

  it('ends with 69 when the database does not answer in time, or refuses', async () => {
    const nowhere = await castellan({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, [
      'list',
      'user:a',
      'view',
      'post',
      '--wait',
      '1',
      '--json',
    ]);
    expect(nowhere).toMatchObject({ status: 69, stdout: '' });
    expect(JSON.parse(nowhere.stderr)).toEqual({
      error: {
        code: 'database_unreachable',
        message: expect.stringMatching(
          /127\.0\.0\.1:1\/none.*Gave up after 1 s: start it, or mend DATABASE_URL\./,
        ) as string,
      },
    });
    const url = new URL(database.databaseUrl);
    url.password = 'guess';
    expect(await castellan({ DATABASE_URL: url.href }, ['migrate'])).toMatchObject({
      status: 69,
      stderr: expect.not.stringContaining('guess') as string,
    });
  });

  it('ends in order when it is interrupted, and leaves nothing of what it had begun', async () => {
    const other = new pg.Client(database.databaseUrl);
    await other.connect();
    try {
      await other.query('BEGIN; LOCK TABLE castellan.objects IN ACCESS EXCLUSIVE MODE');
      const { child, ended } = start(on(), ['seed', DEMO]);
      const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await expect.poll(async () => (await rows(waiting))[0]?.['n'], { timeout: 20_000 }).toBe(1);
      child.kill('SIGINT');
      expect(await ended).toEqual({
        status: 130,
        stdout: '',
        stderr: 'castellan: Interrupted: nothing of it was kept.\n',
      });
    } finally {
      await other.end();
    }
    expect(await rows('SELECT 1 FROM castellan.changes')).toEqual([]);
  });

  it('tells its version, and how each command is used with an example', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await run('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    for (const command of COMMANDS) {
      expect(await run(...command.split(' '), '--help'), command).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/Examples?:\n {2}\$ castellan /) as string,
      });
    }
  });
});

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
      const { child, ended } = start({ CASTELLAN_DATA_DIR: dataDir }, ['seed', DEMO]);
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
});
