import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { castellan } from '../support/castellan-command.js';
import { argumentsIn } from '../support/command-help.js';
import { startBuiltService } from '../support/built-service.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';

describe('castellan demo', () => {
  let database: TestDatabase;
  const on = () => ({ DATABASE_URL: database.databaseUrl, PORT: '3999' });
  const demo = (...args: string[]) => castellan(on(), ['demo', ...args]);
  const rows = (sql: string) => query(database.databaseUrl, sql);

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('loads a world into an empty database, and what it says to try works', async () => {
    const { status, stdout, stderr } = await demo();
    expect([status, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n').map((line) => line.trim());
    const commands = lines.filter((line) => line.startsWith('castellan '));
    expect(commands).toHaveLength(4);
    for (const line of commands) {
      const tried = await castellan(on(), argumentsIn(line).slice(1));
      expect([tried.status, tried.stderr], line).toEqual([0, '']);
      expect(tried.stdout, line).not.toBe('');
    }
    const service = await startBuiltService({ DATABASE_URL: database.databaseUrl });
    const curls = lines.filter((line) => line.startsWith('curl '));
    const answers = await Promise.all(
      curls.map(async (line) => {
        const [, user = '', address = ''] = /^curl -u (\S+) http:\/\/127\.0\.0\.1:3999(\S+)$/.exec(line) ?? [];
        const headers = { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
        const answer = (await (await fetch(service.address + address, { headers })).json()) as {
          items: { id: string }[];
        };
        return answer.items.map(({ id }) => id);
      }),
    );
    expect(answers).toEqual([['123'], ['123', '456']]);
    expect(await service.stop()).toBe(0);
  });

  it('leaves a database alone that holds something, unless told to, and then gives nobody a password', async () => {
    const refused = await demo('--json');
    expect([refused.status, refused.stdout]).toEqual([1, '']);
    expect(JSON.parse(refused.stderr)).toMatchObject({
      error: { code: 'already_exists', message: expect.stringContaining('--yes') as string },
    });
    await rows('DELETE FROM castellan.assignments; DELETE FROM castellan.credentials');
    const loaded = await demo('--yes', '--json');
    expect(loaded).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(loaded.stdout)).toEqual({ password: null, users: ['alice', 'bob', 'carol', 'dave'] });
    expect(await rows('SELECT FROM castellan.assignments')).toHaveLength(2);
    expect(await rows('SELECT FROM castellan.credentials')).toEqual([]);
  });
});
