import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf } from '../support/contents.js';
import { startTestService, type TestService } from '../support/service.js';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Sent = readonly [method: Method, path: string, body?: object];

const user = (id: string) => ({ type: 'user', id });
const post = (id: string) => ({ type: 'post', id });
const KNOWN = [user('bob'), { type: 'group', id: 'staff' }, { type: 'role', id: 'reader' }];
const UNKNOWN = [
  user('nobody'),
  { type: 'group', id: 'nothing' },
  { type: 'role', id: 'nothing' },
  { type: 'service', id: 'x' },
];

const grant = (subject: object, permission: string, object: object | null): Sent => [
  'post',
  '/api/v1/grants',
  { subject, permission, object },
];
const batch = (...grants: object[]): Sent => ['post', '/api/v1/grants/batch', { grants }];
const member = (method: 'put' | 'delete', group: string, id: string): Sent => [
  method,
  `/api/v1/groups/${group}/members/user/${id}`,
];

/**
 * What a caller may not do it is refused before anything else of the request is looked at: so all requests of a line are
 * answered alike, and tell nothing of which of the other things that they name is there.
 */
const LINES: Readonly<Record<string, { status: number; code: string; sent: Sent[] }>> = {
  'granting on an object that is hidden': {
    status: 404,
    code: 'not_found',
    sent: [...KNOWN, ...UNKNOWN].flatMap((subject) => [
      grant(subject, 'post:view', post('hidden')),
      grant(subject, 'post:fly', post('hidden')),
      grant(subject, 'post:view', post('missing')),
      grant(subject, 'nothing:view', post('missing')),
      batch({ subject, permission: 'post:view', object: post('hidden') }),
      batch(
        { subject, permission: 'post:view', object: post('mine') },
        { subject, permission: 'post:view', object: post('hidden') },
      ),
    ]),
  },
  'granting on an object that may be seen': {
    status: 403,
    code: 'forbidden',
    sent: [...KNOWN, ...UNKNOWN].flatMap((subject) =>
      ['post:view', 'post:fly', 'nothing:view'].map((of) => grant(subject, of, post('seen'))),
    ),
  },
  'granting what is not held': {
    status: 403,
    code: 'cannot_hand_out',
    sent: [...KNOWN, ...UNKNOWN].flatMap((subject) =>
      ['post:publish', 'post:fly'].map((of) => grant(subject, of, post('mine'))),
    ),
  },
  'granting everywhere': {
    status: 403,
    code: 'forbidden',
    sent: [...KNOWN, ...UNKNOWN].map((subject) => grant(subject, 'post:view', null)),
  },
  'putting a member into a group that is hidden': {
    status: 404,
    code: 'not_found',
    sent: ['hidden', 'missing'].flatMap((group) =>
      ['bob', 'nobody'].flatMap((id) => [member('put', group, id), member('delete', group, id)]),
    ),
  },
  'putting a member into a group that may be seen': {
    status: 403,
    code: 'forbidden',
    sent: ['bob', 'alice', 'nobody'].flatMap((id) => [member('put', 'seen', id), member('delete', 'seen', id)]),
  },
  'putting a member into a group that holds more': {
    status: 403,
    code: 'cannot_hand_out',
    sent: ['bob', 'alice', 'nobody'].flatMap((id) => [member('put', 'strong', id), member('delete', 'strong', id)]),
  },
  'changing a user that is hidden': {
    status: 404,
    code: 'not_found',
    sent: ['bob', 'admin', 'nobody'].flatMap((id) =>
      [{ username: 'admin' }, { username: 'free' }, { superuser: true }, { password: 'long enough' }].map(
        (body): Sent => ['patch', `/api/v1/users/${id}`, body],
      ),
    ),
  },
  'renaming a user that holds more': {
    status: 403,
    code: 'cannot_hand_out',
    sent: ['admin', 'bob', 'free'].map((username): Sent => ['patch', '/api/v1/users/strong', { username }]),
  },
  'making a user': {
    status: 403,
    code: 'forbidden',
    sent: ['admin', 'bob', 'free'].map((username): Sent => [
      'post',
      '/api/v1/users',
      { username, superuser: username === 'free' },
    ]),
  },
  'making a group': {
    status: 403,
    code: 'forbidden',
    sent: ['staff', 'anyone', 'free'].map((id): Sent => ['post', '/api/v1/groups', { id }]),
  },
  'making a type': {
    status: 403,
    code: 'forbidden',
    sent: ['post', 'user', 'free'].map((id): Sent => ['post', '/api/v1/types', { id }]),
  },
  'making an object': {
    status: 403,
    code: 'forbidden',
    sent: ['hidden', 'mine', 'free'].map((id): Sent => ['post', '/api/v1/objects/post', { id }]),
  },
  'making an object below another': {
    status: 403,
    code: 'forbidden',
    sent: ['hidden', 'missing', 'seen', 'mine'].map((id): Sent => [
      'post',
      '/api/v1/objects/post',
      { id: 'new', parent: post(id) },
    ]),
  },
  'making an object where that may not be': {
    status: 403,
    code: 'forbidden',
    sent: [post('hidden'), post('missing'), post('seen'), { type: 'nothing', id: 'mine' }, null].flatMap((parent) =>
      ['taken', 'free'].map((id): Sent => ['post', '/api/v1/objects/note', { id, parent }]),
    ),
  },
  'moving an object that is hidden': {
    status: 404,
    code: 'not_found',
    sent: ['hidden', 'missing'].flatMap((id) =>
      [post('hidden'), post('missing'), post('mine'), null].map((parent): Sent => [
        'patch',
        `/api/v1/objects/post/${id}`,
        { parent },
      ]),
    ),
  },
  'moving an object that may be seen': {
    status: 403,
    code: 'forbidden',
    sent: [post('hidden'), post('missing'), post('mine'), post('seen'), null].map((parent): Sent => [
      'patch',
      '/api/v1/objects/post/seen',
      { parent },
    ]),
  },
  'moving an object that may be changed': {
    status: 403,
    code: 'forbidden',
    sent: [post('hidden'), post('missing'), post('mine'), { type: 'nothing', id: 'mine' }].map((parent): Sent => [
      'patch',
      '/api/v1/objects/note/taken',
      { parent },
    ]),
  },
  'making a role that holds what its maker does not': {
    status: 403,
    code: 'cannot_hand_out',
    sent: ['reader', 'free'].flatMap((id) =>
      ['post:publish', 'post:fly', 'nothing:view'].map((permission): Sent => [
        'post',
        '/api/v1/roles',
        { id, rules: [{ permission }] },
      ]),
    ),
  },
  'changing a role that may be seen': {
    status: 403,
    code: 'forbidden',
    sent: [['reader'], ['nothing'], []].map((includes): Sent => ['patch', '/api/v1/roles/reader', { includes }]),
  },
  'assigning a role': {
    status: 403,
    code: 'forbidden',
    sent: ['reader', 'nothing'].flatMap((role) =>
      [user('bob'), user('nobody')].map((subject): Sent => ['post', '/api/v1/assignments', { subject, role }]),
    ),
  },
  'assigning a role on an object that is hidden': {
    status: 404,
    code: 'not_found',
    sent: ['hidden', 'missing'].flatMap((id) =>
      ['reader', 'publisher', 'nothing'].flatMap((role) =>
        [user('bob'), user('nobody')].map((subject): Sent => [
          'post',
          '/api/v1/assignments',
          { subject, role, object: post(id) },
        ]),
      ),
    ),
  },
  'assigning a role on an object that may be seen': {
    status: 403,
    code: 'forbidden',
    sent: ['reader', 'publisher', 'nothing'].flatMap((role) =>
      [user('bob'), user('nobody')].map((subject): Sent => [
        'post',
        '/api/v1/assignments',
        { subject, role, object: post('seen') },
      ]),
    ),
  },
  'assigning a role that holds more, on an object': {
    status: 403,
    code: 'cannot_hand_out',
    sent: ['publisher', 'nothing'].flatMap((role) =>
      [user('bob'), user('nobody')].map((subject): Sent => [
        'post',
        '/api/v1/assignments',
        { subject, role, object: post('mine') },
      ]),
    ),
  },
  'asking about others': {
    status: 403,
    code: 'forbidden',
    sent: [...KNOWN, ...UNKNOWN].flatMap((subject) =>
      ['hidden', 'missing'].map((id): Sent => [
        'post',
        '/access/v1/evaluation',
        { subject, action: { name: 'view' }, resource: post(id) },
      ]),
    ),
  },
  'searching for what is about others': {
    status: 403,
    code: 'forbidden',
    sent: [...KNOWN, ...UNKNOWN].flatMap((subject) =>
      ['hidden', 'missing'].flatMap((id): Sent[] => {
        const asked = { subject, action: { name: 'view' }, resource: post(id) };
        return ['subject', 'resource', 'action'].map((what) => ['post', `/access/v1/search/${what}`, asked]);
      }),
    ),
  },
  'listing grants': {
    status: 200,
    code: '',
    sent: [
      'subject=user:admin',
      'subject=user:nobody',
      'object=post:hidden',
      'object=post:missing',
      'permission=post:fly',
    ].map((query): Sent => ['get', `/api/v1/grants?${query}`]),
  },
  'listing assignments': {
    status: 200,
    code: '',
    sent: ['role=reader', 'role=nothing', 'subject=user:bob', 'object=post:hidden', 'object=post:missing'].map(
      (query): Sent => ['get', `/api/v1/assignments?${query}`],
    ),
  },
};

describe('a request that is refused', () => {
  let service: TestService;

  // alice grants on `mine`, sees a little, changes the group and the user that hold more than she does, and makes roles.
  beforeAll(async () => {
    service = await startTestService();
    for (const name of ['alice', 'bob', 'strong']) await service.addUser(name);
    await service.arrange(async (unit) => {
      const actions = ['view', 'add', 'change', 'delete', 'grant', 'publish'];
      await unit.types.create({ id: 'post', actions, creatorActions: ['view', 'grant'] });
      for (const id of ['hidden', 'seen']) await unit.objects.create({ ...post(id), attributes: {} }, null);
      await unit.objects.create({ ...post('mine'), attributes: {} }, user('alice'));
      for (const id of ['hidden', 'seen', 'strong', 'staff']) await unit.groups.create({ id, description: null });
      for (const id of ['hidden', 'seen', 'strong']) await unit.groups.addMember(id, user('bob'));
      await unit.roles.create({ id: 'reader', description: null, rules: [], includes: [] });
      await unit.assignments.create({ subject: user('bob'), role: 'reader' });
      await unit.assignments.create({ subject: user('bob'), role: 'reader', object: post('hidden') });
      const publish = { permission: 'post:publish', effect: 'allow', condition: null, fields: null } as const;
      await unit.roles.create({ id: 'publisher', description: null, rules: [publish], includes: [] });
      await unit.types.create({ id: 'note', actions, creatorActions: [] });
      await unit.objects.create({ type: 'note', id: 'taken', attributes: {} }, null);
      const to = (id: string, permission: string, object: object | null = null) => ({
        subject: user(id),
        permission,
        object: object as null,
      });
      await unit.grants.create([
        to('alice', 'post:view', post('seen')),
        to('alice', 'group:view', { type: 'group', id: 'seen' }),
        to('alice', 'role:view', { type: 'role', id: 'reader' }),
        to('alice', 'role:add'),
        to('alice', 'assignment:add', post('mine')),
        to('alice', 'note:add', post('mine')),
        to('alice', 'note:view', { type: 'note', id: 'taken' }),
        to('alice', 'note:change', { type: 'note', id: 'taken' }),
        ...['view', 'change'].flatMap((action) => [
          to('alice', `group:${action}`, { type: 'group', id: 'strong' }),
          to('alice', `user:${action}`, user('strong')),
        ]),
        { subject: { type: 'group', id: 'strong' }, permission: 'post:publish', object: null },
        to('strong', 'post:publish'),
      ]);
    });
  });
  afterAll(() => service.stop());

  it.each(Object.entries(LINES))('says the same whatever else it names: %s', async (_, { status, code, sent }) => {
    const before = await contentsOf(service.databaseUrl);
    const faces = new Map<string, Sent>();
    for (const [method, path, body] of sent) {
      const request = service.as('alice')[method](path);
      const answer = await (body ? request.send(body) : request);
      expect(
        [answer.status, answer.body.code ?? ''],
        `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`,
      ).toEqual([status, code]);
      faces.set(`${answer.status} ${answer.headers['content-length']} ${answer.text}`, [method, path, body ?? {}]);
    }
    expect([...faces]).toHaveLength(1);
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });
});
