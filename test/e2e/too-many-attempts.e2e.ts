import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Response } from 'light-my-request';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createService } from '../../src/app/service.js';
import { Passwords } from '../../src/auth/passwords.js';
import { newTokenSecret } from '../../src/auth/token-secret.js';
import { basic } from '../support/auth-app.js';
import { query } from '../support/query.js';
import { codeOf, Requests } from '../support/requests.js';
import { PASSWORD, type TestService } from '../support/service.js';
import { startTwoProcesses, type TwoProcesses } from '../support/two-processes.js';

const me = '/api/v1/auth/me';

let processes: TwoProcesses;
let service: TestService;
let requests: Requests;
let others: Requests;
let alice: string;
let users = 0;

beforeAll(async () => {
  processes = await startTwoProcesses();
  ({ service } = processes);
  requests = new Requests(service.app);
  others = new Requests(processes.other);
});
beforeEach(async () => {
  alice = `alice-${++users}`;
  await service.addUser(alice);
  await run('DELETE FROM castellan.sign_in_attempts');
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => processes.stop());

const run = (sql: string): Promise<Record<string, unknown>[]> => query(service.databaseUrl, sql);

interface From {
  readonly address?: string;
  readonly headers?: Record<string, string>;
  readonly by?: Requests;
}

function signIn(username: string, password: string, { address, headers, by = requests }: From = {}): Promise<Response> {
  return by.send('POST', '/api/v1/auth/login', {
    payload: { username, password },
    remoteAddress: address ?? '192.0.2.1',
    ...(headers ? { headers } : {}),
  });
}

function asBasic(username: string, password: string, address = '192.0.2.1'): Promise<Response> {
  return requests.send('GET', me, {
    headers: { authorization: basic(username, password) },
    remoteAddress: address,
  });
}

/** Fails so often that there must be no more tries from the address; only the first and the last are verified. */
async function exhaust(username: string, from: From = {}): Promise<void> {
  expect((await signIn(username, 'wrong', from)).statusCode).toBe(401);
  await run('UPDATE castellan.sign_in_attempts SET counted = counted + 8');
  expect((await signIn(username, 'wrong again', from)).statusCode).toBe(401);
}

const tooMany: [number, string] = [429, 'too_many_attempts'];
const spied = (): { mock: { calls: unknown[] } } => vi.spyOn(service.app.get(Passwords), 'verify');

describe('too many wrong passwords', () => {
  it('are answered with 429 and the seconds to wait, whatever the next password is, and none is verified', async () => {
    await exhaust(alice);
    const verify = spied();
    for (const password of ['wrong', PASSWORD]) {
      const answer = await signIn(alice, password);
      expect(codeOf(answer)).toEqual(tooMany);
      const seconds = Number(answer.headers['retry-after']);
      expect([seconds > 890, seconds <= 900]).toEqual([true, true]);
      expect(answer.json().detail).toContain(`${seconds} s`);
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect(answer.cookies).toEqual([]);
    }
    expect(verify.mock.calls).toEqual([]);
  });

  it('end with the wait: then the right one signs in', async () => {
    await exhaust(alice);
    await run("UPDATE castellan.sign_in_attempts SET blocked_until = blocked_until - interval '15 minutes'");
    expect((await signIn(alice, PASSWORD)).statusCode).toBe(200);
  });

  it('are counted together, by whichever way and in whichever process they are tried', async () => {
    await exhaust(alice);
    expect(codeOf(await signIn(alice, PASSWORD, { by: others }))).toEqual(tooMany);
    expect(codeOf(await asBasic(alice, PASSWORD))).toEqual(tooMany);
    await run('DELETE FROM castellan.sign_in_attempts');
    expect((await asBasic(alice, 'wrong')).statusCode).toBe(401);
    await run('UPDATE castellan.sign_in_attempts SET counted = counted + 8');
    expect((await asBasic(alice, 'wrong again')).statusCode).toBe(401);
    expect(codeOf(await signIn(alice, PASSWORD))).toEqual(tooMany);
  });

  it('of a burst of two hundred are ten, and no more are verified', async () => {
    const verify = spied();
    const verifyElsewhere = vi.spyOn(processes.other.get(Passwords), 'verify');
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => signIn(alice, `guess ${n}`, n % 2 === 0 ? {} : { by: others })),
    );
    const statuses = answers.map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(verify.mock.calls.length + verifyElsewhere.mock.calls.length).toBe(10);
  });

  it('are answered alike for a user that exists and one that does not', async () => {
    const told = async (username: string): Promise<[number, string, object][]> => {
      await run('DELETE FROM castellan.sign_in_attempts');
      const wrong = await signIn(username, 'wrong');
      await run('UPDATE castellan.sign_in_attempts SET counted = counted + 8');
      const last = await signIn(username, 'wrong again');
      await run("UPDATE castellan.sign_in_attempts SET blocked_until = now() + interval '14 minutes 59.9 seconds'");
      const refused = await signIn(username, PASSWORD);
      return [wrong, last, refused].map(({ statusCode, body, headers }) => {
        const { date: _date, 'x-request-id': _id, ...same } = headers;
        return [statusCode, body, same];
      });
    };
    await run(`UPDATE castellan.subjects SET active = false WHERE username = '${alice}'`);
    const inactive = await told(alice);
    await run(`UPDATE castellan.subjects SET active = true WHERE username = '${alice}'`);
    const known = await told(alice);
    expect(await told('nobody at all')).toEqual(known);
    expect(inactive).toEqual(known);
    expect(known.map(([status]) => status)).toEqual([401, 401, 429]);
  });

  it('hold up that account from that address, and nobody else', async () => {
    await service.addUser(`bob-${users}`);
    await exhaust(alice);
    expect((await signIn(`bob-${users}`, PASSWORD)).statusCode).toBe(200);
    expect((await signIn(alice, PASSWORD, { address: '192.0.2.2' })).statusCode).toBe(200);
  });

  it('hold up no session, no token, and no Basic credential that is remembered', async () => {
    const session = await requests.client(alice, PASSWORD);
    const { token, hash } = newTokenSecret();
    await service.arrange((unit) => unit.tokens.create({ user: alice, name: 't', hash, expiresAt: null }));
    expect((await asBasic(alice, PASSWORD)).statusCode).toBe(200);
    await exhaust(alice);
    expect((await asBasic(alice, PASSWORD)).statusCode).toBe(200);
    const from = { remoteAddress: '192.0.2.1' };
    const bearer = { ...from, headers: { authorization: `Bearer ${token}` } };
    expect((await requests.send('GET', me, bearer)).statusCode).toBe(200);
    expect((await session.send('GET', me, from)).statusCode).toBe(200);
    expect(codeOf(await signIn(alice, PASSWORD))).toEqual(tooMany);
  });

  it('include the old one, where a password is changed by whoever found an open session', async () => {
    const session = await requests.client(alice, PASSWORD);
    const change = (oldPassword: string): Promise<Response> =>
      session.send('PUT', `${me}/password`, { payload: { oldPassword, newPassword: 'quite another password' } });
    expect(codeOf(await change('wrong'))).toEqual([401, 'invalid_credentials']);
    await run('UPDATE castellan.sign_in_attempts SET counted = counted + 8');
    expect(codeOf(await change('wrong again'))).toEqual([401, 'invalid_credentials']);
    expect(codeOf(await change(PASSWORD))).toEqual(tooMany);
    expect((await session.send('GET', me)).statusCode).toBe(200);
  });
});

describe('the address that tries are counted under', () => {
  it('is a /64 of IPv6', async () => {
    await exhaust(alice, { address: '2001:db8:1:2::1' });
    expect(codeOf(await signIn(alice, PASSWORD, { address: '2001:db8:1:2:ffff::9' }))).toEqual(tooMany);
    expect((await signIn(alice, PASSWORD, { address: '2001:db8:1:3::1' })).statusCode).toBe(200);
  });

  it('is that of IPv4, also where it comes as IPv6', async () => {
    await exhaust(alice, { address: '::ffff:192.0.2.9' });
    expect(codeOf(await signIn(alice, PASSWORD, { address: '192.0.2.9' }))).toEqual(tooMany);
  });

  const forwardedFor = (client: string) => ({ headers: { 'x-forwarded-for': client } });

  it('is not what a client says of itself', async () => {
    await exhaust(alice, forwardedFor('198.51.100.1'));
    expect(codeOf(await signIn(alice, PASSWORD, forwardedFor('198.51.100.2')))).toEqual(tooMany);
  });

  describe('behind a trusted proxy', () => {
    let proxied: NestFastifyApplication;
    let by: Requests;

    beforeAll(async () => {
      const { store } = processes;
      const report = (error: unknown): void => void service.unexpected.push(error);
      proxied = await createService({ store, publicUrl: undefined, report, trustedProxies: ['10.0.0.0/8', '::1'] });
      by = new Requests(proxied);
    });
    afterAll(() => proxied.close());

    it('is what the proxy says last, whatever the client has put before it', async () => {
      const client = (spoofed: string) => ({
        by,
        address: '10.1.2.3',
        ...forwardedFor(`${spoofed}, 198.51.100.7`),
      });
      await exhaust(alice, client('203.0.113.1'));
      expect(codeOf(await signIn(alice, PASSWORD, client('203.0.113.2')))).toEqual(tooMany);
      const another = { by, address: '10.1.2.3', ...forwardedFor('198.51.100.8') };
      expect((await signIn(alice, PASSWORD, another)).statusCode).toBe(200);
    });

    it('is that of whoever comes past the proxy', async () => {
      const past = (spoofed: string) => ({ by, address: '192.0.2.44', ...forwardedFor(spoofed) });
      await exhaust(alice, past('198.51.100.1'));
      expect(codeOf(await signIn(alice, PASSWORD, past('198.51.100.2')))).toEqual(tooMany);
    });

    it('is told in the audit trail', async () => {
      await signIn(alice, PASSWORD, { by, address: '10.1.2.3', ...forwardedFor('198.51.100.7:4711') });
      const rows = await run(
        `SELECT after FROM castellan.changes WHERE target_id = '${alice}' ORDER BY id DESC LIMIT 1`,
      );
      expect(rows).toEqual([{ after: { address: '198.51.100.7', way: 'session' } }]);
    });
  });
});
