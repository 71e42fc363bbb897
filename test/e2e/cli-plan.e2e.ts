import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { castellan, startCastellan, type Ended } from '../support/castellan-command.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const POLICY = `
types: [{ id: post }]
users: [{ username: alice, email: a@example.com, password: correct horse }]
groups: [{ id: staff, members: [user:alice] }]
roles: [{ id: reader, description: Reads, rules: [post:view, { permission: post:view, effect: deny, condition: { resource.draft: true } }] }]
assignments: [{ subject: group:staff, role: reader }]
objects: [{ type: post, id: "1", creator: user:alice, attributes: { title: One } }]
grants: [{ subject: user:alice, permission: post:add, expiresAt: 2100-01-01T00:00:00Z }]
`;

describe('castellan plan and apply', () => {
  let folder: { path: string; remove(): Promise<void> };
  let database: TestDatabase;

  beforeAll(async () => {
    folder = await temporaryFolder('cli');
  });
  afterAll(() => folder.remove());
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
  const changesMade = async (): Promise<unknown> =>
    (await rows('SELECT count(*)::int AS n FROM castellan.changes'))[0]?.['n'];

  it('tell the same changes: plan leaves nothing behind, and after apply there is nothing to do', async () => {
    const path = await file('castellan.yaml', POLICY);
    const diff = [
      '+ type post',
      '    actions: view, add, change, delete, grant',
      '    creatorActions: view, change, delete, grant',
      '+ user alice',
      '    username: "alice"',
      '    email: "a@example.com"',
      '    password: set',
      '+ group staff',
      '+ member user:alice in group:staff',
      '+ role reader',
      '    description: "Reads"',
      '    rules: post:view, deny post:view where {"resource.draft":true}',
      '+ object post:1',
      '    attributes: {"title":"One"}',
      '+ assignment reader to group:staff everywhere',
      '+ grant post:add to user:alice everywhere until 2100-01-01T00:00:00.000Z',
      '+ grant post:change to user:alice on post:1',
      '+ grant post:delete to user:alice on post:1',
      '+ grant post:grant to user:alice on post:1',
      '+ grant post:view to user:alice on post:1',
    ];
    expect(await run('plan', path)).toEqual({
      status: 2,
      stdout: [...diff, 'Plan: 12 to make, 0 to change, 0 to remove.', ''].join('\n'),
      stderr: '',
    });
    expect(await rows('SELECT 1 FROM castellan.types WHERE NOT built_in')).toEqual([]);
    expect(await changesMade()).toBe(0);
    expect(await run('apply', path)).toEqual({
      status: 0,
      stdout: [...diff, 'Applied: 12 made, 0 changed, 0 removed.', ''].join('\n'),
      stderr: '',
    });
    expect(await rows('SELECT DISTINCT actor_type, actor_id FROM castellan.changes')).toEqual([
      { actor_type: 'operator', actor_id: 'cli' },
    ]);
    const made = await changesMade();
    expect(await run('plan', path)).toEqual({ status: 0, stdout: 'Nothing to change.\n', stderr: '' });
    expect(await run('apply', path)).toMatchObject({ status: 0, stdout: 'Nothing was to be changed.\n' });
    expect(await changesMade()).toBe(made);
  });

  it('tell each value before and after, of several files, in words and in JSON', async () => {
    await run('apply', await file('castellan.yaml', POLICY));
    const paths = [
      await file('people.yaml', 'users: [{ username: alice, email: b@example.com, password: another one }]'),
      await file(
        'roles.yaml',
        'types: [{ id: post, actions: [view, change] }]\nroles: [{ id: reader, description: , rules: [post:view, post:change] }]\n' +
          'objects: [{ type: post, id: "1", attributes: { title: Two, n: 1 } }]',
      ),
    ];
    const { status, stdout } = await run('plan', ...paths);
    expect(status).toBe(2);
    expect(stdout.split('\n')).toEqual([
      '~ type post',
      '    actions: - add',
      '    actions: - delete',
      '    actions: - grant',
      '    creatorActions: - delete',
      '    creatorActions: - grant',
      '    takes along: rules 0, grants 3',
      '~ user alice',
      '    email: "a@example.com" → "b@example.com"',
      '~ role reader',
      '    description: "Reads" → none',
      '    rules: + post:change',
      '    rules: - deny post:view where {"resource.draft":true}',
      '~ object post:1',
      '    attributes.n: none → 1',
      '    attributes.title: "One" → "Two"',
      'Plan: 0 to make, 4 to change, 0 to remove.',
      '',
    ]);
    const planned = await run('plan', ...paths, '--json');
    expect(planned).toMatchObject({ status: 2, stderr: '' });
    const told = JSON.parse(planned.stdout) as Record<string, unknown>;
    expect(told).toMatchObject({
      file: paths.join(', '),
      kept: [],
      summary: { create: 0, update: 4, delete: 0 },
      changes: [
        { kind: 'type', name: 'post', change: 'update', takesAlong: { rules: 0, grants: 3 } },
        {
          kind: 'user',
          name: 'alice',
          change: 'update',
          before: { email: 'a@example.com' },
          after: { email: 'b@example.com' },
        },
        { kind: 'role', name: 'reader', change: 'update' },
        { kind: 'object', name: 'post:1', change: 'update' },
      ],
    });
    const applied = await run('apply', ...paths, '--json');
    expect(applied).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(applied.stdout)).toEqual({ ...told, changed: true });
    for (const { stdout: said } of [planned, applied]) expect(said).not.toMatch(/another one|argon2|hash/i);
  });

  it('name the place in its file of what can not be had, and leave all as it was', async () => {
    const paths = [
      await file('one.yaml', POLICY),
      await file('two.yaml', 'grants:\n  - { subject: user:alice, permission: post:fly }'),
    ];
    for (const command of ['plan', 'apply'])
      expect(await run(command, ...paths)).toEqual({
        status: 1,
        stdout: '',
        stderr: `${paths[1]}:2:40: grants.0.permission: there is no permission post:fly\ncastellan: nothing was changed\n`,
      });
    expect(await changesMade()).toBe(0);
  });

  it('prune only where somebody says yes, and say what is kept and why', async () => {
    const whole = await file('castellan.yaml', POLICY);
    const less = await file('less.yaml', 'users: [{ username: alice }]\ntypes: [{ id: post }]');
    await run('apply', whole);
    await rows(`INSERT INTO castellan.grants (id, subject_id, permission_id)
      SELECT gen_random_uuid(), s.id, p.id FROM castellan.subjects s, castellan.permissions p
      JOIN castellan.types t ON t.id = p.type_id WHERE s.external_id = 'staff' AND t.name = 'post' AND p.action = 'view'`);
    const made = await changesMade();
    // Before any database is asked.
    expect(await castellan({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, ['apply', less, '--prune'])).toEqual(
      {
        status: 64,
        stdout: '',
        stderr:
          'castellan: --prune removes things, and there is no terminal to ask at: use --yes where that is meant.\n',
      },
    );
    expect((await run('plan', less)).status).toBe(0);
    const kept = '= group staff is kept, for what hangs on it: grant post:view to group:staff everywhere';
    const diff = [
      '- member user:alice in group:staff',
      '- role reader',
      '- object post:1',
      '- assignment reader to group:staff everywhere',
      '- grant post:add to user:alice everywhere until 2100-01-01T00:00:00.000Z',
      '- grant post:change to user:alice on post:1',
      '- grant post:delete to user:alice on post:1',
      '- grant post:grant to user:alice on post:1',
      '- grant post:view to user:alice on post:1',
      kept,
    ];
    expect(await run('plan', less, '--prune')).toEqual({
      status: 2,
      stdout: [...diff, 'Plan: 0 to make, 0 to change, 9 to remove.', ''].join('\n'),
      stderr: '',
    });
    expect(await changesMade()).toBe(made);
    expect(await run('apply', less, '--prune', '--yes')).toEqual({
      status: 0,
      stdout: [...diff, 'Applied: 0 made, 0 changed, 9 removed.', ''].join('\n'),
      stderr: '',
    });
    expect(await run('plan', less, '--prune')).toMatchObject({ status: 0, stdout: `${kept}\nNothing to change.\n` });
  });

  describe('while another one writes', () => {
    const waiting = async (): Promise<unknown> =>
      (
        await rows(`SELECT count(*)::int AS n FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`)
      )[0]?.['n'];
    let other: pg.Client;

    beforeEach(async () => {
      other = new pg.Client(database.databaseUrl);
      await other.connect();
      // By now, all but the grants has been written.
      await other.query('BEGIN; LOCK TABLE castellan.grants IN ACCESS EXCLUSIVE MODE');
    });
    afterEach(() => other.end());
    const untilWaiting = async (many: number): Promise<void> => {
      await expect.poll(waiting, { timeout: 20_000 }).toBe(many);
    };
    const madeNothing = async (): Promise<void> => {
      expect(await changesMade()).toBe(0);
      expect(await rows(`SELECT 1 FROM castellan.types WHERE NOT built_in`)).toEqual([]);
      expect(await rows(`SELECT 1 FROM castellan.subjects WHERE type = 'user'`)).toEqual([]);
    };

    it('a second apply fails at once, and a plan waits and then tells that nothing is left to do', async () => {
      const path = await file('castellan.yaml', POLICY);
      const first = startCastellan(on(), ['apply', path, '--json']);
      await untilWaiting(1);
      const second = await run('apply', path, '--json');
      expect(second).toMatchObject({ status: 1, stdout: '' });
      expect(JSON.parse(second.stderr)).toMatchObject({ error: { code: 'apply_running' } });
      const plan = startCastellan(on(), ['plan', path]);
      await untilWaiting(2);
      await other.query('COMMIT');
      expect(await first.ended).toMatchObject({ status: 0 });
      expect(await plan.ended).toMatchObject({ status: 0, stdout: 'Nothing to change.\n' });
      // The lock is not kept.
      expect(await run('apply', path)).toMatchObject({ status: 0 });
    });

    it.each([
      ['SIGINT', { status: 130, stdout: '', stderr: 'castellan: Interrupted: nothing of it was kept.\n' }],
      ['SIGKILL', { status: null, stdout: '', stderr: '' }],
    ] as const)('an apply that %s ends half-way leaves nothing of itself', async (signal, how) => {
      const { child, ended } = startCastellan(on(), ['apply', await file('castellan.yaml', POLICY)]);
      await untilWaiting(1);
      child.kill(signal);
      expect(await ended).toEqual(how);
      await other.query('COMMIT');
      await expect.poll(waiting, { timeout: 20_000 }).toBe(0);
      await madeNothing();
    });
  });
});
