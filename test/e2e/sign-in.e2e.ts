import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Passwords } from '../../src/auth/passwords.js';
import { basic } from '../support/auth-app.js';
import { codeOf, Requests, type SessionClient } from '../support/requests.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let requests: Requests;
let database: pg.Client;
let alice: string;

const me = '/api/v1/auth/me';
const newPassword = 'another password';
const newHash = new Passwords().hash(newPassword);

beforeAll(async () => {
  service = await startTestService();
  requests = new Requests(service.app);
  database = new pg.Client(service.databaseUrl);
  // Cut off when the database is dropped.
  database.on('error', () => {});
  await database.connect();
});

let users = 0;

beforeEach(async () => {
  alice = `alice-${++users}`;
  await service.addUser(alice);
});

afterAll(async () => {
  await database.end();
  await service.stop();
});

const signedIn = (): Promise<SessionClient> => requests.client(alice, PASSWORD);
const authorization = (password = PASSWORD): string => basic(alice, password);
const update = (change: object): Promise<unknown> => service.arrange((unit) => unit.users.update(alice, change));

async function sessionsOfAlice(): Promise<number> {
  const { rows } = await database.query(
    `SELECT count(*)::int AS count FROM castellan.sessions t JOIN castellan.subjects s ON s.id = t.subject_id WHERE s.username = $1`,
    [alice],
  );
  return rows[0].count;
}

/** What has to end at once: each on the next request after the write has returned. */
const endings: [string, () => Promise<unknown>][] = [
  ['a new password', async () => update({ passwordHash: await newHash })],
  ['a deactivation', () => update({ active: false })],
  ['a deletion', () => service.arrange((unit) => unit.users.delete(alice))],
];

describe('a session', () => {
  it('signs in, asks, and signs out, for good', async () => {
    const client = await signedIn();
    const answer = await client.send('GET', me);
    expect(answer.json()).toMatchObject({ user: { id: alice }, csrfToken: client.csrfToken });
    const parallel = Array.from({ length: 20 }, () => client.send('GET', me));
    const out = await client.send('POST', '/api/v1/auth/logout');
    await Promise.all(parallel);
    expect([out.statusCode, await sessionsOfAlice()]).toEqual([204, 0]);
    expect(codeOf(await client.send('GET', me))).toEqual([401, 'not_authenticated']);
  });

  it.each(endings)('ends with %s', async (_, end) => {
    const client = await signedIn();
    expect((await client.send('GET', me)).statusCode).toBe(200);
    await end();
    expect(codeOf(await client.send('GET', me))).toEqual([401, 'not_authenticated']);
    expect(await sessionsOfAlice()).toBe(0);
  });

  it('changes the own password and stays signed in, alone', async () => {
    const [client, other] = [await signedIn(), await signedIn()];
    const payload = { oldPassword: PASSWORD, newPassword };
    const answer = await client.send('PUT', `${me}/password`, { payload });
    expect(answer.statusCode).toBe(204);
    expect((await requests.clientFrom(answer, '').send('GET', me)).json()).toMatchObject({ user: { id: alice } });
    expect((await client.send('GET', me)).statusCode).toBe(401);
    expect((await other.send('GET', me)).statusCode).toBe(401);
    expect(await sessionsOfAlice()).toBe(1);
    const { rows } = await database.query(
      'SELECT actor_id, before::text || after::text AS told FROM castellan.changes WHERE target_id = $1 ORDER BY id DESC LIMIT 1',
      [alice],
    );
    expect(rows[0].actor_id).toBe(alice);
    expect(rows[0].told).not.toContain('argon2');
  });

  it('writes nothing while it is used', async () => {
    const client = await signedIn();
    const row = (): Promise<unknown> =>
      database.query('SELECT xmin, expire FROM castellan.sessions ORDER BY sid').then(({ rows }) => rows);
    const before = await row();
    for (let time = 0; time < 3; time++) await client.send('GET', me);
    expect(await row()).toEqual(before);
  });
});

describe('a Basic credential', () => {
  it.each(endings)('ends with %s, though it was verified a moment ago', async (_, end) => {
    const send = () => requests.send('GET', me, { headers: { authorization: authorization() } });
    expect((await send()).statusCode).toBe(200);
    expect((await send()).statusCode).toBe(200);
    await end();
    expect(codeOf(await send())).toEqual([401, 'invalid_credentials']);
  });

  it('is answered while the same one comes many times at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => requests.send('GET', me, { headers: { authorization: authorization() } })),
    );
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
  });

  it('is refused with 503, and lets nobody in, where too many wait to be verified', async () => {
    const send = () => requests.send('GET', me, { headers: { authorization: authorization() } });
    const passwords = service.app.get(Passwords);
    const waiting = Array.from({ length: 52 }, () => passwords.verifyNothing('any'));
    const answers = await Promise.all([send(), send(), send()]);
    expect(answers.map(codeOf)).toEqual(answers.map(() => [503, 'overloaded']));
    await Promise.all(waiting);
    expect((await send()).statusCode).toBe(200);
  });
});
