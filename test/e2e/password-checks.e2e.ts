import { hash } from '@node-rs/argon2';
import type { Response } from 'light-my-request';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Passwords } from '../../src/auth/passwords.js';
import { basic } from '../support/auth-app.js';
import { query } from '../support/query.js';
import { codeOf, Requests } from '../support/requests.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';

const me = '/api/v1/auth/me';
const alice = 'alice';

let service: TestService;
let requests: Requests;

beforeAll(async () => {
  service = await startTestService();
  requests = new Requests(service.app);
  await service.addUser(alice);
});
beforeEach(() => run('DELETE FROM castellan.sign_in_attempts'));
afterEach(() => vi.restoreAllMocks());
afterAll(() => service.stop());

const run = (sql: string): Promise<Record<string, unknown>[]> => query(service.databaseUrl, sql);
const signIn = (username: string, password: string): Promise<Response> => requests.signIn(username, password);

describe('passwords that are being checked', () => {
  it('are so many at most, and hold up no decision', async () => {
    const passwords = service.app.get(Passwords);
    // Remembered, as it is for who asks all the time.
    const headers = { authorization: basic('admin', PASSWORD) };
    expect((await requests.send('GET', me, { headers })).statusCode).toBe(200);
    let waiting = 52;
    const checks = Array.from({ length: waiting }, async () => {
      await passwords.verifyNothing('any').finally(() => (waiting -= 1));
    });
    const verify = vi.spyOn(passwords, 'verify');
    const refused = await Promise.all(Array.from({ length: 20 }, (_, n) => signIn(`name ${n}`, 'wrong')));
    expect(new Set(refused.map(({ statusCode }) => statusCode))).toEqual(new Set([503]));
    expect(codeOf(refused[0] as Response)).toEqual([503, 'overloaded']);
    expect(refused[0]?.headers['retry-after']).toBe('1');
    const payload = {
      subject: { type: 'user', id: 'admin' },
      action: { name: 'view' },
      resource: { type: 'post', id: '1' },
    };
    const decisions = await Promise.all(
      Array.from({ length: 20 }, () =>
        service.app.inject({ method: 'POST', url: '/access/v1/evaluation', payload, headers }),
      ),
    );
    expect(new Set(decisions.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    // All of that while the queue was there; and nothing was verified or counted of what was refused.
    expect(waiting).toBeGreaterThan(0);
    expect(verify.mock.calls).toEqual([]);
    expect(await run('SELECT 1 FROM castellan.sign_in_attempts')).toEqual([]);
    await Promise.all(checks);
    expect((await signIn('name 1', 'wrong')).statusCode).toBe(401);
  });
});

describe('a hash that is weaker than those of today', () => {
  it('is made anew when its password signs in, and what was signed in stays so', async () => {
    // Made with half of the memory that is taken today.
    const weak = await hash(PASSWORD, { memoryCost: 9728, timeCost: 2, parallelism: 1 });
    const set = `UPDATE castellan.credentials c SET password_hash = '${weak}' FROM castellan.subjects s
      WHERE s.id = c.subject_id AND s.username = '${alice}'`;
    const session = await requests.client(alice, PASSWORD);
    await run(set);
    const stored = (): Promise<Record<string, unknown>[]> =>
      run(`SELECT c.password_hash AS hash, c.version FROM castellan.credentials c
        JOIN castellan.subjects s ON s.id = c.subject_id WHERE s.username = '${alice}'`);
    const [before] = await stored();
    expect((await signIn(alice, 'wrong')).statusCode).toBe(401);
    expect(await stored()).toEqual([before]);
    expect((await signIn(alice, PASSWORD)).statusCode).toBe(200);
    const [after] = await stored();
    expect(after).toEqual({ hash: expect.stringContaining('$m=19456,t=2,p=1$'), version: before?.['version'] });
    expect((await session.send('GET', me)).statusCode).toBe(200);
    expect((await signIn(alice, PASSWORD)).statusCode).toBe(200);
    expect(await stored()).toEqual([after]);
  });
});
