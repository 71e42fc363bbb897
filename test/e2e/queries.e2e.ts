import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf } from '../support/contents.js';
import { expectProblem } from '../support/problem.js';
import { rawRequest, type RawAnswer } from '../support/raw-request.js';
import { arrangeForBodies } from '../support/request-bodies.js';
import { startTestService, type TestService } from '../support/service.js';

const LISTS = [
  '/api/v1/users',
  '/api/v1/groups',
  '/api/v1/groups/staff/members',
  '/api/v1/roles',
  '/api/v1/assignments',
  '/api/v1/types',
  '/api/v1/objects/post',
  '/api/v1/grants',
];

let service: TestService;
const get = (path: string, as?: string): Promise<RawAnswer> => rawRequest(service.app, { path, as });

beforeAll(async () => {
  service = await startTestService();
  await arrangeForBodies(service);
  // At least two of everything, so that every list has a next page.
  await service.addUser('carol');
  await service.arrange(async (unit) => {
    await unit.objects.create(
      { type: 'post', id: '2', attributes: { n: 0, 'x.y': 1, list: ['a', 'b'], on: true } },
      null,
    );
    for (const id of ['bob', 'carol']) {
      await unit.groups.addMember('staff', { type: 'user', id });
      await unit.assignments.create({ subject: { type: 'user', id }, role: 'reader' });
      const subject = { type: 'user', id };
      await unit.grants.create([{ subject, permission: 'post:view', object: null }]);
    }
  });
});
afterAll(() => service.stop());

describe.each(LISTS)('the list %s', (list) => {
  it.each([
    '0',
    '-1',
    '1001',
    '99999',
    '1e3',
    '0x10',
    'abc',
    '',
    '%20',
    '1.0',
    '%2B5',
    '1%00',
    '%D9%A1',
    'NaN',
    'Infinity',
    'null',
    '10%25',
    '99999999999999999999',
  ])('takes no limit of %s', async (limit) => {
    expectProblem(await get(`${list}?limit=${limit}`, 'admin'), { code: 'invalid_request', path: 'limit' });
  });

  it.each(['1', '0007', '1000'])('takes a limit of %s', async (limit) => {
    const { status, json } = await get(`${list}?limit=${limit}`, 'admin');
    expect(status).toBe(200);
    expect((json as { items: unknown[] }).items.length).toBeLessThanOrEqual(Number(limit));
  });

  it.each([
    ['limit=1&limit=2', 'limit'],
    ['limit=1&limit=1', 'limit'],
    ['cursor=a&cursor=b', 'cursor'],
    ['cursor=', 'cursor'],
    ['offset=1', 'offset'],
    ['limit[]=1', 'limit[]'],
    ['Limit=1', 'Limit'],
    ['constructor=1', 'constructor'],
    ['toString=1', 'toString'],
    ['%ff=1', '%ff'],
    ['a.b=1', 'a.b'],
  ])('takes no ?%s', async (query, path) => {
    expectProblem(await get(`${list}?${query}`, 'admin'), { code: 'invalid_request', path });
  });

  it.each(['x', 'AAAA', '%00', '%F0%9F%98%80', '../../etc/passwd'])(
    'takes no cursor that it has not made: %s',
    async (cursor) => {
      expectProblem(await get(`${list}?cursor=${cursor}`, 'admin'), { code: 'invalid_cursor', path: 'cursor' });
    },
  );

  it('takes no cursor of more than 1,000 characters', async () => {
    const answer = await get(`${list}?cursor=${'A'.repeat(1001)}`, 'admin');
    expectProblem(answer, { code: 'invalid_request', path: 'cursor' });
  });

  it('takes no cursor of another list or another caller, and none that was changed', async () => {
    const { json } = await get(`${list}?limit=1`, 'admin');
    const { items, next } = json as { items: unknown[]; next: string };
    expect(items).toHaveLength(1);
    expect((await get(`${list}?limit=1&cursor=${next}`, 'admin')).status).toBe(200);
    for (const other of LISTS) {
      if (other === list) continue;
      const answer = await get(`${other}?limit=1&cursor=${next}`, 'admin');
      expectProblem(answer, { code: 'invalid_cursor', path: 'cursor' }, other);
    }
    const [first = ''] = next;
    for (const changed of [
      `${next}A`,
      next.slice(0, -4),
      next.slice(4),
      `${first === 'A' ? 'B' : 'A'}${next.slice(1)}`,
      next.toUpperCase(),
      next.repeat(6),
    ]) {
      expectProblem(await get(`${list}?limit=1&cursor=${changed}`, 'admin'), {
        code: 'invalid_cursor',
        path: 'cursor',
      });
    }
    const stranger = await get(`${list}?limit=1&cursor=${next}`, 'carol');
    // Who may not see the group has no list of its members.
    if (list.endsWith('/members')) expectProblem(stranger, { code: 'not_found' });
    else expectProblem(stranger, { code: 'invalid_cursor', path: 'cursor' });
  });
});

describe('the query of a list of objects', () => {
  const objects = '/api/v1/objects/post';

  it.each([
    ['attributes=1', 'attributes'],
    ['attributes.=1', 'attributes.'],
    ['attributes..a=1', 'attributes..a'],
    ['attributes.a.=1', 'attributes.a.'],
    ['attribute.a=1', 'attribute.a'],
    ['attributes.a=1&attributes.a=2', 'attributes.a'],
    ['attributes.a=%00', 'attributes.a'],
    ['status=draft', 'status'],
    ['action=', 'action'],
    ['action=view&action=change', 'action'],
    ['action=a%0ab', 'action'],
  ])('takes no ?%s', async (query, path) => {
    expectProblem(await get(`${objects}?${query}`, 'admin'), { code: 'invalid_request', path });
  });

  it('narrows by at most 8 attributes', async () => {
    const by = (count: number) => Array.from({ length: count }, (_, index) => `attributes.a${index}=1`).join('&');
    expect((await get(`${objects}?${by(8)}`, 'admin')).status).toBe(200);
    expectProblem(await get(`${objects}?${by(9)}`, 'admin'), { code: 'invalid_request' });
  });

  it.each([
    ['a number that is too large', '1e999'],
    ['a number that Postgres can not hold', '1e200000'],
    ['a number that is too small', '1e-200000'],
    ['a number of many digits', '1'.repeat(12_000)],
    ['half a surrogate pair', '"\\ud800"'],
    ['half a surrogate pair in a name', '{"\\udfff":1}'],
    ['an escaped NUL', '["\\u0000"]'],
    ['an array that does not end', '['],
    ['arrays within arrays', `${'['.repeat(2000)}${']'.repeat(2000)}`],
    ['__proto__', '{"__proto__":1}'],
    ['SQL', "' OR 1=1 --"],
    ['nothing', ''],
  ])('may narrow by a value that no object has: %s', async (_, value) => {
    const { status, json } = await get(`${objects}?attributes.status=${encodeURIComponent(value)}`, 'admin');
    expect([status, json]).toEqual([200, { items: [], next: null }]);
  });

  it.each([
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['a long name', 'a'.repeat(5000)],
    ['a long way', 'a.'.repeat(4000).concat('a')],
    ["'", "'"],
    ['$1', '$1'],
    ['{a}', '{a}'],
    ['*', '*'],
    ['an emoji', '%F0%9F%98%80'],
  ])('may narrow by an attribute that no object has: %s', async (_, name) => {
    const { status, json } = await get(`${objects}?attributes.${name}=1`, 'admin');
    expect([status, json]).toEqual([200, { items: [], next: null }]);
  });

  it('finds a number, a truth, a list and a text by its plain value', async () => {
    for (const query of ['attributes.n=0', 'attributes.n=-0', 'attributes.on=true', 'attributes.list=["a","b"]']) {
      expect((await get(`${objects}?${encodeURI(query)}`, 'admin')).json, query).toMatchObject({
        items: [{ id: '2' }],
      });
    }
    // A point in a name is no way to it, and the elements of an array have no names.
    for (const query of ['attributes.x.y=1', 'attributes.list.0=a', 'attributes.list=a'])
      expect((await get(`${objects}?${query}`, 'admin')).json, query).toEqual({ items: [], next: null });
  });
});

describe('the total of a list', () => {
  const counted = LISTS.filter((list) => !/members|assignments|grants/.test(list));

  it.each(counted)('is how many all its pages hold, and is there when it is asked for: %s', async (list) => {
    const all = (await get(`${list}?limit=1000`, 'admin')).json as { items: unknown[] };
    expect(all).not.toHaveProperty('total');
    expect((await get(`${list}?total=false`, 'admin')).json).not.toHaveProperty('total');
    const { json } = await get(`${list}?limit=1&total=true`, 'admin');
    expect(json).toMatchObject({ items: [all.items[0]], total: all.items.length });
    const { next } = json as { next: string };
    // Page by page it may be asked for, or not.
    expect((await get(`${list}?limit=1&cursor=${next}&total=true`, 'admin')).json).toMatchObject({
      items: [all.items[1]],
      total: all.items.length,
    });
    expect((await get(`${list}?limit=1&cursor=${next}`, 'admin')).json).toMatchObject({ items: [all.items[1]] });
    expect((await get(`${list}?total=true`, 'carol')).json).toMatchObject({ total: expect.any(Number) });
  });

  it.each(counted.flatMap((list) => ['', '1', 'yes', 'TRUE'].map((text) => [list, text])))(
    'is not asked for by anything but true: %s?total=%s',
    async (list, text) => {
      expectProblem(await get(`${list}?total=${text}`, 'admin'), { code: 'invalid_request', path: 'total' });
    },
  );
});

describe('the filter of a list', () => {
  it.each([
    ['/api/v1/grants?subject=bob', 'subject'],
    ['/api/v1/grants?subject=user:', 'subject'],
    ['/api/v1/grants?subject=:bob', 'subject'],
    ['/api/v1/grants?subject=', 'subject'],
    ['/api/v1/grants?subject=user:bob&subject=user:carol', 'subject'],
    ['/api/v1/grants?object=post', 'object'],
    ['/api/v1/grants?permission=view', 'permission'],
    ['/api/v1/grants?permission=post:', 'permission'],
    ['/api/v1/grants?permission=a:b:c', 'permission'],
    ['/api/v1/grants?effect=allow', 'effect'],
    ['/api/v1/assignments?subject=bob', 'subject'],
    ['/api/v1/assignments?role=', 'role'],
    ['/api/v1/assignments?role=a&role=b', 'role'],
    ['/api/v1/assignments?object=post', 'object'],
    ['/api/v1/assignments?object=post:1&object=post:2', 'object'],
    ['/api/v1/users?username=bob', 'username'],
  ])('is refused where it can not be one: %s', async (path, field) => {
    expectProblem(await get(path, 'admin'), { code: 'invalid_request', path: field });
  });

  it.each([
    '/api/v1/grants?subject=user:nobody',
    '/api/v1/grants?subject=robot:x',
    '/api/v1/grants?object=nothing:x',
    '/api/v1/grants?permission=nothing:view',
    '/api/v1/assignments?role=nothing',
    '/api/v1/assignments?subject=user:nobody',
    '/api/v1/assignments?object=post:nothing',
    '/api/v1/assignments?object=nothing:x',
  ])('finds nothing by what there is not: %s', async (path) => {
    expect((await get(path, 'admin')).json).toEqual({ items: [], next: null });
  });

  it('is part of what a cursor fits', async () => {
    const { next } = (await get('/api/v1/grants?limit=1', 'admin')).json as { next: string };
    for (const filter of ['subject=user:carol', 'permission=post:view']) {
      const answer = await get(`/api/v1/grants?${filter}&cursor=${next}`, 'admin');
      expectProblem(answer, { code: 'invalid_cursor', path: 'cursor' });
    }
  });
});

describe('a query', () => {
  it('is refused without anything written, and ignored where a route takes none', async () => {
    const before = await contentsOf(service.databaseUrl);
    for (const list of LISTS) await get(`${list}?limit=0`, 'admin');
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });
});
