import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/model.js';
import { contentsOf } from '../support/contents.js';
import { expectProblem } from '../support/problem.js';
import { rawRequest, type RawAnswer } from '../support/raw-request.js';
import { startTestService, type TestService } from '../support/service.js';

const headers = { 'content-type': 'application/json' };
const encode = encodeURIComponent;

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
  await service.addUser('bob');
  await service.arrange(async (unit) => {
    await unit.types.create({ id: 'post', actions: ['view', 'add', 'change', 'delete', 'grant'], creatorActions: [] });
    await unit.objects.create({ type: 'post', id: 'known', attributes: {} }, null);
    await unit.groups.create({ id: 'staff', description: null });
    await unit.roles.create({ id: 'reader', description: null, rules: [], includes: [] });
  });
});
afterAll(() => service.stop());

const send = (method: string, path: string, body?: Json): Promise<RawAnswer> =>
  rawRequest(service.app, {
    method,
    path,
    as: 'admin',
    ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
  });

/** Where things with an id of the caller's choice are made, and what takes a colon in it. */
const KINDS = [
  { list: '/api/v1/users', kind: 'user', make: (id: string) => ({ id, username: id }), patch: { active: true } },
  { list: '/api/v1/objects/post', kind: 'post', make: (id: string) => ({ id }), patch: { attributes: { a: 1 } } },
  { list: '/api/v1/groups', kind: 'group', make: (id: string) => ({ id }), patch: { description: 'a' } },
  { list: '/api/v1/roles', kind: 'role', make: (id: string) => ({ id }), patch: { description: 'a' } },
  { list: '/api/v1/types', kind: 'type', make: (id: string) => ({ id }), patch: { actions: ['view'] } },
];

const GOOD: Readonly<Record<string, string>> = {
  'one character': 'a',
  '256 characters': 'a'.repeat(256),
  '256 characters of four bytes': '😀'.repeat(256),
  'characters of every length': 'aé€😀',
  'a slash': 'a/b',
  'slashes alone': '//',
  'a dot': '.',
  'two dots': '..',
  'a way up': '../../roles/reader',
  'an encoded slash, as it is spelled': 'a%2Fb',
  'a percent sign': '100%',
  'a question mark': 'a?limit=0',
  'a hash': 'a#b',
  'spaces around': ' a b ',
  'a plus': 'a+b',
  quotes: `"a'b\``,
  'a backslash': 'a\\b',
  SQL: "'; DROP TABLE castellan.subjects; --",
  'a wildcard': '*',
  'a LIKE pattern': '%_%',
  'a comma and braces': '{a,NULL,"b"}',
  markup: '<b>&amp;</b>',
  'another direction of writing': 'a\u202eb',
  'a zero-width space': 'a\u200bb',
  'a replacement character': 'a\ufffdb',
  __proto__: '__proto__',
  constructor: 'constructor',
  null: 'null',
  'a number': '0',
  batch: 'batch',
  members: 'members',
};

async function expectGoodId({ list, kind, make, patch }: (typeof KINDS)[number], id: string): Promise<void> {
  const path = `${list}/${encode(id)}`;
  const made = await send('POST', list, make(id));
  expect(made, made.text).toMatchObject({ status: 201, json: { id } });
  expect(await send('GET', path)).toMatchObject({ status: 200, json: { id } });
  expect(await send('PATCH', path, patch)).toMatchObject({ status: 200, json: { id, ...patch } });
  const question = { subject: { type: 'user', id }, action: { name: 'view' }, resource: { type: kind, id } };
  expect(await send('POST', '/access/v1/evaluation', question)).toMatchObject({ json: { decision: false } });
  if (kind === 'user' || kind === 'group') {
    expect(await send('PUT', `/api/v1/groups/staff/members/${kind}/${encode(id)}`)).toMatchObject({ status: 204 });
  }
  if (kind !== 'type') {
    const grant = { subject: { type: 'user', id: 'bob' }, permission: `${kind}:view`, object: { type: kind, id } };
    expect(await send('POST', '/api/v1/grants', grant)).toMatchObject({ status: 201, json: grant });
    const listed = await send('GET', `/api/v1/grants?object=${encode(`${kind}:${id}`)}&subject=user:bob`);
    expect(listed.json).toMatchObject({ items: [grant], next: null });
  }
  expect(await send('DELETE', path)).toMatchObject({ status: 204 });
  expect(await send('GET', path)).toMatchObject({ status: 404 });
}

describe('an id', () => {
  it.each(Object.entries(GOOD))('may be %s', async (_, id) => {
    for (const kind of KINDS.slice(0, 2)) await expectGoodId(kind, id);
  });

  it.each(KINDS)('of a $kind may be as odd, and as long', async (kind) => {
    for (const id of ['😀'.repeat(256), '../%2F?#', '__proto__']) await expectGoodId(kind, id);
  });

  it('may hold a colon, but for the name of a type', async () => {
    for (const { list, kind, make } of KINDS) {
      // Basic ends a username at its first colon, so that is for the id alone.
      const body = kind === 'user' ? { id: 'a:b:c', username: 'abc' } : make('a:b:c');
      const made = await send('POST', list, body);
      if (kind === 'type') expectProblem(made, { code: 'invalid_request', path: 'id' });
      else expect(await send('DELETE', `${list}/a:b:c`)).toMatchObject({ status: 204 });
    }
    const user = await send('POST', '/api/v1/users', { username: 'a:b' });
    expectProblem(user, { code: 'invalid_request', path: 'username' });
    expectProblem(await send('GET', '/api/v1/objects/a%3Ab'), { code: 'invalid_request', path: 'type' });
    expectProblem(await send('GET', '/api/v1/objects/post?action=a:b'), { code: 'invalid_request', path: 'action' });
  });

  it('is the same only when every character is', async () => {
    const alike = ['é', 'e\u0301', 'É', ' é', 'é ', 'é\u200b'];
    for (const id of alike)
      expect(await send('POST', '/api/v1/users', { username: id })).toMatchObject({ status: 201 });
    for (const id of alike) {
      expect(await send('GET', `/api/v1/users/${encode(id)}`)).toMatchObject({ json: { id, username: id } });
      expectProblem(await send('POST', '/api/v1/users', { username: id }), { code: 'already_exists', path: 'id' });
    }
  });
});

const BAD: Readonly<Record<string, string>> = {
  '257 characters': 'a'.repeat(257),
  '257 characters of four bytes': '😀'.repeat(257),
  '3,000 characters': 'a'.repeat(3000),
  'a NUL': 'a\u0000b',
  'a line feed': 'a\nb',
  'a tab at the end': 'a\t',
  'an escape': '\u001b[31m',
  DEL: 'a\u007f',
  'a C1 control character': 'a\u0085b',
};

describe('no id', () => {
  const expectRefused = async (path: string, requests: [string, string, Json?][]): Promise<void> => {
    for (const [method, target, body] of requests) {
      const answer = await send(method, target, body);
      // NUL is refused where the JSON is read.
      if (answer.status === 400) expectProblem(answer, { code: 'malformed_request', path: 'body' });
      else expectProblem(answer, { code: 'invalid_request', path }, `${method} ${target.slice(0, 60)}`);
    }
  };

  it.each(Object.entries(BAD))('is %s', async (_, id) => {
    const before = await contentsOf(service.databaseUrl);
    const at = encode(id);
    const subject = { type: 'user', id: 'bob' };
    for (const { list, make, patch } of KINDS) {
      await expectRefused('id', [
        ['POST', list, make(id)],
        ['GET', `${list}/${at}`],
        ['PATCH', `${list}/${at}`, patch],
        ['DELETE', `${list}/${at}`],
      ]);
    }
    await expectRefused('id', [
      ['GET', `/api/v1/groups/${at}/members`],
      ['PUT', `/api/v1/groups/${at}/members/user/bob`],
      ['DELETE', `/api/v1/grants/${at}`],
      ['DELETE', `/api/v1/assignments/${at}`],
    ]);
    await expectRefused('type', [
      ['GET', `/api/v1/objects/${at}`],
      ['POST', `/api/v1/objects/${at}`, { id: 'a' }],
      ['GET', `/api/v1/objects/${at}/a`],
    ]);
    await expectRefused('subjectId', [
      ['PUT', `/api/v1/groups/staff/members/user/${at}`],
      ['DELETE', `/api/v1/groups/staff/members/group/${at}`],
    ]);
    await expectRefused('subjectType', [['PUT', `/api/v1/groups/staff/members/${at}/bob`]]);
    await expectRefused('subject', [
      ['POST', '/api/v1/grants', { subject: { type: 'user', id }, permission: 'post:view' }],
      ['POST', '/api/v1/assignments', { subject: { type: 'group', id }, role: 'reader' }],
      ['GET', `/api/v1/grants?subject=${encode(`user:${id}`)}`],
      ['GET', `/api/v1/assignments?subject=${encode(`${id}:bob`)}`],
    ]);
    await expectRefused('object', [
      ['POST', '/api/v1/grants', { subject, permission: 'post:view', object: { type: 'post', id } }],
      ['POST', '/api/v1/grants', { subject, permission: 'post:view', object: { type: id, id: 'a' } }],
      ['GET', `/api/v1/grants?object=${encode(`post:${id}`)}`],
      ['POST', '/api/v1/assignments', { subject, role: 'reader', object: { type: 'post', id } }],
      ['GET', `/api/v1/assignments?object=${encode(`${id}:a`)}`],
    ]);
    await expectRefused('parent', [
      ['POST', '/api/v1/objects/post', { id: 'a', parent: { type: 'post', id } }],
      ['POST', '/api/v1/objects/post', { id: 'a', parent: { type: id, id: 'a' } }],
      ['PATCH', '/api/v1/objects/post/known', { parent: { type: 'post', id } }],
    ]);
    await expectRefused('permission', [
      ['POST', '/api/v1/grants', { subject, permission: `post:${id}` }],
      ['GET', `/api/v1/grants?permission=${encode(`${id}:view`)}`],
    ]);
    await expectRefused('role', [
      ['POST', '/api/v1/assignments', { subject, role: id }],
      ['GET', `/api/v1/assignments?role=${at}`],
    ]);
    await expectRefused('includes.1', [['POST', '/api/v1/roles', { id: 'a', includes: ['reader', id] }]]);
    await expectRefused('rules.0.permission', [
      ['POST', '/api/v1/roles', { id: 'a', rules: [{ permission: `post:${id}` }] }],
    ]);
    await expectRefused('actions.0', [['POST', '/api/v1/types', { id: 'a', actions: [id] }]]);
    await expectRefused('action', [['GET', `/api/v1/objects/post?action=${at}`]]);
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it('is empty: a path without one is another route, or none', async () => {
    const before = await contentsOf(service.databaseUrl);
    for (const { list, make } of KINDS) {
      expectProblem(await send('POST', list, { ...make('a'), id: '' }), { code: 'invalid_request', path: 'id' });
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        expectProblem(await send(method, `${list}/`, {}), { code: 'not_found' });
      }
    }
    for (const path of ['/api/v1/objects//a', '/api/v1/groups//members', '/api/v1/groups/staff/members//bob']) {
      expectProblem(await send('GET', path), { code: 'not_found' });
      expectProblem(await send('PUT', path), { code: 'not_found' });
    }
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it.each(['%', '%zz', '%f', '%ff', '%c3%28', '%ed%a0%80', '%c0%af', '%u0061', 'a%'])(
    'is spelled %s in a path',
    async (at) => {
      for (const path of [
        `/api/v1/users/${at}`,
        `/api/v1/objects/${at}/1`,
        `/api/v1/groups/staff/members/user/${at}`,
      ]) {
        for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
          const answer = await send(method, path);
          expectProblem(answer, { code: answer.status === 404 ? 'not_found' : 'malformed_request' });
          expect(answer.text).not.toContain(`/${at}`);
        }
      }
      const answer = await send('GET', `/api/v1/users/${at}`);
      expectProblem(answer, { code: 'malformed_request' });
      expect(answer.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
    },
  );

  it('is as long as the headers may be', async () => {
    for (const length of [3073, 15_000]) {
      expectProblem(await send('GET', `/api/v1/users/${'a'.repeat(length)}`), { code: 'invalid_request', path: 'id' });
    }
    expectProblem(await send('GET', `/api/v1/users/${'a'.repeat(17_000)}`), { code: 'too_large' });
  });
});
