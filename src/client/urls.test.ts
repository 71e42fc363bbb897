import { describe, expect, it } from 'vitest';
import { fakeFetch, jsonAnswer } from '../../test/support/fake-fetch.js';
import { CastellanClient, UnaddressableIdError } from './index.js';

const page = { items: [], next: null };

async function urlOf(
  call: (client: CastellanClient) => Promise<unknown>,
  url = 'http://service.test',
): Promise<string> {
  const { fetch, attempts } = fakeFetch(jsonAnswer(page), jsonAnswer(page));
  await call(new CastellanClient({ url, fetch })).catch(() => {});
  return attempts[0]?.url ?? 'nothing was sent';
}

describe('an id in a path', () => {
  it.each([
    ['a/b', 'a%2Fb'],
    ['a/../b', 'a%2F..%2Fb'],
    ['../..', '..%2F..'],
    ['...', '...'],
    ['a?limit=0#x', 'a%3Flimit%3D0%23x'],
    ['100%', '100%25'],
    ['%2e%2e', '%252e%252e'],
    [' a b+c ', '%20a%20b%2Bc%20'],
    ['é😀', '%C3%A9%F0%9F%98%80'],
    ['\\', '%5C'],
    ['user:alice', 'user%3Aalice'],
    ['__proto__', '__proto__'],
  ])('is one segment of it: %j', async (id, segment) => {
    const sent = await urlOf((client) => client.users.get(id));
    expect(sent).toBe(`http://service.test/api/v1/users/${segment}`);
    // What the platform makes of it is what was meant.
    expect(new URL(sent).pathname).toBe(`/api/v1/users/${segment}`);
    expect(await urlOf((client) => client.objects(id).get(id))).toBe(
      `http://service.test/api/v1/objects/${segment}/${segment}`,
    );
    expect(await urlOf((client) => client.groups.members.add(id, { type: 'user', id }))).toBe(
      `http://service.test/api/v1/groups/${segment}/members/user/${segment}`,
    );
  });

  it.each(['.', '..', '', '\ud800', 'a\udc00b', undefined, null, 7, ['a']])(
    'that would lead elsewhere is never sent: %j',
    async (bad) => {
      const id = bad as string;
      const { fetch, attempts } = fakeFetch();
      const client = new CastellanClient({ url: 'http://service.test', fetch });
      const calls = [
        () => client.users.get(id),
        () => client.users.update(id, {}),
        () => client.users.delete(id),
        () => client.objects('post').get(id),
        () => client.objects('post').delete(id, { cascade: true }),
        () => client.groups.members.list(id),
        () => client.groups.members.add(id, { type: 'user', id: 'a' }),
        () => client.groups.members.remove('a', { type: 'user', id }),
        () => client.grants.delete(id),
        () => client.assignments.delete(id),
      ];
      for (const call of calls) {
        await expect(call()).rejects.toThrow(UnaddressableIdError);
        await expect(call()).rejects.toMatchObject({ request: null, attempts: 0 });
      }
      expect(() => client.objects(id)).toThrow(UnaddressableIdError);
      expect(attempts).toEqual([]);
    },
  );
});

describe('a query', () => {
  it.each<[string, (client: CastellanClient) => Promise<unknown>, string]>([
    ['nothing', (client) => client.users.list(), ''],
    ['nothing that is given', (client) => client.users.list({ limit: undefined, cursor: undefined }), ''],
    ['a page', (client) => client.users.list({ limit: 2, cursor: 'a+b=&c' }), '?limit=2&cursor=a%2Bb%3D%26c'],
    ['a total', (client) => client.roles.list({ total: true }), '?total=true'],
    [
      'references',
      (client) => client.grants.list({ subject: { type: 'user', id: 'a:b&c' }, object: { type: 'post', id: ' 1' } }),
      '?subject=user%3Aa%3Ab%26c&object=post%3A%201',
    ],
    [
      'attributes, whatever they are called',
      (client) =>
        client
          .objects('post')
          .list({ action: 'change', attributes: { 'address.city': 'a&b', type: 'x', id: 1, no: undefined } }),
      '?action=change&attributes.address.city=a%26b&attributes.type=x&attributes.id=1',
    ],
    ['a cascade', (client) => client.objects('post').delete('1', { cascade: true }), '?cascade=true'],
    ['no cascade', (client) => client.objects('post').delete('1'), ''],
  ])('holds %s', async (_, call, query) => {
    expect(new URL(await urlOf(call)).search).toBe(query);
  });

  it('can not say half a character, which would be read as another', async () => {
    const { fetch, attempts } = fakeFetch();
    const client = new CastellanClient({ url: 'http://service.test', fetch });
    const list = client.grants.list({ object: { type: 'post', id: '\ud800' } });
    await expect(list).rejects.toThrow(UnaddressableIdError);
    expect(attempts).toEqual([]);
  });
});

describe('the url of the service', () => {
  it.each([
    ['http://service.test', 'http://service.test/health/live'],
    ['http://service.test/', 'http://service.test/health/live'],
    ['https://service.test:8443/auth/castellan', 'https://service.test:8443/auth/castellan/health/live'],
    ['https://service.test/auth/castellan///', 'https://service.test/auth/castellan/health/live'],
    ['HTTP://Service.Test:80/A%20b', 'http://service.test/A%20b/health/live'],
  ])('may have a path and a slash at its end: %s', async (url, sent) => {
    expect(await urlOf((client) => client.health.live(), url)).toBe(sent);
  });

  it('may be a URL', async () => {
    const { fetch, attempts } = fakeFetch(jsonAnswer({ status: 'ok' }));
    await new CastellanClient({ url: new URL('http://service.test/a/'), fetch }).health.live();
    expect(attempts[0]?.url).toBe('http://service.test/a/health/live');
  });

  it.each(['', '/api', 'service.test', 'service.test:3000', 'file:///etc/passwd', 'javascript:alert(1)', 'data:,x'])(
    'has to be one of HTTP: %j',
    (url) => {
      expect(() => new CastellanClient({ url })).toThrow(TypeError);
    },
  );
});

describe('a request', () => {
  it('is JSON where it has a body, and says so', async () => {
    const { fetch, attempts } = fakeFetch(jsonAnswer(page), jsonAnswer({ id: 'g' }, 201));
    const client = new CastellanClient({ url: 'http://service.test', fetch });
    await client.users.list();
    await client.groups.create({ id: 'g', description: undefined });
    expect(attempts.map(({ headers }) => headers.get('content-type'))).toEqual([null, 'application/json']);
    expect(attempts[1]?.init.body).toBe('{"id":"g"}');
  });

  it('goes by an id of the caller, which can do no harm in a header', async () => {
    const { fetch, attempts } = fakeFetch(jsonAnswer(page));
    const client = new CastellanClient({ url: 'http://service.test', fetch });
    await client.users.list({}, { requestId: 'import-7:a' });
    expect(attempts[0]?.headers.get('x-request-id')).toBe('import-7:a');
    for (const requestId of ['', 'a b', 'a\nb', 'é', 'x'.repeat(129)]) {
      await expect(client.users.list({}, { requestId })).rejects.toThrow(/^requestId must/);
    }
    expect(attempts).toHaveLength(1);
  });
});
