import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { basic, startAuthApp, type AuthApp } from '../../test/support/auth-app.js';
import { codeOf, Requests } from '../../test/support/requests.js';
import { BasicStrategy } from './basic.strategy.js';
import { BearerStrategy } from './bearer.strategy.js';
import { SessionStrategy } from './session.strategy.js';
import { newTokenSecret } from './token-secret.js';

let app: AuthApp;
let requests: Requests;

beforeEach(async () => {
  app = await startAuthApp();
  requests = new Requests(app.nest);
});

afterEach(async () => {
  await app.nest.close();
});

/** A token that signs the user in. */
function tokenOf(user: string): string {
  const { token, hash } = newTokenSecret();
  app.tokens.users.set(hash, user);
  return token;
}

const get = (url: string, headers: Record<string, string>) => requests.send('GET', url, { headers });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const subject = (id: string) => ({ type: 'user', id });

describe('a token', () => {
  it('signs its user in, with the scheme in any case, and takes one look', async () => {
    const token = tokenOf('alice');
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer  ']) {
      const answer = await get('/closed', { authorization: `${scheme} ${token}` });
      expect([scheme, answer.statusCode, answer.json().subject]).toEqual([scheme, 200, subject('alice')]);
    }
    expect(app.tokens.asked).toHaveLength(4);
    expect([app.credentials.lookups, app.credentials.checks]).toEqual([0, 0]);
  });

  it('is refused in the same words when it is unknown, and when its user is not active or gone', async () => {
    app.accounts.add('idle', undefined, { active: false });
    const tokens = [newTokenSecret().token, tokenOf('idle'), tokenOf('nobody')];
    const answers = await Promise.all(tokens.map((token) => get('/closed', bearer(token))));
    for (const answer of answers) {
      expect(codeOf(answer)).toEqual([401, 'invalid_token']);
      expect(answer.headers['www-authenticate']).toBe(
        'Basic realm="castellan", charset="UTF-8", Bearer realm="castellan", error="invalid_token"',
      );
    }
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  });

  it('is not put to the database when it can be none', async () => {
    const token = tokenOf('alice');
    const headers = [
      'Bearer',
      'Bearer ',
      'Bearer abc',
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${token}A`,
      `Bearer ${token} ${token}`,
      `Bearer ${token}, Bearer ${token}`,
      `Bearer "${token}"`,
      `Bearer token=${token}`,
      `Bearer\t${token}`,
      `Bearer ${Buffer.from('alice:alices password').toString('base64')}`,
    ];
    for (const authorization of headers) {
      expect([authorization, ...codeOf(await get('/closed', { authorization }))]).toEqual([
        authorization,
        401,
        'invalid_token',
      ]);
    }
    expect(app.tokens.asked).toEqual([]);
  });

  it('is none of another scheme, and no password', async () => {
    const token = tokenOf('alice');
    for (const authorization of [token, `Token ${token}`, `Basic ${token}`, basic('alice', token), basic(token, '')]) {
      expect(codeOf(await get('/closed', { authorization }))).toEqual([401, 'invalid_credentials']);
    }
  });

  it('is not looked for anywhere but in the header', async () => {
    const token = tokenOf('alice');
    const places = [
      () => get(`/closed?access_token=${token}`, {}),
      () => get(`/closed?token=${token}`, {}),
      () => get('/closed', { 'x-access-token': token, 'proxy-authorization': `Bearer ${token}` }),
      () => get('/closed', { cookie: `castellan.sid=${token}; access_token=${token}` }),
      () => requests.send('POST', '/closed', { payload: { access_token: token } }),
    ];
    for (const send of places) expect(codeOf(await send())).toEqual([401, 'not_authenticated']);
    expect(app.tokens.asked).toEqual([]);
  });

  it('is not looked at where everybody may go', async () => {
    expect((await get('/public', bearer(tokenOf('alice')))).json()).toMatchObject({ signedIn: false });
    expect(app.tokens.asked).toEqual([]);
  });

  it('goes over the session of the cookie, when it is right and when it is wrong', async () => {
    const { cookie } = await requests.client('alice', 'alices password');
    const bob = await get('/closed', { cookie, ...bearer(tokenOf('bob')) });
    expect(bob.json().subject).toEqual(subject('bob'));
    for (const wrong of ['', 'abc', newTokenSecret().token]) {
      expect(codeOf(await get('/closed', { cookie, ...bearer(wrong) }))).toEqual([401, 'invalid_token']);
    }
  });

  it('needs no CSRF token for what is unsafe, also beside a session; from another site it is refused', async () => {
    const { cookie } = await requests.client('alice', 'alices password');
    const headers = { cookie, ...bearer(tokenOf('bob')) };
    const answer = await requests.send('POST', '/closed', { headers });
    expect([answer.statusCode, answer.json().subject]).toEqual([200, subject('bob')]);
    const crossSite = await requests.send('POST', '/closed', { headers: { ...headers, origin: 'https://evil.test' } });
    expect(codeOf(crossSite)).toEqual([403, 'cross_site']);
  });

  it('of one application signs nobody in at another one of the same process', async () => {
    const token = tokenOf('alice');
    const other = await startAuthApp();
    expect((await get('/closed', bearer(token))).statusCode).toBe(200);
    expect((await other.nest.inject({ url: '/closed', headers: bearer(token) })).statusCode).toBe(401);
    await other.nest.close();
  });
});

describe('a way to sign in that fails lets nobody in, by no other way either', () => {
  it.each<[name: string, strategy: typeof BearerStrategy | typeof BasicStrategy | typeof SessionStrategy]>([
    ['bearer', BearerStrategy],
    ['basic', BasicStrategy],
    ['session', SessionStrategy],
  ])('%s', async (name, strategy) => {
    const { cookie } = await requests.client('alice', 'alices password');
    const validate = vi.spyOn(app.nest.get<BearerStrategy>(strategy as never), 'validate');
    validate.mockRejectedValue(new Error('out of order'));
    const headers = {
      bearer: { cookie, ...bearer(newTokenSecret().token) },
      basic: { cookie, authorization: basic('alice', 'wrong password') },
      session: { cookie },
    }[name];
    const answer = await get('/closed', headers ?? {});
    expect([...codeOf(answer), validate.mock.calls.length]).toEqual([500, 'internal', 1]);
  });

  it('a look-up of tokens', async () => {
    const { cookie } = await requests.client('alice', 'alices password');
    vi.spyOn(app.tokens, 'holderOf').mockRejectedValue(new Error('out of order'));
    const answer = await get('/closed', { cookie, ...bearer(tokenOf('alice')) });
    expect(codeOf(answer)).toEqual([500, 'internal']);
  });
});
