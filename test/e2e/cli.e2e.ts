import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Passwords } from '../../src/auth/passwords.js';
import { castellan, DEMO, startCastellan, type Ended } from '../support/castellan-command.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';

describe('castellan', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  const on = (): { DATABASE_URL: string } => ({ DATABASE_URL: database.databaseUrl });
  const run = (...args: string[]): Promise<Ended> => castellan(on(), args);
  const rows = (sql: string): Promise<Record<string, unknown>[]> => query(database.databaseUrl, sql);

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
      const { child, ended } = startCastellan(on(), ['list', 'user:carol', 'view', 'post']);
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

  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await run('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });
});
