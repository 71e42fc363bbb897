import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { basic, startAuthApp, type AuthApp } from '../../test/support/auth-app.js';

let app: AuthApp;

beforeEach(async () => {
  app = await startAuthApp();
});

afterEach(async () => {
  await app.nest.close();
});

const alice = { subject: { type: 'user', id: 'alice' }, signedIn: true };
const nobody = { subject: { type: 'anonymous', id: 'anonymous' }, signedIn: false };

function get(url: string, headers: Record<string, string> = {}) {
  return app.nest.inject({ method: 'GET', url, headers });
}

async function cookieOf(username: string, password: string): Promise<string> {
  const answer = await app.nest.inject({
    method: 'POST',
    url: '/api/v1/auth/login',
    payload: { username, password },
  });
  return `castellan.sid=${answer.cookies.find(({ name }) => name === 'castellan.sid')?.value}`;
}

describe('a request without credentials', () => {
  it('is anonymous where everybody may go, and refused with 401 where it takes somebody', async () => {
    expect((await get('/public')).json()).toEqual(nobody);
    const refused = await get('/closed');
    expect([refused.statusCode, refused.json().code]).toEqual([401, 'not_authenticated']);
    expect(refused.headers['www-authenticate']).toBe(
      'Basic realm="castellan", charset="UTF-8", Bearer realm="castellan"',
    );
  });

  it('does not reach a route that declares nothing', async () => {
    expect((await app.nest.inject({ method: 'POST', url: '/undeclared' })).statusCode).toBe(403);
  });
});

describe('a request with an Authorization header', () => {
  it('is the user it names', async () => {
    expect((await get('/closed', { authorization: basic('alice', 'alices password') })).json()).toEqual(alice);
  });

  it('takes the scheme in any case, colons in the password, and UTF-8', async () => {
    app.accounts.add('zoë', await app.passwords.hash('a:b:ç password'));
    const credentials = Buffer.from('zoë:a:b:ç password').toString('base64');
    expect((await get('/closed', { authorization: `bAsIc ${credentials}` })).json().subject.id).toBe('zoë');
  });

  it.each([
    ['the password is wrong', basic('alice', 'bobs password')],
    ['the user is unknown', basic('mallory', 'alices password')],
    ['the password is empty', basic('alice', '')],
    ['everything is empty', basic('', '')],
    ['the name holds a NUL', basic('alice\0', 'alices password')],
    ['the scheme is another', 'Digest abc'],
    ['the scheme only begins as one does', 'Bearerabc abc'],
    ['the scheme is missing', Buffer.from('alice:alices password').toString('base64')],
    ['there is no base64', 'Basic !!!'],
    ['there is nothing', 'Basic'],
    ['it is blank', ''],
    ['there is no colon', `Basic ${Buffer.from('alice').toString('base64')}`],
    ['it is no UTF-8', `Basic ${Buffer.from('616c6963653aff', 'hex').toString('base64')}`],
  ])('is refused with 401 when %s', async (_, authorization) => {
    const answer = await get('/closed', { authorization });
    expect([answer.statusCode, answer.json().code]).toEqual([401, 'invalid_credentials']);
  });

  it('is refused in the same words for an unknown user, a wrong password, an inactive user and one without a password', async () => {
    app.accounts.add('idle', await app.passwords.hash('idles password'), { active: false });
    app.accounts.add('keyless');
    const headers = [
      ['alice', 'not it at all'],
      ['mallory', 'idles password'],
      ['idle', 'idles password'],
      ['keyless', 'idles password'],
    ].map(([name, password]) => basic(name as string, password as string));
    const answers = await Promise.all(headers.map((authorization) => get('/closed', { authorization })));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  });

  it('costs one verification in each of these cases', async () => {
    app.accounts.add('keyless');
    const verify = vi.spyOn(app.passwords, 'verify');
    const verifyNothing = vi.spyOn(app.passwords, 'verifyNothing');
    await get('/closed', { authorization: basic('alice', 'not it at all') });
    expect([verify.mock.calls.length, verifyNothing.mock.calls.length]).toEqual([1, 0]);
    for (const name of ['mallory', 'keyless', 'a\0', '']) {
      verify.mockClear();
      verifyNothing.mockClear();
      await get('/closed', { authorization: basic(name, 'not it at all') });
      expect([name, verify.mock.calls.length, verifyNothing.mock.calls.length]).toEqual([name, 1, 1]);
    }
  });

  it('puts no name to the database that nobody can have', async () => {
    for (const name of ['a\0', '', 'a'.repeat(257)]) {
      expect((await get('/closed', { authorization: basic(name, 'not it at all') })).statusCode).toBe(401);
    }
    expect(app.credentials.lookups).toBe(0);
  });

  it('does not take bytes that are no UTF-8 for the character that stands in for them', async () => {
    app.accounts.add('carol', await app.passwords.hash('\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd'));
    const bytes = Buffer.concat([Buffer.from('carol:'), Buffer.alloc(8, 0xff)]);
    expect((await get('/closed', { authorization: `Basic ${bytes.toString('base64')}` })).statusCode).toBe(401);
  });

  it('is not looked at where everybody may go', async () => {
    const answer = await get('/public', { authorization: basic('alice', 'wrong password') });
    expect([answer.json(), app.credentials.lookups]).toEqual([nobody, 0]);
  });

  it('goes over the session of the cookie, when it is right and when it is wrong', async () => {
    const cookie = await cookieOf('alice', 'alices password');
    expect((await get('/closed', { cookie })).json()).toMatchObject(alice);
    const bob = await get('/closed', { cookie, authorization: basic('bob', 'bobs password') });
    expect(bob.json().subject.id).toBe('bob');
    for (const authorization of [basic('bob', 'no such password'), 'Bearer abc', '']) {
      expect((await get('/closed', { cookie, authorization })).statusCode).toBe(401);
    }
  });
});

describe('a credential that was verified a moment ago', () => {
  const authorization = basic('alice', 'alices password');

  beforeEach(async () => {
    await get('/closed', { authorization });
  });

  it('is not verified again', async () => {
    const verify = vi.spyOn(app.passwords, 'verify');
    expect((await get('/closed', { authorization })).statusCode).toBe(200);
    expect(verify).not.toHaveBeenCalled();
  });

  it('ends at the next request with a new password, and the new one counts', async () => {
    app.accounts.change('alice', { passwordHash: await app.passwords.hash('another password') });
    expect((await get('/closed', { authorization })).statusCode).toBe(401);
    expect((await get('/closed', { authorization: basic('alice', 'another password') })).statusCode).toBe(200);
  });

  it('ends at the next request with a deactivation, and counts again after it', async () => {
    app.accounts.change('alice', { active: false });
    expect((await get('/closed', { authorization })).statusCode).toBe(401);
    app.accounts.change('alice', { active: true });
    expect((await get('/closed', { authorization })).statusCode).toBe(200);
  });

  it('ends at the next request with a deletion, and with the name in other hands', async () => {
    app.accounts.remove('alice');
    expect((await get('/closed', { authorization })).statusCode).toBe(401);
    app.accounts.add('alice', await app.passwords.hash('another password'));
    expect((await get('/closed', { authorization })).statusCode).toBe(401);
  });
});

describe('two applications in one process', () => {
  it('know their own users only', async () => {
    const other = await startAuthApp();
    other.accounts.remove('alice');
    const authorization = basic('alice', 'alices password');
    expect((await get('/closed', { authorization })).statusCode).toBe(200);
    const cookie = await cookieOf('alice', 'alices password');
    expect((await get('/closed', { cookie })).statusCode).toBe(200);
    expect((await other.nest.inject({ url: '/closed', headers: { authorization } })).statusCode).toBe(401);
    await other.nest.close();
    expect((await get('/closed', { authorization })).statusCode).toBe(200);
  });
});
