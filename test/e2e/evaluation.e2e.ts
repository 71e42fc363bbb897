import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf } from '../support/contents.js';
import { expectProblem, expectRefusal } from '../support/problem.js';
import { rawRequest } from '../support/raw-request.js';
import { startTestService, type TestService } from '../support/service.js';

const path = '/access/v1/evaluation';
const user = (id: string) => ({ type: 'user', id });
const post = (id: string) => ({ type: 'post', id });
const question = (subject: object, action: string, resource: object) => ({
  subject,
  action: { name: action },
  resource,
});

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
  for (const username of ['alice', 'bob', 'judge']) await service.addUser(username);
  await service.addUser('gone', { active: false });
  await service.arrange(async (unit) => {
    await unit.types.create({ id: 'post', actions: ['view', 'change', 'publish'], creatorActions: [] });
    for (const id of ['1', '2']) await unit.objects.create({ ...post(id), attributes: {} }, null);
    await unit.groups.create({ id: 'staff', description: null });
    await unit.groups.addMember('staff', user('bob'));
    await unit.grants.create([
      { subject: user('alice'), permission: 'post:view', object: post('1') },
      { subject: user('gone'), permission: 'post:view', object: post('1') },
      { subject: { type: 'group', id: 'staff' }, permission: 'post:publish', object: null },
      { subject: user('judge'), permission: 'access:evaluate', object: null },
    ]);
  });
});
afterAll(() => service.stop());

const ask = (as: string | undefined, body: object) => service.as(as).post(path).send(body);

describe('a question about oneself', () => {
  it.each([
    ['alice', 'view', post('1'), true],
    ['alice', 'view', post('2'), false],
    ['alice', 'change', post('1'), false],
    ['bob', 'publish', post('2'), true],
    ['bob', 'view', post('1'), false],
    ['admin', 'change', post('1'), true],
  ])('needs no permission: %s, %s, %j', async (as, action, resource, decision) => {
    const answer = await ask(as, question(user(as), action, resource)).expect(200, { decision });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it.each([
    ['an unknown type', 'alice', 'view', { type: 'nothing', id: '1' }],
    ['an unknown type, for a superuser', 'admin', 'view', { type: 'nothing', id: '1' }],
    ['an unknown action', 'alice', 'fly', post('1')],
    ['an unknown action, for a superuser', 'admin', 'fly', post('1')],
    ['an action of CASL that stands for all', 'alice', 'manage', post('1')],
    ['a type of CASL that stands for all', 'alice', 'view', { type: 'all', id: '1' }],
    ['an unknown object', 'alice', 'view', post('nothing')],
    ['an id that can be none', 'alice', 'view', post('x'.repeat(1000))],
    ['a type that can be none', 'alice', 'view', { type: 'post:1', id: '1' }],
    ['a permission for an action', 'alice', 'post:view', post('1')],
    ['another case', 'alice', 'VIEW', post('1')],
    ['a space too many', 'alice', 'view ', post('1')],
    ['a wildcard', 'alice', '*', post('*')],
    ['a wildcard of SQL', 'alice', '%', post('%')],
  ])('is answered with no for %s', async (_, as, action, resource) => {
    await ask(as, question(user(as), action, resource)).expect(200, { decision: false });
  });

  it('is answered with yes about an object that was never registered, where a rule holds everywhere', async () => {
    await ask('bob', question(user('bob'), 'publish', post('never registered'))).expect(200, { decision: true });
  });

  it('is about that action of that type alone, also by names that mean all of them elsewhere', async () => {
    const words = ['all', 'manage', 'any', '*', '::any type', '::any action'];
    await service.addUser('wild');
    await service.arrange(async (unit) => {
      const names = words.filter((word) => !word.includes(':'));
      for (const id of names) await unit.types.create({ id, actions: ['view', ...names], creatorActions: [] });
      await unit.types.create({ id: 'plain', actions: ['view', ...names], creatorActions: [] });
      const held = [...names.map((type) => `${type}:view`), ...names.map((action) => `plain:${action}`)];
      await unit.grants.create(held.map((permission) => ({ subject: user('wild'), permission, object: null })));
    });
    const may = async (type: string, action: string): Promise<boolean> =>
      (await ask('wild', question(user('wild'), action, { type, id: '1' })).expect(200)).body.decision;
    expect(await may('all', 'view')).toBe(true);
    expect(await may('plain', 'manage')).toBe(true);
    expect(await may('plain', 'view')).toBe(false);
    expect(await may('post', 'view')).toBe(false);
    for (const word of words) {
      expect(await may(word, 'manage')).toBe(false);
      expect(await may('post', word)).toBe(false);
    }
    await service.as('wild').get('/api/v1/objects/post').expect(200, { items: [], next: null });
  });

  it('is answered by what holds at that moment', async () => {
    const view = question(user('bob'), 'view', post('2'));
    for (let round = 0; round < 5; round += 1) {
      const grant = { subject: user('bob'), permission: 'post:view', object: post('2') };
      const { body } = await service.as('admin').post('/api/v1/grants').send(grant).expect(201);
      await ask('bob', view).expect(200, { decision: true });
      await service.as('admin').delete(`/api/v1/grants/${body.id}`).expect(204);
      await ask('bob', view).expect(200, { decision: false });
    }
  });

  it('gets its own answer, however many are asked at the same moment', async () => {
    const cases = Array.from({ length: 120 }, (_, n) => ({ id: `${(n % 3) + 1}`, as: n % 2 ? 'alice' : 'bob' }));
    const answers = await Promise.all(cases.map(({ as, id }) => ask(as, question(user(as), 'view', post(id)))));
    expect(answers.map(({ status, body }) => [status, body])).toEqual(
      cases.map(({ as, id }) => [200, { decision: as === 'alice' && id === '1' }]),
    );
  });

  it('needs no permission with properties that are none, or with a context', async () => {
    const body = {
      subject: { ...user('alice'), properties: {} },
      action: { name: 'view', properties: {} },
      resource: { ...post('1'), properties: {} },
      context: { ip: '192.0.2.1' },
    };
    await ask('alice', body).expect(200, { decision: true });
  });

  it('is for nobody who has not signed in', async () => {
    await expectRefusal(ask(undefined, question(user('alice'), 'view', post('1'))), 'not_authenticated');
    await expectRefusal(
      ask(undefined, question({ type: 'anonymous', id: 'anonymous' }, 'view', post('1'))),
      'not_authenticated',
    );
    await expectRefusal(ask('gone', question(user('gone'), 'view', post('1'))), 'invalid_credentials');
  });
});

describe('a question about another', () => {
  const aboutAlice = question(user('alice'), 'view', post('1'));

  it.each([
    ['another user', aboutAlice],
    ['a user that does not exist', question(user('nobody'), 'view', post('1'))],
    ['a group', question({ type: 'group', id: 'staff' }, 'publish', post('1'))],
    ['oneself under another type', question({ type: 'group', id: 'bob' }, 'publish', post('1'))],
    ['oneself in another case', question(user('BOB'), 'publish', post('1'))],
    ['oneself, with properties', question({ ...user('bob'), properties: { vip: true } }, 'publish', post('1'))],
    [
      'oneself, about an object with properties',
      question(user('bob'), 'publish', { ...post('1'), properties: { a: 1 } }),
    ],
    [
      'oneself, with an action of properties',
      { ...question(user('bob'), 'publish', post('1')), action: { name: 'publish', properties: { a: 1 } } },
    ],
  ])('takes access:evaluate: %s', async (_, body) => {
    await expectRefusal(ask('bob', body), 'forbidden');
    const { status } = await ask('judge', body);
    expect(status).toBe(200);
  });

  it('is refused in the same words whatever the answer would be', async () => {
    const [yes, no] = [
      await ask('bob', aboutAlice),
      await ask('bob', question(user('nobody'), 'fly', { type: 'x', id: 'y' })),
    ];
    expect(yes.body).toEqual(no.body);
  });

  it.each([
    [user('alice'), 'view', post('1'), true],
    [user('alice'), 'view', post('2'), false],
    [user('bob'), 'publish', post('1'), true],
    [user('gone'), 'view', post('1'), false],
    [user('admin'), 'change', post('2'), true],
    [user('nobody'), 'view', post('1'), false],
    [{ type: 'group', id: 'staff' }, 'publish', post('1'), true],
    [{ type: 'nothing', id: 'alice' }, 'view', post('1'), false],
    [{ type: 'anonymous', id: 'anonymous' }, 'view', post('1'), false],
    [{ ...user('alice'), properties: { superuser: true } }, 'view', post('2'), false],
  ])('is answered to who holds it: %j, %s, %j', async (subject, action, resource, decision) => {
    await ask('judge', question(subject, action, resource)).expect(200, { decision });
  });
});

describe('the form of a question', () => {
  const plain = question(user('alice'), 'view', post('1'));

  it('may have a context, and members that the standard does not name', async () => {
    const body = {
      ...plain,
      context: { time: '2026-01-01', nested: { a: [1] } },
      constructor: 'x',
      evaluations: [],
      extra: { a: 1 },
      subject: { ...plain.subject, name: 'Alice', superuser: true },
      action: { name: 'view', method: 'GET' },
      resource: { ...plain.resource, parent: { type: 'folder', id: '7' } },
    };
    await ask('alice', body).expect(200, { decision: true });
    await ask('alice', { ...body, resource: { ...body.resource, id: '2' } }).expect(200, { decision: false });
  });

  it.each([
    [{}, 'subject'],
    [{ ...plain, subject: 'user:alice' }, 'subject'],
    [{ ...plain, subject: { type: 'user' } }, 'subject.id'],
    [{ ...plain, subject: { type: 'user', id: '' } }, 'subject.id'],
    [{ ...plain, subject: { type: 'user', id: 1 } }, 'subject.id'],
    [{ ...plain, action: 'view' }, 'action'],
    [{ ...plain, action: {} }, 'action.name'],
    [{ ...plain, resource: null }, 'resource'],
    [{ ...plain, resource: { id: '1' } }, 'resource.type'],
    [{ ...plain, context: [] }, 'context'],
    [{ ...plain, subject: { ...user('alice'), properties: 'all' } }, 'subject.properties'],
  ])('is refused with 400 where it is not whole: %j', async (body, at) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await rawRequest(service.app, {
      method: 'POST',
      path,
      as: 'alice',
      headers,
      body: JSON.stringify(body),
    });
    expectProblem(answer, { code: 'malformed_request', path: at });
  });

  it('is a POST, and nothing else', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await rawRequest(service.app, { method, path, as: 'alice' });
      expect([method, answer.status]).toEqual([method, 404]);
    }
  });

  it('has its request id given back, with an answer and with a refusal', async () => {
    const given = 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716';
    for (const [as, body, status] of [
      ['alice', plain, 200],
      ['alice', {}, 400],
      ['bob', plain, 403],
      [undefined, plain, 401],
    ] as const) {
      const answer = await ask(as, body).set('X-Request-ID', given).expect(status);
      expect(answer.headers['x-request-id']).toBe(given);
    }
  });

  it('changes nothing', async () => {
    const before = await contentsOf(service.databaseUrl);
    await ask('alice', plain).expect(200);
    await ask('judge', plain).expect(200);
    await ask('bob', plain).expect(403);
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });
});
