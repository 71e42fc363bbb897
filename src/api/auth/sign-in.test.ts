import type { Response } from 'light-my-request';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startAuthApp, type AuthApp } from '../../../test/support/auth-app.js';
import { CastellanError } from '../../core/errors.js';
import { codeOf, Requests, type SessionClient } from '../../../test/support/requests.js';

let app: AuthApp;
let requests: Requests;

beforeEach(async () => {
  app = await startAuthApp();
  requests = new Requests(app.nest);
});

afterEach(async () => {
  await app.nest.close();
});

const alice = (): Promise<SessionClient> => requests.client('alice', 'alices password');

describe('POST /auth/login', () => {
  it('answers who is signed in, with a CSRF token and the cookie of a session', async () => {
    const answer = await requests.signIn('alice', 'alices password');
    expect(answer.statusCode).toBe(200);
    const blank = { email: null, active: true, superuser: false, attributes: {} };
    expect(answer.json()).toEqual({
      user: { id: 'alice', username: 'alice', ...blank },
      csrfToken: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(answer.cookies).toEqual([
      { name: 'castellan.sid', value: expect.any(String), path: '/', httpOnly: true, sameSite: 'Lax' },
    ]);
  });

  it('keeps the stamp of the credential and the token, and nothing else', async () => {
    await alice();
    const rows = [...app.sessions.rows.values()].map((row) => JSON.parse(row) as object);
    expect(rows).toEqual([{ stamp: { subjectKey: 1, version: expect.any(String) }, csrfToken: expect.any(String) }]);
  });

  it('answers a wrong name, a wrong password, an inactive user and a missing password alike, after the same work', async () => {
    app.accounts.add('idle', await app.passwords.hash('alices password'), { active: false });
    app.accounts.add('keyless');
    const verify = vi.spyOn(app.passwords, 'verify');
    const wrong = [
      ['alice', 'wrong'],
      ['mallory', 'x'],
      ['idle', 'alices password'],
      ['keyless', 'x'],
      ['a\0', 'x'],
      ['a\ud800', 'x'],
    ];
    const answers: Response[] = [];
    for (const [username, password] of wrong)
      answers.push(await requests.signIn(username as string, password as string));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(codeOf(answers[0] as Response)).toEqual([401, 'invalid_credentials']);
    expect(answers.every(({ cookies }) => cookies.length === 0)).toBe(true);
    expect(verify).toHaveBeenCalledTimes(wrong.length);
    expect(app.sessions.rows.size).toBe(0);
  });

  it.each([
    [{}],
    [{ username: 'alice' }],
    [{ username: 'alice', password: '' }],
    [{ username: 'alice', password: 'x', remember: true }],
    [{ username: { contains: '' }, password: 'x' }],
    [{ username: ['alice'], password: 'x' }],
    [{ username: 'alice', password: 'x'.repeat(2049) }],
    [null],
    [[]],
  ])('refuses the body %j', async (body) => {
    const payload = JSON.stringify(body);
    const answer = await requests.send('POST', '/api/v1/auth/login', {
      payload,
      headers: { 'content-type': 'application/json' },
    });
    expect(codeOf(answer)).toEqual([422, 'invalid_request']);
  });

  it('takes no sign-in from another site', async () => {
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
      expect(codeOf(await requests.signIn('alice', 'alices password', headers))).toEqual([403, 'cross_site']);
    }
    expect(app.sessions.rows.size).toBe(0);
  });

  it('gives a new session id, and ends the session that the client came with', async () => {
    const planted = await requests.client('bob', 'bobs password');
    const client = await requests.client('alice', 'alices password', { cookie: planted.cookie });
    expect(client.id).not.toBe(planted.id);
    expect([...app.sessions.rows.keys()]).toEqual([client.id]);
    expect((await planted.send('GET', '/closed')).statusCode).toBe(401);
    expect((await client.send('GET', '/closed')).json()).toMatchObject({ subject: { id: 'alice' } });
  });

  it.each(['made-up', 'made-up.signature', '.', ''])('never takes over the id of the cookie %j', async (value) => {
    const client = await requests.client('alice', 'alices password', { cookie: `castellan.sid=${value}` });
    expect(client.id).toMatch(/^[\w-]{32}$/);
    expect((await client.send('GET', '/closed')).statusCode).toBe(200);
  });

  it('gives every sign-in a session of its own', async () => {
    const [one, other] = [await alice(), await alice()];
    expect(one.id).not.toBe(other.id);
    expect(one.csrfToken).not.toBe(other.csrfToken);
    await one.send('POST', '/api/v1/auth/logout');
    expect((await other.send('GET', '/closed')).statusCode).toBe(200);
  });

  it('answers 503 when sessions are out of reach', async () => {
    const client = await alice();
    app.sessions.failure = new CastellanError('database_unavailable', 'away');
    expect(codeOf(await requests.signIn('alice', 'alices password'))).toEqual([503, 'database_unavailable']);
    expect(codeOf(await client.send('GET', '/closed'))).toEqual([503, 'database_unavailable']);
  });
});
