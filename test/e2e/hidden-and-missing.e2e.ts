import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GrantWriter } from '../../src/core/ports/grants.js';
import { rawRequest, type RawAnswer } from '../support/raw-request.js';
import { startTestService, type TestService } from '../support/service.js';

const headers = { 'content-type': 'application/json' };

let service: TestService;
/** Ids that the service gave: of a grant on post `hidden`, of one everywhere, and of an assignment. */
const given = { grant: '', everywhere: '', assignment: '' };

const bob = { type: 'user', id: 'bob' };
const carol = { type: 'user', id: 'carol' };

beforeAll(async () => {
  service = await startTestService();
  // bob holds nothing; carol may view some of each, so that she knows what an answer to what is there looks like.
  for (const username of ['bob', 'carol', 'hidden', 'seen']) await service.addUser(username);
  await service.arrange(async (unit) => {
    const actions = ['view', 'add', 'change', 'delete', 'grant'];
    await unit.types.create({ id: 'post', actions, creatorActions: actions });
    await unit.types.create({ id: 'hidden', actions, creatorActions: [] });
    await unit.types.create({ id: 'seen', actions, creatorActions: [] });
    for (const id of ['hidden', 'seen']) {
      await unit.objects.create({ type: 'post', id, attributes: { id } }, null);
      await unit.groups.create({ id, description: null });
      await unit.groups.addMember(id, bob);
      await unit.roles.create({ id, description: null, rules: [], includes: [] });
      const objects = ['post', 'user', 'group', 'role', 'type'].map((type) => ({ type, id }));
      if (id === 'seen')
        await unit.grants.create(
          objects.map((object) => ({ subject: carol, permission: `${object.type}:view`, object })),
        );
    }
    const object = { type: 'post', id: 'hidden' };
    const [one, two] = await unit.grants.create([
      { subject: { type: 'user', id: 'hidden' }, permission: 'post:view', object },
      { subject: { type: 'user', id: 'hidden' }, permission: 'post:change', object: null },
    ]);
    const { record } = await unit.assignments.create({ subject: { type: 'user', id: 'hidden' }, role: 'hidden' });
    Object.assign(given, { grant: one?.record.id, everywhere: two?.record.id, assignment: record.id });
  });
});
afterAll(() => service.stop());

/** Gives these grants, and answers how to take them back. */
async function give(grants: Parameters<GrantWriter['create']>[0]): Promise<() => Promise<void>> {
  const made = await service.arrange((unit) => unit.grants.create(grants));
  return () =>
    service.arrange(async (unit) => {
      for (const { record } of made) await unit.grants.delete(record.id);
    });
}

type Sent = readonly [method: string, path: string, body?: object];

const send = (as: string | undefined, [method, path, body]: Sent): Promise<RawAnswer> =>
  rawRequest(service.app, { method, path, as, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

/** All of an answer that a caller could tell two of them apart by, but for what is new in every one. */
const facesOf = ({ status, text, headers: all }: RawAnswer) => ({
  status,
  text,
  headers: Object.keys(all),
  length: all['content-length'],
});

/** Each request twice: about what is hidden, and about what is not there. */
const PAIRS: Readonly<Record<string, (name: 'hidden' | 'absent') => Sent>> = {
  'reading an object': (name) => ['GET', `/api/v1/objects/post/${name}`],
  'reading the head of an object': (name) => ['HEAD', `/api/v1/objects/post/${name}`],
  'changing an object': (name) => ['PATCH', `/api/v1/objects/post/${name}`, { attributes: { a: 1 } }],
  'changing an object in a way that can not be': (name) => ['PATCH', `/api/v1/objects/post/${name}`, { nonsense: 1 }],
  'deleting an object': (name) => ['DELETE', `/api/v1/objects/post/${name}`],
  'reading a user': (name) => ['GET', `/api/v1/users/${name}`],
  'changing a user': (name) => ['PATCH', `/api/v1/users/${name}`, { active: false }],
  "setting a user's password": (name) => ['PATCH', `/api/v1/users/${name}`, { password: 'long enough' }],
  'making a superuser of a user': (name) => ['PATCH', `/api/v1/users/${name}`, { superuser: true }],
  'deleting a user': (name) => ['DELETE', `/api/v1/users/${name}`],
  'reading a group': (name) => ['GET', `/api/v1/groups/${name}`],
  'changing a group': (name) => ['PATCH', `/api/v1/groups/${name}`, { description: 'a' }],
  'deleting a group': (name) => ['DELETE', `/api/v1/groups/${name}`],
  'reading the members of a group': (name) => ['GET', `/api/v1/groups/${name}/members`],
  'joining a group': (name) => ['PUT', `/api/v1/groups/${name}/members/user/bob`],
  'leaving a group': (name) => ['DELETE', `/api/v1/groups/${name}/members/user/bob`],
  'reading a role': (name) => ['GET', `/api/v1/roles/${name}`],
  'changing a role': (name) => ['PATCH', `/api/v1/roles/${name}`, { rules: [] }],
  'deleting a role': (name) => ['DELETE', `/api/v1/roles/${name}`],
  'reading a type': (name) => ['GET', `/api/v1/types/${name}`],
  'changing a type': (name) => ['PATCH', `/api/v1/types/${name}`, { actions: ['view'] }],
  'deleting a type': (name) => ['DELETE', `/api/v1/types/${name}`],
  'listing the objects of a type': (name) => ['GET', `/api/v1/objects/${name}`],
  'reading an object of a type': (name) => ['GET', `/api/v1/objects/${name}/1`],
  'granting on an object': (name) => [
    'POST',
    '/api/v1/grants',
    { subject: bob, permission: 'post:view', object: { type: 'post', id: name } },
  ],
  'granting on an object, in a batch': (name) => [
    'POST',
    '/api/v1/grants/batch',
    { grants: [{ subject: bob, permission: 'post:view', object: { type: 'post', id: name } }] },
  ],
  'taking back a grant on an object': (name) => ['DELETE', `/api/v1/grants/${idOf('grant', name)}`],
  'taking back a grant everywhere': (name) => ['DELETE', `/api/v1/grants/${idOf('everywhere', name)}`],
  'ending an assignment': (name) => ['DELETE', `/api/v1/assignments/${idOf('assignment', name)}`],
  'listing the grants on an object': (name) => ['GET', `/api/v1/grants?object=post:${name}`],
  'listing the grants of a user': (name) => ['GET', `/api/v1/grants?subject=user:${name}`],
  'listing the assignments of a user': (name) => ['GET', `/api/v1/assignments?subject=user:${name}`],
  'asking for oneself': (name) => [
    'POST',
    '/access/v1/evaluation',
    { subject: { type: 'user', id: 'bob' }, action: { name: 'view' }, resource: { type: 'post', id: name } },
  ],
  'searching for what one may do oneself': (name) => [
    'POST',
    '/access/v1/search/action',
    { subject: { type: 'user', id: 'bob' }, resource: { type: 'post', id: name } },
  ],
};

const idOf = (which: keyof typeof given, name: 'hidden' | 'absent'): string =>
  name === 'hidden' ? given[which] : given[which].replace(/.$/, (last) => (last === '0' ? '1' : '0'));

describe('what may not be seen', () => {
  it.each(Object.entries(PAIRS))('is like what does not exist: %s', async (_, about) => {
    for (const as of ['bob', 'carol', undefined]) {
      const [hidden, absent] = [await send(as, about('hidden')), await send(as, about('absent'))];
      expect(facesOf(hidden), as).toEqual(facesOf(absent));
      expect(hidden.text).not.toContain('hidden');
      expect([200, 401, 403, 404]).toContain(hidden.status);
    }
  });

  it.each(['users', 'groups', 'roles', 'types', 'objects/post'])('is in no list of %s', async (list) => {
    const { json } = await send('carol', ['GET', `/api/v1/${list}`]);
    expect(json).toMatchObject({ items: [{ id: 'seen' }], next: null });
    expect((json as { items: unknown[] }).items).toHaveLength(1);
    expect((await send('bob', ['GET', `/api/v1/${list}`])).json).toEqual({ items: [], next: null });
  });

  it('tells nothing by the refusal to add to a type, whether there is one or not', async () => {
    const [hidden, absent] = [
      await send('bob', ['POST', '/api/v1/objects/hidden', { id: 'a' }]),
      await send('bob', ['POST', '/api/v1/objects/absent', { id: 'a' }]),
    ];
    expect(facesOf(hidden)).toEqual(facesOf({ ...absent, text: absent.text.replaceAll('absent', 'hidden') }));
    expect(hidden.status).toBe(403);
  });
});

/** What bob holds, on post `seen` or everywhere, and what GET, PATCH and DELETE then answer on post `seen` and post `hidden`. */
const RULES: readonly {
  held: string;
  grants: [action: string, where: 'there' | 'everywhere'][];
  seen: number[];
  hidden: number[];
}[] = [
  { held: 'nothing', grants: [], seen: [404, 404, 404], hidden: [404, 404, 404] },
  { held: 'view there', grants: [['view', 'there']], seen: [200, 403, 403], hidden: [404, 404, 404] },
  {
    held: 'change and delete there, without view',
    grants: [
      ['change', 'there'],
      ['delete', 'there'],
    ],
    seen: [404, 404, 404],
    hidden: [404, 404, 404],
  },
  {
    held: 'view and change there',
    grants: [
      ['view', 'there'],
      ['change', 'there'],
    ],
    seen: [200, 200, 403],
    hidden: [404, 404, 404],
  },
  {
    held: 'view everywhere and change there',
    grants: [
      ['view', 'everywhere'],
      ['change', 'there'],
    ],
    seen: [200, 200, 403],
    hidden: [200, 403, 403],
  },
  {
    held: 'change everywhere and view there',
    grants: [
      ['change', 'everywhere'],
      ['view', 'there'],
    ],
    seen: [200, 200, 403],
    hidden: [404, 404, 404],
  },
  { held: 'grant there, without view', grants: [['grant', 'there']], seen: [404, 404, 404], hidden: [404, 404, 404] },
];

describe('who may see a thing', () => {
  it.each(RULES)('is told 403, and who may not 404: by $held', async ({ grants, ...expected }) => {
    const place = { there: { type: 'post', id: 'seen' }, everywhere: null };
    const held = grants.map(([action, where]) => ({
      subject: bob,
      permission: `post:${action}`,
      object: place[where],
    }));
    const takeBack = await give(held);
    for (const id of ['seen', 'hidden'] as const) {
      const path = `/api/v1/objects/post/${id}`;
      const requests: Sent[] = [
        ['GET', path],
        ['PATCH', path, { attributes: {} }],
        ['DELETE', path],
      ];
      const answers: number[] = [];
      for (const request of requests) {
        answers.push((await send('bob', request)).status);
        expect((await send(undefined, request)).status).toBe(401);
      }
      expect(answers, id).toEqual(expected[id]);
    }
    await takeBack();
  });

  it('adds with the permission to add, which takes no other, and creates its own rights', async () => {
    await expect(send('bob', ['POST', '/api/v1/objects/post', { id: 'mine' }])).resolves.toMatchObject({ status: 403 });
    await expect(send(undefined, ['POST', '/api/v1/objects/post', { id: 'mine' }])).resolves.toMatchObject({
      status: 401,
    });
    const takeBack = await give([{ subject: bob, permission: 'post:add', object: null }]);
    await expect(send('bob', ['POST', '/api/v1/objects/post', { id: 'mine' }])).resolves.toMatchObject({ status: 201 });
    await expect(send('bob', ['PATCH', '/api/v1/objects/post/mine', {}])).resolves.toMatchObject({ status: 200 });
    await expect(send('bob', ['GET', '/api/v1/objects/post/seen'])).resolves.toMatchObject({ status: 404 });
    await expect(send('carol', ['GET', '/api/v1/objects/post/mine'])).resolves.toMatchObject({ status: 404 });
    await expect(send('bob', ['DELETE', '/api/v1/objects/post/mine'])).resolves.toMatchObject({ status: 204 });
    await expect(send('bob', ['GET', '/api/v1/objects/post/mine'])).resolves.toMatchObject({ status: 404 });
    await takeBack();
  });

  it('may be nobody in particular, for what anyone may', async () => {
    const takeBack = await give([
      { subject: { type: 'group', id: 'anyone' }, permission: 'post:view', object: { type: 'post', id: 'seen' } },
      {
        subject: { type: 'group', id: 'authenticated' },
        permission: 'post:view',
        object: { type: 'post', id: 'hidden' },
      },
    ]);
    await expect(send(undefined, ['GET', '/api/v1/objects/post/seen'])).resolves.toMatchObject({ status: 200 });
    await expect(send(undefined, ['HEAD', '/api/v1/objects/post/seen'])).resolves.toMatchObject({ status: 200 });
    await expect(send(undefined, ['PATCH', '/api/v1/objects/post/seen', {}])).resolves.toMatchObject({ status: 401 });
    await expect(send(undefined, ['GET', '/api/v1/objects/post/hidden'])).resolves.toMatchObject({ status: 401 });
    await expect(send('bob', ['GET', '/api/v1/objects/post/hidden'])).resolves.toMatchObject({ status: 200 });
    await takeBack();
  });
});
