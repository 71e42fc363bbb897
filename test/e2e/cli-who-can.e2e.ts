import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { castellan, DEMO, startCastellan, type Ended } from '../support/castellan-command.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

let database: TestDatabase;
const on = (): { DATABASE_URL: string } => ({ DATABASE_URL: database.databaseUrl });
const run = (...args: string[]): Promise<Ended> => castellan(on(), args);

beforeAll(async () => {
  database = await createTestDatabase();
  expect((await run('seed', DEMO)).status).toBe(0);
});
afterAll(() => database.drop());

describe('castellan who-can', () => {
  it('prints whoever may, of every type or of one', async () => {
    expect(await run('who-can', 'change', 'post:123')).toEqual({
      status: 0,
      stdout: 'user:alice\nuser:carol\n',
      stderr: '',
    });
    expect((await run('who-can', 'view', 'post:123')).stdout).toBe('user:alice\nuser:carol\nuser:dave\ngroup:staff\n');
    expect((await run('who-can', 'view', 'post:123', '--type', 'group', '--json')).stdout).toBe(
      '{"type":"group","id":"staff"}\n',
    );
  });

  it('says why there may be nobody, and what it can not be asked', async () => {
    expect(await run('who-can', 'grant', 'post:9')).toEqual({
      status: 0,
      stdout: '',
      stderr: 'There is no post:9: only rules placed everywhere count for it.\n',
    });
    expect((await run('who-can', 'fly', 'post:123')).stderr).toBe('fly is no action of the type post.\n');
    expect((await run('who-can', 'view', 'pst:1')).stderr).toBe('There is no type pst.\n');
    expect((await run('who-can', 'view', 'post')).status).toBe(64);
    expect((await run('who-can', 'view', 'post:1', '--type', 'role')).status).toBe(64);
  });
});

describe('castellan changes', () => {
  it('prints the newest of the audit trail, in the order they were made', async () => {
    const { stdout, status } = await run('changes', '--subject', 'user:carol', '--json');
    const actions = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { action: string }).action);
    expect([status, actions]).toEqual([0, ['user.create', 'assignment.create']]);
    const last = await run('changes', '--subject', 'user:carol', '--limit', '1');
    expect(last.stdout).toMatch(
      /^\d+ {2}\S+Z {2}operator:\S+ {2}assignment\.create {2}assignment:\S+ {2}\{.*"role":"editor".*\}\n$/,
    );
    expect((await run('changes', '--actor', 'user:nobody')).stdout).toBe('');
    for (const wrong of [
      ['--subject', 'carol'],
      ['--from', 'yesterday'],
      ['--limit', 'x'],
    ])
      expect([wrong, (await run('changes', ...wrong)).status]).toEqual([wrong, 64]);
  });

  it('follows it: each that comes is printed, once, until it is told to stop', async () => {
    const { child, ended } = startCastellan(on(), ['changes', '--follow', '--limit', '0', '--json']);
    let seen = '';
    const told = new Promise<void>((resolve) => {
      child.stdout?.on('data', (text: string) => {
        seen += text;
        if (seen.includes('user:second') || seen.includes('"second"')) resolve();
      });
    });
    // It may begin to look before the first is made, or after: only what comes later than its start is certain to be told.
    for (const name of ['first', 'second']) {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect((await run('user', 'create', name, '--generate-password')).status).toBe(0);
    }
    await told;
    child.kill('SIGINT');
    const { status, stdout, stderr } = await ended;
    expect([status, stderr]).toEqual([0, '']);
    const made = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { action: string; target: { id: string } });
    expect(made.filter(({ target }) => target.id === 'second').map(({ action }) => action)).toEqual(['user.create']);
  });
});
