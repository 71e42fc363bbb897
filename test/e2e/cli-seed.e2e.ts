import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { castellan, DEMO, startCastellan, type Ended } from '../support/castellan-command.js';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';
import { temporaryFolder } from '../support/temporary-folder.js';

describe('castellan seed', () => {
  let folder: { path: string; remove(): Promise<void> };

  beforeAll(async () => {
    folder = await temporaryFolder('cli');
  });
  afterAll(() => folder.remove());
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  const on = (): { DATABASE_URL: string } => ({ DATABASE_URL: database.databaseUrl });
  const run = (...args: string[]): Promise<Ended> => castellan(on(), args);
  const rows = (sql: string): Promise<Record<string, unknown>[]> => query(database.databaseUrl, sql);
  async function file(name: string, text: string): Promise<string> {
    const path = join(folder.path, name);
    await writeFile(path, text);
    return path;
  }

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
        code: 'invalid_policy',
        message: expect.stringContaining('form.yaml:2:15: users.0.username') as string,
        problems: [
          { file: path, line: 2, column: 15, path: 'users.0.username', message: 'must be text; quote it: "7"' },
          { file: path, line: 3, column: 22, path: 'users.1.colour', message: 'is not a key that belongs here' },
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
    const changed = [one, other].map(({ stdout }) => (JSON.parse(stdout) as { changed: boolean }).changed);
    expect(changed.filter(Boolean)).toHaveLength(1);
    expect(
      await rows(
        `SELECT count(*)::int AS n FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id WHERE t.name = 'post'`,
      ),
    ).toEqual([{ n: 2 }]);
  });

  it('ends in order when it is interrupted, and leaves nothing of what it had begun', async () => {
    const other = new pg.Client(database.databaseUrl);
    await other.connect();
    try {
      await other.query('BEGIN; LOCK TABLE castellan.objects IN ACCESS EXCLUSIVE MODE');
      const { child, ended } = startCastellan(on(), ['seed', DEMO]);
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
});

describe('castellan migrate', () => {
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
