import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { castellan, type Ended } from '../support/castellan-command.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';

describe('castellan user token', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
    await castellan({ DATABASE_URL: database.databaseUrl }, ['user', 'create', 'ci', '--generate-password']);
  });
  afterEach(() => database.drop());

  const run = (...args: string[]): Promise<Ended> =>
    castellan({ DATABASE_URL: database.databaseUrl }, ['user', 'token', ...args]);
  const hashes = async (): Promise<unknown[]> =>
    (await query(database.databaseUrl, 'SELECT hash FROM castellan.tokens ORDER BY id')).map(({ hash }) => hash);
  const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

  it('makes a token that is printed once, and recorded', async () => {
    const { status, stdout, stderr } = await run('ci', 'deploy');
    expect([status, stderr]).toEqual([0, '']);
    const token =
      /^Created the token "deploy" of user:ci, which ends when it is deleted\.\nToken: (castellan_\S{48}) \(shown this once: keep it\)\n$/.exec(
        stdout,
      )?.[1];
    expect(await hashes()).toEqual([hashOf(String(token))]);
    const changes = await query(
      database.databaseUrl,
      "SELECT actor_type, actor_id, after FROM castellan.changes WHERE action = 'token.create'",
    );
    expect(changes).toMatchObject([{ actor_type: 'operator', actor_id: 'cli', after: { name: 'deploy', user: 'ci' } }]);
  });

  it('answers in JSON as the API does', async () => {
    const { status, stdout } = await run('ci', 'deploy', '--expires-at', '2999-01-01T00:00:00Z', '--json');
    const answer = JSON.parse(stdout) as { token: string };
    expect([status, Object.keys(answer)]).toEqual([
      0,
      ['id', 'name', 'token', 'createdAt', 'expiresAt', 'permissions'],
    ]);
    expect(answer).toMatchObject({ name: 'deploy', expiresAt: '2999-01-01T00:00:00.000Z' });
    expect(await hashes()).toEqual([hashOf(answer.token)]);
  });

  it('narrows it to the permissions that are named', async () => {
    const named = ['--permission', 'user:view', 'group:view', '--permission', 'role:view'];
    const { status, stdout } = await run('ci', 'reader', ...named);
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/deleted\.\nIt is narrowed to user:view, group:view, role:view\.\nToken: castellan_/),
    ]);
    const kept = await query(database.databaseUrl, 'SELECT permissions FROM castellan.tokens');
    expect(kept).toEqual([{ permissions: ['user:view', 'group:view', 'role:view'] }]);
  });

  it.each([
    [['ci', 'deploy', '--permission', 'user:fly'], 1, /^castellan: permissions\.0: there is no permission user:fly/],
    [['nobody', 'deploy'], 1, /^castellan: There is no user:nobody\.\n$/],
    [['ci', ''], 64, /^castellan: name: /],
    [['ci', 'deploy', '--expires-at', 'tomorrow'], 64, /^castellan: expiresAt: /],
    [['ci', 'deploy', '--expires-at', '2001-01-01T00:00:00Z'], 64, /^castellan: expiresAt must be in the future\.\n$/],
  ])('%j makes none', async (args, status, message) => {
    expect(await run(...args)).toEqual({ status, stdout: '', stderr: expect.stringMatching(message) as string });
    expect(await hashes()).toEqual([]);
  });
});
