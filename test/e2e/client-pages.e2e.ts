import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CastellanClient, type Fetch } from '../../src/client/index.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';
import { addressOf, clientOf } from '../support/service-client.js';

const FIVE = ['a', 'b', 'c', 'd', 'e'];
const user = (id: string) => ({ type: 'user', id }) as const;
const post = (id: string) => ({ type: 'post', id });

let service: TestService;
let admin: CastellanClient;
let asked = 0;

const counting: Fetch = async (url, init) => {
  asked += 1;
  return fetch(url, init);
};

beforeAll(async () => {
  service = await startTestService();
  admin = clientOf(service, 'admin', { fetch: counting });
  await admin.types.create({ id: 'post', actions: ['view', 'add', 'change', 'delete', 'grant'], creatorActions: [] });
  await admin.groups.create({ id: 'five' });
  for (const id of FIVE) {
    await admin.users.create({ username: id });
    await admin.groups.members.add('five', user(id));
    await admin.roles.create({ id });
    await admin.objects('post').create({ id, attributes: { kind: 'one of five' } });
    await admin.assignments.create({ subject: user(id), role: 'a' });
  }
  await admin.objects('post').create({ id: 'f', attributes: { kind: 'another' } });
  for (const name of FIVE) await admin.users.tokens('a').create({ name });
  await admin.grants.createBatch(FIVE.map((id) => ({ subject: user(id), permission: 'post:view', object: post('a') })));
});
afterAll(() => service.stop());

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function* named(items: AsyncIterable<{ readonly name: string }>): AsyncGenerator<{ readonly id: string }> {
  for await (const { name } of items) yield { id: name };
}

describe('five things, two a page', () => {
  const question = { subject: user('admin'), action: { name: 'view' }, resource: post('a') };
  const WALKS: Readonly<Record<string, () => AsyncIterable<{ readonly id?: string; subject?: { id: string } }>>> = {
    roles: () => admin.roles.iterate({ limit: 2 }),
    members: () => admin.groups.members.iterate('five', { limit: 2 }),
    objects: () => admin.objects('post').iterate({ limit: 2, attributes: { kind: 'one of five' } }),
    assignments: () => admin.assignments.iterate({ limit: 2, role: 'a' }),
    tokens: () => named(admin.users.tokens('a').iterate({ limit: 2 })),
    grants: () => admin.grants.iterate({ limit: 2, object: post('a') }),
    resources: () =>
      admin.authzen.iterateResources({
        ...question,
        subject: user('admin'),
        resource: { type: 'role' },
        page: { limit: 2 },
      }),
  };

  it.each(Object.entries(WALKS))('are walked over, all of them once: %s', async (_, walk) => {
    asked = 0;
    const items = await all(walk());
    expect(items.map(({ id, subject }) => String(subject?.id ?? id)).toSorted()).toEqual(FIVE);
    expect(asked).toBe(3);
  });

  it('are walked over whoever they are: users, and subjects of a search', async () => {
    const usernames = (await all(admin.users.iterate({ limit: 2 }))).map(({ username }) => username);
    expect(usernames.toSorted()).toEqual([...FIVE, 'admin'].toSorted());
    const subjects = admin.authzen.iterateSubjects({ ...question, subject: { type: 'user' }, page: { limit: 2 } });
    expect((await all(subjects)).map(({ id }) => id).toSorted()).toEqual([...FIVE, 'admin'].toSorted());
  });

  it('are read page by page with the cursor of the page before', async () => {
    const first = await admin.roles.list({ limit: 2, total: true });
    expect(first).toMatchObject({ items: [{ id: 'a' }, { id: 'b' }], next: expect.any(String), total: 5 });
    const second = await admin.roles.list({ limit: 2, cursor: first.next ?? undefined });
    const third = await admin.roles.list({ limit: 2, cursor: second.next ?? undefined });
    expect([...second.items, ...third.items].map(({ id }) => id)).toEqual(['c', 'd', 'e']);
    expect(third.next).toBeNull();
  });

  it('are asked for no further than they are taken', async () => {
    asked = 0;
    for await (const { id } of admin.roles.iterate({ limit: 2 })) if (id === 'b') break;
    expect(asked).toBe(1);
    asked = 0;
    for await (const { id } of admin.roles.iterate({ limit: 2 })) if (id === 'c') break;
    expect(asked).toBe(2);
  });

  it('are not walked over in pages of nothing, of which there is no end', () => {
    expect(() => admin.authzen.iterateResources({ ...question, page: { limit: 0 } })).toThrow(TypeError);
  });
});

describe('ids that mean something to a URL', () => {
  const ODD = [
    'a/b',
    '../../roles/a',
    'a/../b',
    '...',
    '%2F',
    '%2e%2e',
    '100%',
    'a?limit=0&total=true',
    'a#b',
    ' a b ',
    'a+b',
    'a:b:c',
    'a\\b',
    '😀'.repeat(256),
    '__proto__',
    'batch',
  ];

  it.each(ODD)('name what they name, and nothing else: %j', async (id) => {
    const before = await all(admin.roles.iterate());
    const posts = admin.objects('post');
    await posts.create({ id });
    expect(await posts.get(id)).toMatchObject({ id });
    expect(await posts.update(id, { attributes: { found: true } })).toMatchObject({ id, attributes: { found: true } });
    const grant = await admin.grants.create({ subject: user('a'), permission: 'post:view', object: post(id) });
    expect((await admin.grants.list({ object: post(id) })).items).toEqual([grant]);
    const question = { subject: user('a'), action: { name: 'view' }, resource: post(id) };
    expect(await admin.authzen.evaluation(question)).toEqual({ decision: true });
    await posts.delete(id);
    await expect(posts.get(id)).rejects.toMatchObject({ name: 'NotFoundError' });
    await admin.groups.create({ id });
    await admin.groups.members.add('five', { type: 'group', id });
    expect((await all(admin.groups.members.iterate('five'))).map((member) => member.id)).toContain(id);
    await admin.groups.members.remove('five', { type: 'group', id });
    await admin.groups.delete(id);
    expect(await all(admin.roles.iterate())).toEqual(before);
  });

  it('are values too: attributes that hold them are found', async () => {
    const posts = admin.objects('post');
    for (const [index, value] of ODD.slice(0, 14).entries()) {
      await posts.create({ id: `of-${index}`, attributes: { deep: { value } } });
      const found = await posts.list({ attributes: { 'deep.value': value } });
      expect(found.items.map(({ id }) => id)).toEqual([`of-${index}`]);
      await posts.delete(`of-${index}`);
    }
  });

  it('stand behind a path that the service is mounted at', async () => {
    // What a proxy does: it takes the path away.
    const mounted: Fetch = async (url, init) => fetch(url.replace('/auth/castellan/', '/'), init);
    const url = `${addressOf(service)}/auth/castellan/`;
    const client = new CastellanClient({ url, username: 'admin', password: PASSWORD, fetch: mounted });
    expect(await client.roles.get('a')).toMatchObject({ id: 'a' });
  });
});
