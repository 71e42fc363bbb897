import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { castellan, DEMO, type Ended } from '../support/castellan-command.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';

// One database for all: a process costs more than anything it does here.
describe('the everyday commands, on the database', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await run('seed', DEMO);
  });
  afterAll(() => database.drop());

  const run = (...args: string[]): Promise<Ended> => castellan({ DATABASE_URL: database.databaseUrl }, args);
  const rows = (sql: string): Promise<Record<string, unknown>[]> => query(database.databaseUrl, sql);
  const count = async (table: string): Promise<number> =>
    Number((await rows(`SELECT count(*)::int AS n FROM castellan.${table}`))[0]?.['n']);
  const lastChange = async (): Promise<unknown> =>
    (await rows('SELECT actor_type, actor_id, action FROM castellan.changes ORDER BY id DESC LIMIT 1'))[0];
  const answer = async (...args: string[]): Promise<unknown> => {
    const { status, stdout, stderr } = await run(...args, '--json');
    expect([status, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  };

  it('grant gives a permission once, and says so when it stands; revoke takes it again', async () => {
    const first = await answer('grant', 'user:dave', 'post:change', 'post:123', '--until', '2999-01-01T00:00:00Z');
    const grant = {
      subject: { type: 'user', id: 'dave' },
      permission: 'post:change',
      object: { type: 'post', id: '123' },
      effect: 'allow',
      expiresAt: '2999-01-01T00:00:00.000Z',
    };
    expect(first).toMatchObject({ created: true, grant });
    expect(await lastChange()).toEqual({ actor_type: 'operator', actor_id: 'cli', action: 'grant.create' });
    const again = await run('grant', 'user:dave', 'post:change', 'post:123', '--until', '2999-01-01T00:00:00Z');
    expect(again).toMatchObject({ status: 0, stdout: expect.stringMatching(/^It is granted already: /) as string });

    const deny = ['--deny', '--condition', '{"resource.status":"draft"}', '--fields', 'title'];
    expect(await answer('grant', 'user:dave', 'post:change', 'post:123', ...deny)).toMatchObject({
      grant: { effect: 'deny', condition: { 'resource.status': 'draft' }, fields: ['title'] },
    });
    const several = await run('revoke', 'user:dave', 'post:change', 'post:123');
    expect(several).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^castellan: 2 grants match: .*--all.*\n {2}\S{36} {2}user:dave.*\n {2}\S{36}/,
      ) as string,
    });
    expect((await run('revoke', 'user:dave', 'post:change')).stderr).toBe(
      'castellan: There is no such grant everywhere.\n',
    );
    const all = await run('revoke', 'user:dave', 'post:change', 'post:123', '--all', '-q');
    expect(all).toEqual({ status: 0, stdout: expect.stringMatching(/^(\S{36}\n){2}$/) as string, stderr: '' });
    const gone = await run('revoke', all.stdout.slice(0, 36));
    expect(gone).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^castellan: There is no grant:\S{36}\.\n$/) as string,
    });
    expect(await rows('SELECT 1 FROM castellan.grants WHERE expires_at IS NOT NULL OR condition IS NOT NULL')).toEqual(
      [],
    );
  });

  it('refuse what makes no sense before they look for a database', async () => {
    for (const [args, message] of [
      [['grant', 'robot:x', 'post:view'], /SUBJECT must be a user, a group, a service or a role; it is a robot/],
      [['grant', 'user:alice', 'post'], /PERMISSION must be of the form type:action/],
      [['grant', 'user:alice', 'post:view', '--condition', '[1]'], /--condition must be a JSON object/],
      [['assign', 'user:alice', 'editor', '--until', 'soon'], /--until must be a time/],
      [['revoke', 'user:alice'], /Say what is taken, too/],
      [['object', 'move', 'post:123'], /Name what it is to be below, or --root/],
      [['grant', 'user:alice', 'post:view', '--token-file', 'x'], /--token-file goes with --url/],
      [['grant', 'user:alice', 'post:view', '--as', 'group:staff'], /--as must name a user or a service/],
    ] as const) {
      const ended = await castellan({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, args);
      expect([args, ended]).toEqual([
        args,
        { status: 64, stdout: '', stderr: expect.stringMatching(message) as string },
      ]);
    }
  });

  it('assign and unassign a role', async () => {
    expect(await answer('assign', 'user:dave', 'editor', 'post:456')).toMatchObject({
      created: true,
      assignment: { role: 'editor', object: { type: 'post', id: '456' } },
    });
    expect(await answer('assign', 'user:dave', 'editor', 'post:456')).toMatchObject({ created: false });
    expect(await run('unassign', 'user:dave', 'editor')).toMatchObject({ status: 1 });
    expect((await run('unassign', 'user:dave', 'editor', 'post:456')).stdout).toMatch(
      /^Unassigned: \S{36} {2}user:dave {2}role:editor {2}on post:456\n$/,
    );
  });

  it('what-can tells every permission, and how it comes about', async () => {
    await run('grant', 'user:carol', 'profile:delete', '--condition', '{"resource.kind":"old"}');
    expect((await run('what-can', 'user:carol')).stdout).toBe(
      [
        'post:view  everywhere',
        'post:change  everywhere',
        'profile:view  on 1 object',
        'profile:change  on 1 object',
        'profile:delete  everywhere, under conditions; on 0 objects now',
        '',
      ].join('\n'),
    );
    expect((await run('what-can', 'user:alice', '--object', 'post:123')).stdout).toBe('view\nchange\ndelete\ngrant\n');
    expect(await run('what-can', 'user:nobody')).toMatchObject({
      status: 0,
      stderr: 'There is no user:nobody: it holds what anyone holds.\n',
    });
  });

  it('look after groups, roles, types and objects', async () => {
    expect((await run('group', 'create', 'writers', '--description', 'who write')).stdout).toBe(
      'Created group:writers.\n',
    );
    await run('group', 'add', 'writers', 'user:bob');
    expect((await run('group', 'add', 'writers', 'user:bob')).stdout).toBe('user:bob is in group:writers.\n');
    expect((await run('group', 'show', 'writers')).stdout).toBe('user:bob\n');
    expect((await run('group', 'remove', 'writers', 'user:alice')).stderr).toBe(
      'castellan: user:alice is no direct member of group:writers.\n',
    );

    expect(await answer('type', 'create', 'note', '--actions', 'view', 'sign', '--mode', 'both')).toMatchObject({
      mode: 'both',
    });
    expect(await answer('type', 'change', 'note', '--actions', 'view', 'sign', 'seal')).toMatchObject({
      actions: ['view', 'sign', 'seal'],
    });

    await run('role', 'create', 'signer', '--rule', 'note:view');
    const draft = ['--condition', '{"resource.status":"draft"}'];
    expect(await answer('role', 'add', 'signer', 'note:sign', ...draft)).toMatchObject({ rules: { length: 2 } });
    expect(await answer('role', 'add', 'signer', 'note:sign', ...draft)).toMatchObject({ rules: { length: 2 } });
    expect((await run('role', 'remove', 'signer', 'note:sign')).stderr).toMatch(
      /has no such rule\. 1 of note:sign say more/,
    );
    expect(await answer('role', 'include', 'signer', 'editor')).toMatchObject({ includes: ['editor'] });
    expect((await run('role', 'show', 'signer')).stdout).toBe(
      'role:signer\n  note:view\n  note:sign where {"resource.status":"draft"}\n  includes role:editor\n',
    );

    expect((await run('object', 'create', 'note:1', '--parent', 'post:123', '--attributes', '{"n":1}')).stdout).toBe(
      'Created note:1 below post:123.\n',
    );
    expect(await answer('object', 'show', 'note:1')).toEqual({
      type: 'note',
      id: '1',
      parent: { type: 'post', id: '123' },
      attributes: { n: 1 },
    });
    expect((await run('object', 'move', 'note:1', '--root')).stdout).toBe('note:1 is below nothing.\n');
  });

  it('delete with what hangs on it only when that is said', async () => {
    await run('group', 'create', 'doomed');
    await run('group', 'add', 'doomed', 'user:dave');
    expect(await run('group', 'delete', 'doomed')).toEqual({
      status: 64,
      stdout: '',
      stderr:
        'castellan: Deleting group:doomed takes along: memberships: 1. Use --yes where that is meant; nothing was deleted.\n',
    });
    expect((await run('group', 'delete', 'doomed', '--yes')).stdout).toBe('Deleted group:doomed.\n');
    expect(await run('group', 'delete', 'doomed', '--yes')).toMatchObject({
      status: 1,
      stderr: 'castellan: There is no group:doomed.\n',
    });
    await run('object', 'create', 'post:parent');
    await run('object', 'create', 'post:child', '--parent', 'post:parent');
    expect((await run('object', 'delete', 'post:parent', '--cascade')).stderr).toMatch(
      /takes along: objects below it: 1\./,
    );
  });

  it('look after users, their passwords and whether they are active', async () => {
    const made = await castellan(
      { DATABASE_URL: database.databaseUrl },
      ['user', 'create', 'eve', '--password-stdin'],
      'correct horse',
    );
    expect(made).toEqual({ status: 0, stdout: 'Created the user eve.\n', stderr: '' });
    const hashes = (): Promise<unknown> =>
      rows(
        "SELECT password_hash FROM castellan.credentials c JOIN castellan.subjects s ON s.id = c.subject_id WHERE s.external_id = 'eve'",
      );
    const before = await hashes();
    expect((await run('user', 'passwd', 'eve', '--generate-password', '-q')).stdout).toMatch(/^\S{20}\n$/);
    expect(await hashes()).not.toEqual(before);
    expect((await run('user', 'deactivate', 'eve')).stdout).toBe('user:eve is not active.\n');
    const inactive = await run('list', 'user:eve', 'view', 'post', '--as', 'user:eve');
    expect(inactive).toMatchObject({
      status: 1,
      stderr: 'castellan: user:eve is not active: nothing is done as it.\n',
    });
    expect(await answer('user', 'activate', 'eve')).toMatchObject({ user: { id: 'eve', active: true } });
    expect((await run('user', 'list')).stdout).toContain('\neve\n');
    expect((await run('user', 'delete', 'eve')).stdout).toBe('Deleted user:eve.\n');
  });

  it('--dry-run does all of it, tells it, and keeps nothing', async () => {
    const before = [await count('grants'), await count('subjects'), await count('changes')];
    const granted = await run('grant', 'user:dave', 'post:delete', 'post:456', '--dry-run');
    expect(granted).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^\(dry run\) Granted: .*post:delete {2}on post:456\n$/) as string,
      stderr: 'This was a dry run: all of it was undone, and nothing has changed.\n',
    });
    expect(await answer('user', 'create', 'ghost', '--generate-password', '--dry-run')).toMatchObject({ dryRun: true });
    expect((await run('user', 'delete', 'alice', '--dry-run')).stdout).toBe('(dry run) Deleted user:alice.\n');
    expect((await run('grant', 'user:nobody', 'post:view', '--dry-run')).stderr).toBe(
      'castellan: subject: there is no user nobody.\n',
    );
    const own = await run('grant', 'user:dave', 'post:view', 'post:123', '--as', 'user:alice', '--dry-run');
    expect(own.stdout).toMatch(/^\(dry run\) Granted/);
    expect([await count('grants'), await count('subjects'), await count('changes')]).toEqual(before);
  });

  it('--as works under the rights of that subject, as which it is recorded', async () => {
    const refused = await run('grant', 'user:dave', 'post:view', 'post:456', '--as', 'user:alice', '--json');
    expect(refused.status).toBe(1);
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'not_found' } });
    expect((await run('group', 'create', 'mine', '--as', 'user:alice')).stderr).toMatch(/group:add/);
    const granted = await run('grant', 'user:dave', 'post:view', 'post:123', '--as', 'user:alice');
    expect(granted).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Granted: /) as string });
    expect(await lastChange()).toEqual({ actor_type: 'user', actor_id: 'alice', action: 'grant.create' });
    expect(await run('list', 'user:alice', 'view', 'post', '--as', 'user:alice')).toMatchObject({ stdout: '123\n' });
    const about = await run('check', 'user:bob', 'view', 'post:123', '--as', 'user:alice');
    expect(about).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/access:evaluate/) as string });
    expect((await run('check', 'user:alice', 'view', 'post:123', '--as', 'user:alice')).stdout).toMatch(/^allow: /);
    expect((await run('user', 'list', '--as', 'user:ghost')).stderr).toBe('castellan: There is no user:ghost.\n');
  });
});
