import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fakeFetch, jsonAnswer, networkFailure, problemAnswer, type Outcome } from '../../test/support/fake-fetch.js';
import { CastellanClient, CastellanClientError, type CastellanClientOptions } from './index.js';

const url = 'http://service.test';
const page = { items: [], next: null };
const PASSWORD = 'swordfish for tests';
const TOKEN = 'tok-0123456789';
const BASIC = Buffer.from(`alice:${PASSWORD}`).toString('base64');
const WAYS: Readonly<Record<string, CastellanClientOptions>> = {
  'a token': { url, token: TOKEN },
  'username and password': { url, username: 'alice', password: PASSWORD },
};

/** Every way that something gets into a log. */
function logged(value: unknown): string {
  const shown = [{ depth: 20 }, { depth: 20, showHidden: true, getters: true }].map((how) => inspect(value, how));
  const message = value instanceof Error ? [value.message, value.stack, String(value.cause)] : [];
  return [...shown, String(value), JSON.stringify(value), ...message].join('\n');
}

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

function expectNoSecret(value: unknown): void {
  for (const secret of [PASSWORD, TOKEN, BASIC]) expect(logged(value)).not.toContain(secret);
}

describe('the credentials', () => {
  it('go along as a bearer token, or as Basic in UTF-8', async () => {
    const sentBy = async (options: Omit<CastellanClientOptions, 'url'>): Promise<string | null | undefined> => {
      const { fetch, attempts } = fakeFetch(jsonAnswer(page));
      await new CastellanClient({ url, fetch, ...options } as CastellanClientOptions).users.list();
      return attempts[0]?.headers.get('authorization');
    };
    expect(await sentBy({ token: TOKEN })).toBe(`Bearer ${TOKEN}`);
    expect(await sentBy({ username: 'alice', password: PASSWORD })).toBe(`Basic ${BASIC}`);
    const unicode = Buffer.from('Åsa 😀:naïve: pässword').toString('base64');
    expect(await sentBy({ username: 'Åsa 😀', password: 'naïve: pässword' })).toBe(`Basic ${unicode}`);
    expect(await sentBy({})).toBeNull();
  });

  it('leave the cookies of a browser at home; without them those of the own origin go along', async () => {
    const { fetch, attempts } = fakeFetch(jsonAnswer(page), jsonAnswer(page));
    await new CastellanClient({ url, fetch, token: TOKEN }).users.list();
    await new CastellanClient({ url, fetch }).users.list();
    expect(attempts.map(({ init }) => init.credentials)).toEqual(['omit', 'same-origin']);
  });

  it.each(Object.entries(WAYS))('show nowhere in a client: %s', (_, options) => {
    const client = new CastellanClient(options);
    expectNoSecret(client);
    for (const part of Object.values(client)) expectNoSecret(part);
    expectNoSecret(client.objects('post'));
    expectNoSecret(client.users.iterate());
  });

  const leaking = (secret: string): Error =>
    Object.assign(new Error(`could not send authorization: ${secret}`, { cause: new Error(secret) }), {
      config: { headers: { authorization: secret } },
      request: new Request(url, { headers: { authorization: secret } }),
    });
  const FAILURES: Readonly<Record<string, (secrets: readonly string[]) => Outcome>> = {
    'a refusal': () => problemAnswer('invalid_credentials', 401),
    'a page that repeats them': (secrets) => new Response(`<p>${secrets.join(' ')}</p>`, { status: 500 }),
    'a redirect that repeats them': ([secret]) =>
      new Response(null, { status: 302, headers: { location: `https://x.test/?t=${secret}` } }),
    'a broken connection': () => networkFailure('ECONNRESET'),
    'an error that holds the request': (secrets) => leaking(secrets.join(' ')),
  };
  const SECRETS = [
    { options: { url, token: TOKEN }, secrets: [TOKEN] },
    { options: { url, username: 'alice', password: PASSWORD }, secrets: [BASIC, PASSWORD] },
  ];

  it.each(Object.entries(FAILURES))('show in no error: %s', async (_, failure) => {
    for (const { options, secrets } of SECRETS) {
      const { fetch } = fakeFetch(() => failure(secrets));
      const client = new CastellanClient({ ...options, fetch, retries: 0 });
      const error: unknown = await client.users.create({ username: 'bob' }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CastellanClientError);
      expectNoSecret(error);
    }
  });

  it('show in no error of the timeout or of the caller', async () => {
    const { fetch } = fakeFetch('silence');
    const client = new CastellanClient({ url, token: TOKEN, fetch });
    expectNoSecret(await client.users.list({}, { timeout: 5 }).catch((e: unknown) => e));
  });

  const UNUSABLE: Readonly<Record<string, unknown>> = {
    'a token with a line break': { url, token: `${TOKEN}\nx: y` },
    'a token with a space': { url, token: `${TOKEN} ` },
    'a token beyond ASCII': { url, token: `${TOKEN}é` },
    'an empty token': { url, token: '' },
    'a token that is no text': { url, token: { value: TOKEN } },
    both: { url, token: TOKEN, username: 'alice', password: PASSWORD },
    'a username alone': { url, username: 'alice' },
    'a password alone': { url, password: PASSWORD },
    'a username with a colon': { url, username: 'a:b', password: PASSWORD },
    'an empty username': { url, username: '', password: PASSWORD },
    'a password with a line break': { url, username: 'alice', password: `${PASSWORD}\n` },
    'credentials in the url': { url: `http://alice:${encodeURIComponent(PASSWORD)}@service.test` },
    'a username in the url': { url: `http://${TOKEN}@service.test` },
    'a url that is none, with credentials': { url: `http://${TOKEN}:${TOKEN}@ser vice.test` },
    'a token in the query of the url': { url: `http://service.test?token=${TOKEN}` },
    'a token in the fragment of the url': { url: `http://service.test#${TOKEN}` },
  };

  it.each(Object.entries(UNUSABLE))('that can not be used are refused, and not repeated: %s', (_, options) => {
    const make = (): CastellanClient => new CastellanClient(options as CastellanClientOptions);
    expect(make).toThrow(TypeError);
    const error = thrownBy(make);
    expectNoSecret(error);
    expect(logged(error)).not.toContain(encodeURIComponent(PASSWORD));
  });
});

describe('a session', () => {
  const signedIn = { user: { id: 'alice' }, csrfToken: 'csrf-1' };

  it('has its token sent along with what changes things, and with nothing else', async () => {
    const { fetch, attempts } = fakeFetch(
      jsonAnswer(signedIn),
      jsonAnswer(page),
      jsonAnswer({ id: 'g' }, 201),
      new Response(null, { status: 204 }),
      problemAnswer('not_authenticated', 401),
    );
    const client = new CastellanClient({ url, fetch });
    await client.auth.login({ username: 'alice', password: PASSWORD });
    await client.users.list();
    await client.groups.create({ id: 'g' });
    await client.auth.logout();
    await client.groups.create({ id: 'h' }).catch(() => {});
    expect(attempts.map(({ headers }) => headers.get('x-csrf-token'))).toEqual([null, null, 'csrf-1', 'csrf-1', null]);
    expectNoSecret(client);
    expect(logged(client)).not.toContain('csrf-1');
  });

  it('is taken up again by asking who is signed in', async () => {
    const { fetch, attempts } = fakeFetch(jsonAnswer(signedIn), jsonAnswer({ id: 'g' }, 201));
    const client = new CastellanClient({ url, fetch });
    await expect(client.auth.me()).resolves.toEqual(signedIn);
    await client.groups.create({ id: 'g' });
    expect(attempts[1]?.headers.get('x-csrf-token')).toBe('csrf-1');
  });

  it('goes on under its new token after a change of the password', async () => {
    const { fetch, attempts } = fakeFetch(
      jsonAnswer(signedIn),
      new Response(null, { status: 204 }),
      jsonAnswer({ ...signedIn, csrfToken: 'csrf-2' }),
      jsonAnswer({ id: 'g' }, 201),
    );
    const client = new CastellanClient({ url, fetch });
    await client.auth.me();
    await client.auth.changePassword({ oldPassword: PASSWORD, newPassword: `${PASSWORD} 2` });
    await client.groups.create({ id: 'g' });
    expect(attempts[3]?.headers.get('x-csrf-token')).toBe('csrf-2');
  });

  it('that ended with a change of the password is no fault of the change', async () => {
    const { fetch } = fakeFetch(new Response(null, { status: 204 }), problemAnswer('not_authenticated', 401));
    const client = new CastellanClient({ url, fetch });
    const changed = client.auth.changePassword({ oldPassword: PASSWORD, newPassword: `${PASSWORD} 2` });
    await expect(changed).resolves.toBeUndefined();
  });

  it('is nothing for a client with credentials of its own', async () => {
    const { fetch, attempts } = fakeFetch();
    const client = new CastellanClient({ url, fetch, token: TOKEN });
    await expect(client.auth.login({ username: 'alice', password: PASSWORD })).rejects.toThrow(TypeError);
    await expect(client.auth.logout()).rejects.toThrow(TypeError);
    expect(attempts).toEqual([]);
  });
});
