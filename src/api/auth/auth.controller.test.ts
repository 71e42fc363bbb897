import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { basic, startAuthApp, type AuthApp } from '../../../test/support/auth-app.js';
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

describe('POST /auth/logout', () => {
  it('ends the session, takes the cookie back, and leaves the next request to nobody', async () => {
    const client = await alice();
    const answer = await client.send('POST', '/api/v1/auth/logout');
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    expect(answer.cookies).toMatchObject([{ name: 'castellan.sid', value: '', maxAge: 0, path: '/' }]);
    expect(app.sessions.rows.size).toBe(0);
    expect((await client.send('GET', '/closed')).statusCode).toBe(401);
  });

  it('needs the CSRF token, and somebody signed in', async () => {
    const { cookie } = await alice();
    expect((await requests.send('POST', '/api/v1/auth/logout', { headers: { cookie } })).statusCode).toBe(403);
    expect((await requests.send('POST', '/api/v1/auth/logout')).statusCode).toBe(401);
    expect(app.sessions.rows.size).toBe(1);
  });

  it('ends the session also for requests that were under way with it', async () => {
    const client = await alice();
    const get = app.sessions.get.bind(app.sessions);
    let found = (): void => {};
    const reading = new Promise<void>((resolve) => (found = resolve));
    let letGo = (): void => {};
    vi.spyOn(app.sessions, 'get').mockImplementationOnce((sid, done) => {
      get(sid, (error, session) => {
        letGo = () => done(error, session);
        found();
      });
    });
    const parallel = client.send('GET', '/closed');
    await reading;
    await client.send('POST', '/api/v1/auth/logout');
    letGo();
    expect((await parallel).cookies).toEqual([]);
    expect(app.sessions.rows.size).toBe(0);
    expect((await client.send('GET', '/closed')).statusCode).toBe(401);
  });

  it('changes nothing for a caller without a session', async () => {
    const answer = await requests.send('POST', '/api/v1/auth/logout', {
      headers: { authorization: basic('alice', 'alices password') },
    });
    expect([answer.statusCode, answer.cookies]).toEqual([204, []]);
  });
});

describe('GET /auth/me', () => {
  it('answers who is signed in by a session, with its token', async () => {
    const client = await alice();
    const answer = await client.send('GET', '/api/v1/auth/me');
    expect(answer.json()).toMatchObject({ user: { id: 'alice' }, csrfToken: client.csrfToken });
  });

  it('answers who is signed in by Basic, without a token, also beside the session of another', async () => {
    const { cookie } = await alice();
    const headers = { cookie, authorization: basic('bob', 'bobs password') };
    expect((await requests.send('GET', '/api/v1/auth/me', { headers })).json()).toMatchObject({
      user: { id: 'bob' },
      csrfToken: null,
    });
  });

  it('refuses nobody in particular', async () => {
    expect(codeOf(await requests.send('GET', '/api/v1/auth/me'))).toEqual([401, 'not_authenticated']);
  });
});

describe('PUT /auth/me/password', () => {
  const payload = { oldPassword: 'alices password', newPassword: 'another password' };

  it('changes the password, ends every other session, and keeps the own one signed in under a new id', async () => {
    const [client, other] = [await alice(), await alice()];
    const answer = await client.send('PUT', '/api/v1/auth/me/password', { payload });
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    const again = requests.clientFrom(answer, client.csrfToken);
    expect(again.id).not.toBe(client.id);
    const me = await again.send('GET', '/api/v1/auth/me');
    expect(me.json()).toMatchObject({ user: { id: 'alice' } });
    expect(me.json().csrfToken).not.toBe(client.csrfToken);
    for (const old of [client, other]) expect((await old.send('GET', '/closed')).statusCode).toBe(401);
    expect((await requests.signIn('alice', 'alices password')).statusCode).toBe(401);
    expect((await requests.signIn('alice', 'another password')).statusCode).toBe(200);
  });

  it('writes it as the user, hashed', async () => {
    const client = await alice();
    await client.send('PUT', '/api/v1/auth/me/password', { payload });
    expect(app.accounts.written).toEqual([
      {
        author: { subject: { type: 'user', id: 'alice' }, operator: false, requestId: expect.any(String) },
        scope: 'structure',
        id: 'alice',
        change: {
          passwordHash: expect.stringMatching(/^\$argon2id\$/),
          ifCredentialVersion: expect.stringMatching(/^[\da-f-]{36}$/),
        },
      },
    ]);
  });

  it('works by Basic, and ends what was remembered of the old password', async () => {
    const headers = { authorization: basic('alice', 'alices password') };
    const answer = await requests.send('PUT', '/api/v1/auth/me/password', { payload, headers });
    expect([answer.statusCode, answer.cookies]).toEqual([204, []]);
    expect((await requests.send('GET', '/closed', { headers })).statusCode).toBe(401);
    expect(
      (await requests.send('GET', '/closed', { headers: { authorization: basic('alice', 'another password') } }))
        .statusCode,
    ).toBe(200);
  });

  it('refuses a wrong old password, and changes nothing', async () => {
    const client = await alice();
    const answer = await client.send('PUT', '/api/v1/auth/me/password', {
      payload: { ...payload, oldPassword: 'bobs password' },
    });
    expect(codeOf(answer)).toEqual([401, 'invalid_credentials']);
    expect(answer.json()).toMatchObject({ errors: [{ path: 'oldPassword' }] });
    expect(app.accounts.written).toEqual([]);
    expect((await client.send('GET', '/closed')).statusCode).toBe(200);
  });

  it.each([['short'], ['x'.repeat(1025)], ['with a \0 in it'], [12345678], [null]])(
    'refuses %j as the new one',
    async (newPassword) => {
      const client = await alice();
      const answer = await client.send('PUT', '/api/v1/auth/me/password', {
        payload: { ...payload, newPassword } as object,
      });
      expect(codeOf(answer)).toEqual([422, 'invalid_request']);
    },
  );

  it('signs the session out when somebody else has set a password meanwhile', async () => {
    const client = await alice();
    const find = app.credentials.findByUsername.bind(app.credentials);
    vi.spyOn(app.credentials, 'findByUsername')
      .mockImplementationOnce(find)
      .mockImplementationOnce((username) => {
        app.accounts.change('alice', { passwordHash: 'set by an administrator' });
        return find(username);
      });
    expect((await client.send('PUT', '/api/v1/auth/me/password', { payload })).statusCode).toBe(204);
    expect(app.sessions.rows.size).toBe(0);
  });

  it('needs the CSRF token, and somebody signed in', async () => {
    const { cookie } = await alice();
    expect((await requests.send('PUT', '/api/v1/auth/me/password', { payload, headers: { cookie } })).statusCode).toBe(
      403,
    );
    expect((await requests.send('PUT', '/api/v1/auth/me/password', { payload })).statusCode).toBe(401);
    expect(app.accounts.written).toEqual([]);
  });
});
