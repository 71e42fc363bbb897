import { createHmac, sign, KeyObject } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { basic, startAuthApp, type AuthApp } from '../../../test/support/auth-app.js';
import { TestIdentityProvider, writeToken, type TokenWish } from '../../../test/support/identity-provider.js';
import { codeOf, Requests } from '../../../test/support/requests.js';
import { newTokenSecret } from '../token-secret.js';

let provider: TestIdentityProvider;
let app: AuthApp;
let requests: Requests;

beforeAll(async () => {
  provider = await TestIdentityProvider.start();
  await provider.addKey('curve', 'ES256');
  await provider.addKey('edwards', 'EdDSA');
});
afterAll(() => provider.stop());

beforeEach(async () => {
  provider.asked.length = 0;
  app = await startAuthApp({ identityProvider: provider.options() });
  requests = new Requests(app.nest);
});
afterEach(() => app.nest.close());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const get = (token: string, headers: Record<string, string> = {}, of = requests) =>
  of.send('GET', '/closed', { headers: { ...headers, ...bearer(token) } });
const now = (): number => Math.floor(Date.now() / 1000);
const signedAs = async (answer: Promise<Awaited<ReturnType<typeof get>>>) => {
  const { statusCode, ...got } = await answer;
  return [statusCode, statusCode === 200 ? got.json().subject.id : got.json().code];
};
const REFUSED = [401, 'invalid_token'];

/** A token of these very texts, with the right signature of the key `first`. */
const written = (header: string, claims: string): Promise<string> =>
  writeToken(header, claims, (data) => sign('sha256', data, KeyObject.from(provider.privateKey())));
const claimsText = (more = ''): string =>
  `{"iss":"${provider.issuer}","aud":"castellan","sub":"alice","exp":${now() + 300}${more}}`;
const HEADER = '{"alg":"RS256","kid":"first"}';

describe('a token of the identity provider', () => {
  it.each(['first', 'curve', 'edwards'])('signs in the user that it names, by the key %s', async (kid) => {
    const token = await provider.tokenFor('alice', { kid });
    const { statusCode, ...answer } = await get(token);
    expect([statusCode, answer.json()]).toEqual([
      200,
      { subject: { type: 'user', id: 'alice' }, signedIn: true, signedInBy: 'identity-provider' },
    ]);
  });

  it.each<[what: string, wish: () => TokenWish]>([
    ['names its type as an access token', () => ({ header: { typ: 'at+jwt' } })],
    ['names its type in full', () => ({ header: { typ: 'application/at+JWT' } })],
    ['names no type', () => ({ header: { typ: undefined } })],
    ['is for several', () => ({ claims: { aud: ['another', 'castellan'] } })],
    ['says nothing of when it was issued', () => ({ claims: { iat: undefined } })],
    ['ended within the tolerance of clocks', () => ({ claims: { exp: now() - 1, iat: now() - 300 } })],
    ['begins within the tolerance of clocks', () => ({ claims: { nbf: now() + 3, iat: now() + 3 } })],
    ['names no key, where there is one that it could be', () => ({ header: { kid: undefined } })],
    ['has claims of its own', () => ({ claims: { scope: 'openid', admin: true } })],
  ])('signs in when it %s', async (_, wish) => {
    expect(await signedAs(get(await provider.tokenFor('alice', wish())))).toEqual([200, 'alice']);
  });

  it.each<[what: string, wish: () => TokenWish]>([
    ['is of another issuer', () => ({ claims: { iss: 'https://other.example' } })],
    ['is of an issuer spelled otherwise', () => ({ claims: { iss: undefined } })],
    ['is for another audience', () => ({ claims: { aud: 'another' } })],
    ['is for nobody', () => ({ claims: { aud: undefined } })],
    ['is for an audience that only begins so', () => ({ claims: { aud: ['castellan-2'] } })],
    ['has ended', () => ({ claims: { exp: now() - 60, iat: now() - 300 } })],
    ['never ends', () => ({ claims: { exp: undefined, iat: undefined } })],
    ['ends at a time that is no number', () => ({ claims: { exp: `${now() + 300}` } })],
    ['has not begun', () => ({ claims: { nbf: now() + 60 } })],
    ['was issued in the future', () => ({ claims: { iat: now() + 60 } })],
    ['was issued at no number', () => ({ claims: { iat: 'now' } })],
    ['names nobody', () => ({ claims: { sub: undefined } })],
    ['names a user by a number', () => ({ claims: { sub: 1 } })],
    ['names several users', () => ({ claims: { sub: ['alice'] } })],
    ['names a user by an id that can be none', () => ({ claims: { sub: 'a\u0000' } })],
    ['names an empty id', () => ({ claims: { sub: '' } })],
    ['is of another type', () => ({ header: { typ: 'logout+jwt' } })],
    ['asks for an extension to be understood', () => ({ header: { crit: ['b64'], b64: true } })],
    ['names a key of another kind', () => ({ header: { kid: 'curve' } })],
    ['names a key by no text', () => ({ header: { kid: 1 } })],
    ['names no key, where there are several that it could be', () => ({ header: { kid: undefined } })],
    ['names a key that is not there', () => ({ header: { kid: 'third' } })],
  ])('is refused when it %s', async (what, wish) => {
    // The three keys are each of a kind: a second one makes it a guess.
    if (what.startsWith('names no key'))
      provider.shown.set('second', { kty: 'RSA', ...provider.shown.get('first'), kid: 'second' });
    try {
      const token = await provider.tokenFor('alice', wish());
      expect(await signedAs(get(token))).toEqual(REFUSED);
      expect(await signedAs(get(token))).toEqual(REFUSED);
    } finally {
      provider.shown.delete('second');
    }
  });

  it('is refused when its signature is not that of the key', async () => {
    const token = await provider.tokenFor('alice');
    const [header, , signature] = token.split('.') as [string, string, string];
    const others = (await provider.tokenFor('bob')).split('.')[1];
    const other = await TestIdentityProvider.start();
    await other.addKey('first', 'RS256');
    const foreign = await other.tokenFor('alice', { claims: { iss: provider.issuer } });
    await other.stop();
    for (const bad of [`${header}.${others}.${signature}`, `${token.slice(0, -6)}AAAAAA`, foreign])
      expect(await signedAs(get(bad))).toEqual(REFUSED);
  });

  it('is refused without a signature, and with one that the public key can make', async () => {
    const publicKey = JSON.stringify(provider.shown.get('first'));
    const pem = KeyObject.from(provider.privateKey());
    const texts = [publicKey, String(pem.asymmetricKeyType), String(provider.shown.get('first')?.['n'])];
    const tokens = [
      await writeToken('{"alg":"none"}', claimsText(), () => Buffer.alloc(0)),
      await writeToken('{"alg":"none","kid":"first"}', claimsText(), () => Buffer.from('x')),
      await writeToken('{"alg":"None","kid":"first"}', claimsText(), () => Buffer.from('x')),
      ...(await Promise.all(
        texts.map((text) =>
          writeToken('{"alg":"HS256","kid":"first"}', claimsText(), (data) =>
            createHmac('sha256', text).update(data).digest(),
          ),
        ),
      )),
    ];
    for (const token of tokens) expect(await signedAs(get(token))).toEqual(REFUSED);
    expect(provider.asked).toEqual([]);
  });

  it('is refused when it is signed by an algorithm that is not named, also by the right key', async () => {
    const strict = await startAuthApp({ identityProvider: provider.options({ algorithms: ['ES256'] }) });
    const token = await provider.tokenFor('alice');
    expect(await signedAs(get(token, {}, new Requests(strict.nest)))).toEqual(REFUSED);
    const curve = await provider.tokenFor('alice', { kid: 'curve' });
    expect(await signedAs(get(curve, {}, new Requests(strict.nest)))).toEqual([200, 'alice']);
    await strict.nest.close();
  });

  it('is refused when readers could disagree on what it says', async () => {
    expect(await signedAs(get(await written(HEADER, claimsText())))).toEqual([200, 'alice']);
    const tokens = [
      await written(HEADER, claimsText(',"sub":"bob"')),
      await written(HEADER, claimsText(',"\\u0073ub":"bob"')),
      await written(HEADER, claimsText(',"nested":{"a":1,"a":2}')),
      await written('{"alg":"RS256","kid":"curve","kid":"first"}', claimsText()),
      await written(HEADER, `${claimsText()} x`),
      await written(HEADER, `[${claimsText()}]`),
      await written(HEADER, claimsText(`,"deep":${'['.repeat(40)}${']'.repeat(40)}`)),
    ];
    for (const token of tokens) expect(await signedAs(get(token))).toEqual(REFUSED);
  });

  it('is refused when it is of another form, or too long', async () => {
    const token = await provider.tokenFor('alice');
    const [header, claims, signature] = token.split('.') as [string, string, string];
    const long = await provider.tokenFor('alice', { claims: { filling: 'x'.repeat(6200) } });
    expect(long.length).toBeGreaterThan(8192);
    const forms = [
      `${token}.${signature}`,
      `${header}.${claims}.${signature}.${header}.${signature}`,
      `${header}.${claims}`,
      `${header}.${claims}.`,
      `.${claims}.${signature}`,
      `${token}=`,
      `${token} ${token}`,
      `${token}, Bearer ${token}`,
      JSON.stringify({ payload: claims, signatures: [{ protected: header, signature }] }),
      long,
    ];
    for (const form of forms) expect(await signedAs(get(form))).toEqual(REFUSED);
    expect(provider.asked).toEqual([]);
  });

  it('is refused in the same words as any other, and asks for a token anew', async () => {
    const answers = await Promise.all([
      get(await provider.tokenFor('nobody')),
      get(await provider.tokenFor('alice', { claims: { aud: 'another' } })),
      get('a.b.c'),
      get(newTokenSecret().token),
    ]);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    for (const { headers } of answers)
      expect(headers['www-authenticate']).toBe(
        'Basic realm="castellan", charset="UTF-8", Bearer realm="castellan", error="invalid_token"',
      );
  });

  it('is verified once, and its user is looked at each time', async () => {
    const token = await provider.tokenFor('alice');
    const idle = await provider.tokenFor('bob');
    for (let n = 0; n < 3; n += 1) expect(await signedAs(get(token))).toEqual([200, 'alice']);
    expect(app.providerUsers.asked).toEqual(['alice', 'alice', 'alice']);
    expect(await signedAs(get(idle))).toEqual([200, 'bob']);
    app.accounts.change('bob', { active: false });
    expect(await signedAs(get(idle))).toEqual(REFUSED);
    app.accounts.change('bob', { active: true });
    expect(await signedAs(get(idle))).toEqual([200, 'bob']);
    app.accounts.remove('bob');
    expect(await signedAs(get(idle))).toEqual(REFUSED);
    expect(app.accounts.find('bob')).toBeUndefined();
  });

  it('takes the user from another claim where the settings say so', async () => {
    const other = await startAuthApp({ identityProvider: provider.options({ subjectClaim: 'preferred_username' }) });
    const of = new Requests(other.nest);
    const token = await provider.tokenFor('8f1c', { claims: { preferred_username: 'alice' } });
    expect(await signedAs(get(token, {}, of))).toEqual([200, 'alice']);
    expect(await signedAs(get(await provider.tokenFor('alice'), {}, of))).toEqual(REFUSED);
    await other.nest.close();
  });

  it('goes over the session of the cookie, needs no CSRF token, and is refused from another site', async () => {
    const { cookie } = await requests.client('alice', 'alices password');
    const token = await provider.tokenFor('bob');
    expect(await signedAs(get(token, { cookie }))).toEqual([200, 'bob']);
    expect(await signedAs(get('a.b.c', { cookie }))).toEqual(REFUSED);
    const posted = await requests.send('POST', '/closed', { headers: { cookie, ...bearer(token) } });
    expect([posted.statusCode, posted.json().subject?.id]).toEqual([200, 'bob']);
    const crossSite = await requests.send('POST', '/closed', {
      headers: { ...bearer(token), origin: 'https://evil.test' },
    });
    expect(codeOf(crossSite)).toEqual([403, 'cross_site']);
  });

  it('is no password, and of no other scheme', async () => {
    const token = await provider.tokenFor('alice');
    for (const authorization of [token, `JWT ${token}`, `Basic ${token}`, basic('alice', token)]) {
      const answer = await requests.send('GET', '/closed', { headers: { authorization } });
      expect(codeOf(answer)).toEqual([401, 'invalid_credentials']);
    }
  });

  it('of one application signs nobody in at another of the same process, with another provider or none', async () => {
    const other = await TestIdentityProvider.start();
    const apps = [await startAuthApp(), await startAuthApp({ identityProvider: other.options() })];
    const token = await provider.tokenFor('alice');
    for (const { nest } of apps) expect(await signedAs(get(token, {}, new Requests(nest)))).toEqual(REFUSED);
    expect(await signedAs(get(token))).toEqual([200, 'alice']);
    const foreign = await other.tokenFor('alice');
    expect(await signedAs(get(foreign))).toEqual(REFUSED);
    expect(await signedAs(get(foreign, {}, new Requests((apps[1] as AuthApp).nest)))).toEqual([200, 'alice']);
    for (const { nest } of apps) await nest.close();
    await other.stop();
  });

  it('leaves tokens of our own to sign in as ever', async () => {
    const { token, hash } = newTokenSecret();
    app.tokens.users.set(hash, 'alice');
    expect(await signedAs(get(token))).toEqual([200, 'alice']);
    expect(app.providerUsers.asked).toEqual([]);
  });
});
