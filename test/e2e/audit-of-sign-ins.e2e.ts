import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Response } from 'light-my-request';
import { createService } from '../../src/app/service.js';
import { basic } from '../support/auth-app.js';
import { query } from '../support/query.js';
import { Requests } from '../support/requests.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';

const me = '/api/v1/auth/me';

let service: TestService;
let requests: Requests;
let alice: string;
let users = 0;
let last = 0;

beforeAll(async () => {
  service = await startTestService();
  requests = new Requests(service.app);
});
beforeEach(async () => {
  alice = `alice-${++users}`;
  await service.addUser(alice);
  await query(service.databaseUrl, 'DELETE FROM castellan.sign_in_attempts');
  await newRows();
});
afterAll(() => service.stop());

/** What was added to the trail since it was looked at last, as `actor action target`, with what it says. */
async function newRows(): Promise<[row: string, after: unknown, requestId: string][]> {
  const rows = await query(
    service.databaseUrl,
    `SELECT id::int AS id, actor_type || ':' || actor_id || ' ' || action || ' ' || target_type || ':' || target_id AS row, after, request_id
    FROM castellan.changes WHERE id > ${last} AND action LIKE 'sign\\_in.%' AND before IS NULL ORDER BY id`,
  );
  return rows.map(({ id, row, after, request_id: requestId }) => {
    last = Number(id);
    return [String(row), after, String(requestId)];
  });
}

const remoteAddress = '192.0.2.7';

function signIn(username: string, password: string, headers: Record<string, string> = {}): Promise<Response> {
  const payload = { username, password };
  return requests.send('POST', '/api/v1/auth/login', { payload, headers, remoteAddress });
}

function asBasic(username: string, password: string, from = remoteAddress): Promise<Response> {
  const headers = { authorization: basic(username, password) };
  return requests.send('GET', me, { headers, remoteAddress: from });
}

/** By a process that has remembered nothing yet. */
async function askAnew(): Promise<void> {
  const report = (error: unknown): void => void service.unexpected.push(error);
  const app = await createService({ store: service.store, publicUrl: undefined, report });
  const headers = { authorization: basic(alice, PASSWORD) };
  expect((await new Requests(app).send('GET', me, { headers, remoteAddress })).statusCode).toBe(200);
  await app.close();
}

/** So that the next failure is the last. */
const almost = (): Promise<unknown> =>
  query(service.databaseUrl, 'UPDATE castellan.sign_in_attempts SET counted = counted + 8');

describe('the audit trail', () => {
  it('has each sign-in: who, from which address, by which way, and by which request', async () => {
    await signIn(alice, PASSWORD, { 'x-request-id': 'one' });
    await signIn(alice, PASSWORD, { 'x-request-id': 'two' });
    const after = { address: remoteAddress, way: 'session' };
    const row = `user:${alice} sign_in.succeed user:${alice}`;
    expect(await newRows()).toEqual([
      [row, after, 'one'],
      [row, after, 'two'],
    ]);
  });

  it('has Basic once an hour and network, and nothing of what is remembered', async () => {
    for (let time = 0; time < 3; time += 1) expect((await asBasic(alice, PASSWORD)).statusCode).toBe(200);
    const row = `user:${alice} sign_in.succeed user:${alice}`;
    expect(await newRows()).toEqual([[row, { address: remoteAddress, way: 'basic' }, expect.any(String)]]);
    // A process that remembers nothing of it verifies it again.
    await askAnew();
    expect(await newRows()).toEqual([]);
    await query(service.databaseUrl, "UPDATE castellan.sign_in_places SET seen_at = seen_at - interval '1 hour'");
    await askAnew();
    expect((await newRows()).map(([told]) => told)).toEqual([row]);
  });

  it('has each failure, as nobody’s, of the user that it was about', async () => {
    await signIn(alice, 'not the password', { 'x-request-id': 'wrong' });
    await asBasic(alice, 'not the password either');
    const row = `anonymous:anonymous sign_in.fail user:${alice}`;
    expect(await newRows()).toEqual([
      [row, { address: remoteAddress, way: 'session' }, 'wrong'],
      [row, { address: remoteAddress, way: 'basic' }, expect.any(String)],
    ]);
    await query(service.databaseUrl, `UPDATE castellan.subjects SET active = false WHERE username = '${alice}'`);
    await signIn(alice, PASSWORD);
    expect((await newRows()).map(([told]) => told)).toEqual([row]);
  });

  it('has of an unknown name its hash alone: it may be a password', async () => {
    await signIn('my secret password', 'x');
    await signIn('my secret password', 'y');
    await signIn('another secret', 'z');
    const rows = (await newRows()).map(([told]) => told);
    expect(rows).toEqual(
      rows.map(() => expect.stringMatching(/^anonymous:anonymous sign_in\.fail username:[\w-]{16}$/)),
    );
    expect([rows.length, new Set(rows).size]).toEqual([3, 2]);
    const all = await query(service.databaseUrl, 'SELECT c::text FROM castellan.changes c');
    expect(JSON.stringify(all)).not.toMatch(/secret|not the password|correct horse/);
  });

  it('has one row of an account that is shut, and none of the tries that are refused', async () => {
    await signIn(alice, 'wrong');
    await almost();
    await newRows();
    await signIn(alice, 'wrong');
    const lock = { address: remoteAddress, way: 'session', from: remoteAddress, seconds: 900 };
    expect((await newRows()).map(([told, after]) => [told, after])).toEqual([
      [`anonymous:anonymous sign_in.fail user:${alice}`, { address: remoteAddress, way: 'session' }],
      [`anonymous:anonymous sign_in.lock user:${alice}`, lock],
    ]);
    for (let time = 0; time < 20; time += 1) {
      const answer = await (time % 2 === 0 ? signIn(alice, `guess ${time}`) : asBasic(alice, `guess ${time}`));
      expect(answer.statusCode).toBe(429);
    }
    expect(await newRows()).toEqual([]);
  });

  it('has one of a network, and of an account that is tried from everywhere', async () => {
    await signIn('first', 'wrong');
    await query(service.databaseUrl, 'UPDATE castellan.sign_in_attempts SET counted = 99 WHERE counted = 1');
    await newRows();
    await signIn('second', 'wrong');
    expect((await newRows()).filter(([told]) => told.includes('lock'))).toEqual([
      [
        `anonymous:anonymous sign_in.lock address:${remoteAddress}`,
        { address: remoteAddress, way: 'session', from: remoteAddress, seconds: 900 },
        expect.any(String),
      ],
    ]);
    await query(service.databaseUrl, 'DELETE FROM castellan.sign_in_attempts');
    await asBasic(alice, 'wrong', '198.51.100.1');
    await query(service.databaseUrl, 'UPDATE castellan.sign_in_attempts SET counted = 49');
    await newRows();
    await asBasic(alice, 'wrong', '198.51.100.2');
    expect((await newRows()).filter(([told]) => told.includes('lock'))).toEqual([
      [
        `anonymous:anonymous sign_in.lock user:${alice}`,
        { address: '198.51.100.2', way: 'basic', from: 'anywhere', seconds: 60 },
        expect.any(String),
      ],
    ]);
  });

  it('has the old password that was wrong, and no sign-in where it was right', async () => {
    const session = await requests.client(alice, PASSWORD);
    await newRows();
    const change = (oldPassword: string): Promise<Response> =>
      session.send('PUT', `${me}/password`, { payload: { oldPassword, newPassword: 'quite another password' } });
    expect((await change('wrong')).statusCode).toBe(401);
    expect((await newRows()).map(([told, after]) => [told, after])).toEqual([
      [`anonymous:anonymous sign_in.fail user:${alice}`, { address: '127.0.0.1', way: 'password_change' }],
    ]);
    expect((await change(PASSWORD)).statusCode).toBe(204);
    expect(await newRows()).toEqual([]);
  });
});
