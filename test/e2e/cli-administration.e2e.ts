import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administrationOf } from '../../src/app/administration/operator-administration.js';
import { openStore, type Store } from '../../src/store/store.js';
import { castellan, DEMO, type Ended } from '../support/castellan-command.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';

// Each command once, as a process, which costs more than anything it does: test/e2e/administration.e2e.ts has the rest.
describe('the everyday commands, on the database', () => {
  let database: TestDatabase;
  let store: Store;

  beforeAll(async () => {
    database = await createTestDatabase();
    store = openStore({ url: database.databaseUrl });
    await run('seed', DEMO);
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  const run = (...args: string[]): Promise<Ended> => castellan({ DATABASE_URL: database.databaseUrl }, args);
  const all = (...lines: string[][]): Promise<Ended[]> => Promise.all(lines.map((args) => run(...args)));
  const rows = (sql: string): Promise<Record<string, unknown>[]> => query(database.databaseUrl, sql);
  const lastChange = async (): Promise<unknown> =>
    (await rows('SELECT actor_type, actor_id, action FROM castellan.changes ORDER BY id DESC LIMIT 1'))[0];
  const answer = async (...args: string[]): Promise<unknown> => {
    const { status, stdout, stderr } = await run(...args, '--json');
    expect([status, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  };

  it('grant gives a permission; revoke takes it, and several only when that is said', async () => {
    const deny = ['--deny', '--condition', '{"resource.status":"draft"}', '--fields', 'title'];
    expect(
      await answer('grant', 'user:dave', 'post:change', 'post:123', '--until', '2999-01-01T00:00:00Z', ...deny),
    ).toMatchObject({
      created: true,
      grant: {
        subject: { type: 'user', id: 'dave' },
        permission: 'post:change',
        object: { type: 'post', id: '123' },
        effect: 'deny',
        condition: { 'resource.status': 'draft' },
        fields: ['title'],
        expiresAt: '2999-01-01T00:00:00.000Z',
      },
    });
    expect(await lastChange()).toEqual({ actor_type: 'operator', actor_id: 'cli', action: 'grant.create' });
    const second = { subject: { type: 'user', id: 'dave' }, permission: 'post:change' } as const;
    await administrationOf(store).grants.create({ ...second, object: { type: 'post', id: '123' } });
    const [several, everywhere] = await all(
      ['revoke', 'user:dave', 'post:change', 'post:123'],
      ['revoke', 'user:dave', 'post:change'],
    );
    expect(several).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^castellan: 2 grants match: .*--all.*\n {2}\S{36} {2}user:dave.*\n {2}\S{36}/,
      ) as string,
    });
    expect(everywhere?.stderr).toBe('castellan: There is no such grant everywhere.\n');
    const both = await run('revoke', 'user:dave', 'post:change', 'post:123', '--all', '-q');
    expect(both).toEqual({ status: 0, stdout: expect.stringMatching(/^(\S{36}\n){2}$/) as string, stderr: '' });
    const gone = await run('revoke', both.stdout.slice(0, 36));
    expect(gone).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^castellan: There is no grant:\S{36}\.\n$/) as string,
    });
  });

  it('refuse what makes no sense before they look for a database', async () => {
    const refused = [
      [['grant', 'robot:x', 'post:view'], /SUBJECT must be a user, a group, a service or a role; it is a robot/],
      [['revoke', 'user:alice'], /Say what is taken, too/],
      [['object', 'move', 'post:123'], /Name what it is to be below, or --root/],
      [['assign', 'user:alice', 'editor', '--token-file', 'x'], /--token-file goes with --url/],
    ] as const;
    const ended = refused.map(([args]) => castellan({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, args));
    expect(await Promise.all(ended)).toEqual(
      refused.map(([, message]) => ({
        status: 64,
        stdout: '',
        stderr: expect.stringMatching(message) as string,
      })),
    );
  });

  it('assign and unassign a role; what-can tells what comes of it', async () => {
    expect(await answer('assign', 'user:dave', 'editor', 'post:456')).toMatchObject({
      created: true,
      assignment: { role: 'editor', object: { type: 'post', id: '456' } },
    });
    const [held, there] = await all(['what-can', 'user:dave'], ['what-can', 'user:dave', '--object', 'post:456']);
    expect(held?.stdout).toMatch(/^post:view {2}everywhere\npost:change {2}on 1 object\n/);
    expect(there?.stdout).toBe('view\nchange\n');
    expect((await run('unassign', 'user:dave', 'editor', 'post:456')).stdout).toMatch(
      /^Unassigned: \S{36} {2}user:dave {2}role:editor {2}on post:456\n$/,
    );
  });

  it('look after groups', async () => {
    expect((await run('group', 'create', 'writers', '--description', 'who write')).stdout).toBe(
      'Created group:writers.\n',
    );
    expect((await run('group', 'add', 'writers', 'user:bob')).stdout).toBe('user:bob is in group:writers.\n');
    const [shown, listed, none, kept] = await all(
      ['group', 'show', 'writers'],
      ['group', 'list', '-q'],
      ['group', 'remove', 'writers', 'user:alice'],
      ['group', 'delete', 'writers'],
    );
    expect([shown?.stdout, listed?.stdout]).toEqual(['user:bob\n', expect.stringMatching(/\nwriters\n$/)]);
    expect(none?.stderr).toBe('castellan: user:alice is no direct member of group:writers.\n');
    expect(kept).toEqual({
      status: 64,
      stdout: '',
      stderr:
        'castellan: Deleting group:writers takes along: memberships: 1. Use --yes where that is meant; nothing was deleted.\n',
    });
    expect((await run('group', 'delete', 'writers', '--yes')).stdout).toBe('Deleted group:writers.\n');
  });

  it('look after roles, types and objects', async () => {
    expect(await answer('type', 'create', 'note', '--actions', 'view', 'sign', '--mode', 'both')).toMatchObject({
      mode: 'both',
    });
    await run('role', 'create', 'signer', '--rule', 'note:view');
    const draft = ['--condition', '{"resource.status":"draft"}'];
    expect(await answer('role', 'add', 'signer', 'note:sign', ...draft)).toMatchObject({ rules: { length: 2 } });
    expect(await answer('role', 'include', 'signer', 'editor')).toMatchObject({ includes: ['editor'] });
    expect((await run('object', 'create', 'note:1', '--parent', 'post:123', '--attributes', '{"n":1}')).stdout).toBe(
      'Created note:1 below post:123.\n',
    );
    const [more, role, object, listed, kinds, roles, keptType, keptObject] = await all(
      ['role', 'remove', 'signer', 'note:sign'],
      ['role', 'show', 'signer'],
      ['object', 'show', 'note:1', '--json'],
      ['object', 'list', 'note'],
      ['type', 'list', '-q'],
      ['role', 'list', '-q'],
      ['type', 'delete', 'note'],
      ['object', 'delete', 'post:123', '--cascade'],
    );
    expect(more?.stderr).toMatch(/has no such rule\. 1 of note:sign say more/);
    expect(role?.stdout).toBe(
      'role:signer\n  note:view\n  note:sign where {"resource.status":"draft"}\n  includes role:editor\n',
    );
    const parent = { type: 'post', id: '123' };
    expect(JSON.parse(object?.stdout ?? '')).toEqual({ type: 'note', id: '1', parent, attributes: { n: 1 } });
    expect(listed?.stdout).toBe('1  below post:123\n');
    expect([kinds?.stdout, roles?.stdout]).toEqual([
      expect.stringMatching(/note\n$/),
      expect.stringMatching(/signer\n$/),
    ]);
    expect(keptType).toMatchObject({ status: 64, stderr: expect.stringContaining('rules about it: 2') as string });
    expect(keptObject?.stderr).toMatch(/takes along: .*objects below it: 1\./);
    expect((await run('object', 'move', 'note:1', '--root')).stdout).toBe('note:1 is below nothing.\n');
    expect(await answer('role', 'exclude', 'signer', 'editor')).toMatchObject({ includes: [] });
    expect(await answer('type', 'change', 'note', '--actions', 'view', 'sign', 'seal')).toMatchObject({
      actions: ['view', 'sign', 'seal'],
    });
    const ended = [await run('type', 'show', 'note'), await run('role', 'delete', 'signer', '--yes')];
    expect(ended).toMatchObject([{ status: 0 }, { status: 0, stdout: 'Deleted role:signer.\n' }]);
    expect(await run('type', 'delete', 'note', '--yes')).toMatchObject({ status: 0, stdout: 'Deleted type:note.\n' });
  });

  it('take no actions from a type with what hangs on them, unless that is said', async () => {
    const { types, grants } = administrationOf(store);
    await types.create({ id: 'memo', actions: ['view', 'sign'] });
    await grants.create({ subject: { type: 'user', id: 'dave' }, permission: 'memo:sign' });
    const fewer = ['type', 'change', 'memo', '--actions', 'view'];
    const [refused, trial] = await all(fewer, [...fewer, '--dry-run']);
    expect(refused).toEqual({
      status: 64,
      stdout: '',
      stderr:
        'castellan: Taking the action sign from type:memo takes along: grants about them: 1. Use --yes where that is meant; nothing was changed.\n',
    });
    expect(trial).toMatchObject({ status: 0, stdout: '(dry run) Changed type:memo: view\n' });
    expect((await types.get('memo')).actions).toEqual(['view', 'sign']);
    expect(await answer(...fewer, '--yes')).toMatchObject({ actions: ['view'] });
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
    const [inactive, shown, listed] = await all(
      ['list', 'user:eve', 'view', 'post', '--as', 'user:eve'],
      ['user', 'show', 'eve', '--json'],
      ['user', 'list', '-q'],
    );
    expect(inactive?.stderr).toBe('castellan: user:eve is not active: nothing is done as it.\n');
    expect(JSON.parse(shown?.stdout ?? '')).toMatchObject({ id: 'eve', active: false });
    expect(listed?.stdout).toContain('\neve\n');
    expect(await answer('user', 'activate', 'eve')).toMatchObject({ user: { id: 'eve', active: true } });
    expect((await run('user', 'delete', 'eve')).stdout).toBe('Deleted user:eve.\n');
  });

  it('--dry-run tells what would be, and no secret that opens nothing', async () => {
    const [granted, made, set, token] = await all(
      ['grant', 'user:dave', 'post:delete', 'post:456', '--dry-run'],
      ['user', 'create', 'ghost', '--generate-password', '--dry-run', '--json'],
      ['user', 'passwd', 'alice', '--generate-password', '--dry-run', '-q'],
      ['user', 'token', 'alice', 'ci', '--dry-run', '--json'],
    );
    expect(granted).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^\(dry run\) Granted: .*post:delete {2}on post:456\n$/) as string,
      stderr: 'This was a dry run: all of it was undone, and nothing has changed.\n',
    });
    const user = expect.objectContaining({ id: 'ghost' }) as object;
    expect(JSON.parse(made?.stdout ?? '')).toEqual({ user, dryRun: true });
    expect(set).toEqual({ status: 0, stdout: 'alice\n', stderr: '' });
    expect(JSON.parse(token?.stdout ?? '')).toMatchObject({ name: 'ci', token: null, dryRun: true });
    expect(await rows("SELECT 1 FROM castellan.subjects WHERE external_id = 'ghost'")).toEqual([]);
  });

  it('--as works under the rights of that subject, as which it is recorded', async () => {
    const refused = await run('grant', 'user:dave', 'post:view', 'post:456', '--as', 'user:alice', '--json');
    expect([refused.status, refused.stdout]).toEqual([1, '']);
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'not_found' } });
    const granted = await run('grant', 'user:dave', 'post:view', 'post:123', '--as', 'user:alice');
    expect(granted).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Granted: /) as string });
    expect(await lastChange()).toEqual({ actor_type: 'user', actor_id: 'alice', action: 'grant.create' });
  });
});
