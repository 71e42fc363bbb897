import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAuthApp, type AuthApp } from '../../test/support/auth-app.js';
import { codeOf, Requests, type SessionClient } from '../../test/support/requests.js';

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

describe('a session', () => {
  it.each(['POST', 'PUT'] as const)('needs its CSRF token for %s, and none for GET', async (method) => {
    const [client, other] = [await alice(), await alice()];
    const { cookie } = client;
    expect((await requests.send('GET', '/closed', { headers: { cookie } })).statusCode).toBe(200);
    const tokens = [undefined, '', 'x', other.csrfToken, `${client.csrfToken}x`, client.csrfToken.toLowerCase()];
    for (const token of tokens) {
      const headers = token === undefined ? { cookie } : { cookie, 'x-csrf-token': token };
      expect(codeOf(await requests.send(method, '/closed', { headers }))).toEqual([403, 'csrf_token']);
    }
    expect((await client.send(method, '/closed')).statusCode).toBeLessThan(300);
  });

  it('is not taken from another site, token or not', async () => {
    const client = await alice();
    const answer = await client.send('POST', '/closed', { headers: { 'sec-fetch-site': 'cross-site' } });
    expect(codeOf(answer)).toEqual([403, 'cross_site']);
  });

  it('takes nothing from its cookie when somebody has changed it', async () => {
    const { cookie } = await alice();
    const flipped = cookie.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    for (const forged of [flipped, cookie.slice(0, -1), cookie.split('.').slice(0, 2).join('.'), `${cookie}x`]) {
      expect((await requests.send('GET', '/closed', { headers: { cookie: forged } })).statusCode).toBe(401);
    }
    expect(app.sessions.reads).toBe(0);
  });

  it('ends with the next request when its user is deactivated, deleted or gets another password', async () => {
    const endings = [
      () => app.accounts.change('alice', { active: false }),
      () => app.accounts.change('alice', { passwordHash: 'another' }),
      () => app.accounts.remove('alice'),
    ];
    for (const end of endings) {
      app.accounts.add('alice', await app.passwords.hash('alices password'));
      const client = await alice();
      expect((await client.send('GET', '/closed')).statusCode).toBe(200);
      end();
      expect(codeOf(await client.send('GET', '/closed'))).toEqual([401, 'not_authenticated']);
      expect(app.sessions.rows.size).toBe(0);
    }
  });

  it('takes no cookie back when it has ended, as a sign-in under way may just have set another', async () => {
    const client = await alice();
    app.sessions.rows.clear();
    const ended = await client.send('GET', '/closed');
    const forged = await requests.send('GET', '/closed', { headers: { cookie: `${client.cookie}x` } });
    expect([ended.statusCode, ended.cookies, forged.statusCode, forged.cookies]).toEqual([401, [], 401, []]);
  });

  it('sets no cookie and writes nothing after the sign-in', async () => {
    const client = await alice();
    const saves = app.sessions.saves;
    const answer = await client.send('POST', '/closed');
    expect([answer.cookies, app.sessions.saves]).toEqual([[], saves]);
  });

  it('goes by a cookie for this host over HTTPS only, where the service is reached by HTTPS', async () => {
    await app.nest.close();
    app = await startAuthApp({ publicUrl: 'https://castellan.example' });
    requests = new Requests(app.nest);
    const answer = await requests.signIn('alice', 'alices password', { origin: 'https://castellan.example' });
    expect(answer.cookies).toEqual([
      {
        name: '__Host-castellan.sid',
        value: expect.any(String),
        path: '/',
        httpOnly: true,
        sameSite: 'Lax',
        secure: true,
      },
    ]);
    const cookie = `__Host-castellan.sid=${answer.cookies[0]?.value}`;
    expect((await requests.send('GET', '/closed', { headers: { cookie } })).statusCode).toBe(200);
    const { csrfToken } = answer.json();
    const gone = await requests.send('POST', '/api/v1/auth/logout', { headers: { cookie, 'x-csrf-token': csrfToken } });
    expect(gone.cookies).toMatchObject([
      { name: '__Host-castellan.sid', value: '', maxAge: 0, secure: true, path: '/' },
    ]);
  });
});
