import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAuthApp, type AuthApp } from '../../../test/support/auth-app.js';
import { TestIdentityProvider } from '../../../test/support/identity-provider.js';
import { Requests } from '../../../test/support/requests.js';
import type { IdentityProviderOptions } from './provider-options.js';

const FOREVER = Number.MAX_SAFE_INTEGER;

let provider: TestIdentityProvider;
let apps: AuthApp[];
let reports: unknown[];

beforeEach(async () => {
  provider = await TestIdentityProvider.start();
  apps = [];
  reports = [];
});
afterEach(async () => {
  for (const { nest } of apps) await nest.close();
  await provider.stop();
});

/** Sends tokens to an application with the provider; answers the user, or the code of the refusal. */
async function appWith(options: Partial<IdentityProviderOptions>): Promise<(token: string) => Promise<unknown>> {
  const identityProvider = provider.options(options);
  const app = await startAuthApp({ identityProvider, report: (error) => reports.push(error) });
  apps.push(app);
  const requests = new Requests(app.nest);
  return async (token) => {
    const answer = await requests.send('GET', '/closed', { headers: { authorization: `Bearer ${token}` } });
    if (answer.statusCode === 503) expect(answer.headers['retry-after']).toBeDefined();
    return answer.statusCode === 200 ? answer.json().subject.id : answer.json().code;
  };
}

const DISCOVERY = '/.well-known/openid-configuration';
const UNAVAILABLE = 'identity_provider_unavailable';

describe('the keys of the identity provider', () => {
  it('are found by its discovery document, once for many tokens at once', async () => {
    const ask = await appWith({});
    const tokens = await Promise.all(Array.from({ length: 20 }, () => provider.tokenFor('alice')));
    expect(new Set(await Promise.all(tokens.map(ask)))).toEqual(new Set(['alice']));
    expect(provider.asked).toEqual([DISCOVERY, '/keys']);
  });

  it('are where the settings say, which then asks for no document', async () => {
    const ask = await appWith({ jwksUrl: provider.jwksUrl });
    expect(await ask(await provider.tokenFor('alice'))).toBe('alice');
    expect(provider.asked).toEqual(['/keys']);
  });

  it('are looked up anew for a key that is not known', async () => {
    const ask = await appWith({ times: { cooldown: 0 } });
    expect(await ask(await provider.tokenFor('alice'))).toBe('alice');
    await provider.addKey('second', 'ES256');
    expect(await ask(await provider.tokenFor('bob', { kid: 'second' }))).toBe('bob');
    expect(provider.asked).toEqual([DISCOVERY, '/keys', '/keys']);
  });

  it('are not looked up again for a flood of made-up keys', async () => {
    const ask = await appWith({ times: { cooldown: FOREVER } });
    expect(await ask(await provider.tokenFor('alice'))).toBe('alice');
    const flood = await Promise.all(
      Array.from({ length: 50 }, (_, n) => provider.tokenFor('alice', { header: { kid: `made-up-${n}` } })),
    );
    expect(new Set(await Promise.all(flood.map(ask)))).toEqual(new Set(['invalid_token']));
    expect(provider.asked).toEqual([DISCOVERY, '/keys']);
  });

  it('that are withdrawn count no more, also for tokens that were verified before', async () => {
    // Always looked up again, in the background.
    const ask = await appWith({ times: { cooldown: 0, fresh: -1 } });
    const token = await provider.tokenFor('alice');
    expect(await ask(token)).toBe('alice');
    await provider.addKey('second', 'ES256');
    provider.shown.delete('first');
    await ask(token);
    await expect.poll(() => ask(token)).toBe('invalid_token');
    expect(await ask(await provider.tokenFor('bob', { kid: 'second' }))).toBe('bob');
  });

  it('go on counting while the provider is down; others are unavailable, and nobody comes in', async () => {
    const ask = await appWith({ times: { cooldown: 0, fresh: -1 } });
    const token = await provider.tokenFor('alice');
    expect(await ask(token)).toBe('alice');
    await provider.addKey('second', 'ES256');
    const later = await provider.tokenFor('bob', { kid: 'second' });
    provider.instead = (request) => request.socket.destroy();
    expect(await ask(later)).toBe(UNAVAILABLE);
    expect(await ask(token)).toBe('alice');
    expect(await ask(await provider.tokenFor('bob'))).toBe('bob');
    expect(await ask(await provider.tokenFor('bob', { claims: { aud: 'another' } }))).toBe('invalid_token');
    expect(reports.length).toBeGreaterThan(0);
    provider.instead = null;
    // A look that was under way still fails.
    await expect.poll(() => ask(later)).toBe('bob');
  });

  it('count no more when they could not be looked up for too long', async () => {
    const ask = await appWith({ times: { cooldown: 0, lasting: -1 } });
    expect(await ask(await provider.tokenFor('alice'))).toBe(UNAVAILABLE);
  });

  it('are unavailable for all while they were never had, and it is asked once in a cooldown', async () => {
    provider.instead = (request) => request.socket.destroy();
    const ask = await appWith({ jwksUrl: provider.jwksUrl, times: { cooldown: FOREVER } });
    for (const user of ['alice', 'bob']) expect(await ask(await provider.tokenFor(user))).toBe(UNAVAILABLE);
    expect(provider.asked).toEqual(['/keys']);
    expect(reports).toHaveLength(1);
  });

  it('are not waited for when the provider says nothing', async () => {
    provider.instead = () => {};
    const ask = await appWith({ times: { timeout: 20 } });
    expect(await ask(await provider.tokenFor('alice'))).toBe(UNAVAILABLE);
  });

  it('are not waited for when they come a byte at a time, nor read when they never end', async () => {
    for (const chunk of ['{', 'x'.repeat(64 * 1024)]) {
      provider.instead = (_, response) => {
        const more = setInterval(() => response.write(chunk), 1);
        response.on('close', () => clearInterval(more));
        response.writeHead(200);
      };
      const ask = await appWith({ times: { timeout: 200 } });
      expect(await ask(await provider.tokenFor('alice'))).toBe(UNAVAILABLE);
    }
  });

  it('are not taken from where a redirect leads', async () => {
    const elsewhere = createServer((_, response) =>
      response.end(JSON.stringify({ keys: [...provider.shown.values()] })),
    );
    await new Promise<void>((resolve) => {
      elsewhere.listen(0, '127.0.0.1', resolve);
    });
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    const followed: unknown[] = [];
    elsewhere.on('request', (request) => followed.push(request.url));
    for (const target of [location, `${provider.issuer}/keys-elsewhere`]) {
      for (const status of [301, 302, 307, 308]) {
        provider.instead = (_, response) => response.writeHead(status, { location: target }).end();
        const ask = await appWith({ jwksUrl: provider.jwksUrl });
        expect([status, await ask(await provider.tokenFor('alice'))]).toEqual([status, UNAVAILABLE]);
      }
    }
    expect([followed, provider.asked.filter((path) => path !== '/keys')]).toEqual([[], []]);
    await new Promise((resolve) => {
      elsewhere.close(resolve);
    });
  });

  it.each<[what: string, document: () => unknown]>([
    ['of another issuer', () => ({ issuer: 'https://other.example', jwks_uri: provider.jwksUrl.href })],
    ['of the issuer with a slash', () => ({ issuer: `${provider.issuer}/`, jwks_uri: provider.jwksUrl.href })],
    ['that names no keys', () => ({ issuer: provider.issuer })],
    ['that names keys in the open', () => ({ issuer: provider.issuer, jwks_uri: 'http://keys.example/keys' })],
    ['that names a file', () => ({ issuer: provider.issuer, jwks_uri: 'file:///etc/passwd' })],
    ['that is a list', () => []],
    ['that is empty', () => null],
  ])('are not looked for by a document %s', async (_, document) => {
    provider.instead = (_request, response) => response.end(JSON.stringify(document()));
    const ask = await appWith({});
    expect(await ask(await provider.tokenFor('alice'))).toBe(UNAVAILABLE);
    expect(provider.asked).toEqual([DISCOVERY]);
  });

  it.each<[what: string, set: unknown]>([
    ['is none', { keys: 'none' }],
    ['holds none', {}],
    ['holds what is no key', { keys: [1] }],
  ])('are unavailable when their set %s', async (_, set) => {
    provider.instead = (_request, response) => response.end(JSON.stringify(set));
    const ask = await appWith({ jwksUrl: provider.jwksUrl });
    expect(await ask(await provider.tokenFor('alice'))).toBe(UNAVAILABLE);
  });

  it.each<[what: string, change: (jwk: Record<string, unknown>) => unknown]>([
    ['is for encryption', (jwk) => ({ ...jwk, use: 'enc' })],
    ['is of another algorithm', (jwk) => ({ ...jwk, alg: 'RS512' })],
    ['is broken', (jwk) => ({ ...jwk, n: 'AQAB' })],
    ['is a secret', ({ kid }) => ({ kty: 'oct', k: 'c2VjcmV0', kid, alg: 'RS256' })],
  ])('do not count when the one that is named %s', async (_, change) => {
    provider.shown.set('first', change({ ...provider.shown.get('first') }) as never);
    const ask = await appWith({});
    expect(await ask(await provider.tokenFor('alice'))).toBe('invalid_token');
  });
});
