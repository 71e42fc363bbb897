import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declaredRoutes } from '../../src/nest/undeclared-routes.js';
import { contentsOf } from '../support/contents.js';
import { arrangeNarrowing, idsOf, NarrowedTokens } from '../support/narrowed-tokens.js';
import { expectRefusal } from '../support/problem.js';
import { query } from '../support/query.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
let tokens: NarrowedTokens;

beforeAll(async () => {
  service = await startTestService();
  await arrangeNarrowing(service);
  tokens = new NarrowedTokens(service);
});
afterAll(() => service.stop());

const alice = { type: 'user', id: 'alice' };
const doc = (id: string) => ({ type: 'doc', id });

describe('the making of a narrowed token', () => {
  const path = '/api/v1/users/alice/tokens';

  it('names known permissions, which are told with it, and stand in the audit trail', async () => {
    const permissions = ['doc:view', 'doc:change', 'doc:view'];
    const made = await service.as('alice').post(path).send({ name: 'of two', permissions }).expect(201);
    expect(made.body.permissions).toEqual(['doc:view', 'doc:change']);
    const { token: _, ...record } = made.body;
    const listed = await service.as('alice').get(path).expect(200);
    expect(listed.body.items).toContainEqual(record);
    const rows = await query(
      service.databaseUrl,
      `SELECT after FROM castellan.changes WHERE action = 'token.create' AND target_id = '${made.body.id}'`,
    );
    expect(rows).toEqual([{ after: { ...record, user: 'alice' } }]);
    await service.as('alice').delete(`${path}/${made.body.id}`).expect(204);
  });

  it('leaves a token as wide as its user where it names none', async () => {
    for (const body of [{ name: 'wide' }, { name: 'wide', permissions: null }]) {
      const made = await service.as('alice').post(path).send(body).expect(201);
      expect(made.body.permissions).toBeNull();
      expect((await tokens.send(made.body.token, 'GET /api/v1/users')).status).toBe(200);
    }
  });

  it('refuses what it can not name, and makes nothing then', async () => {
    const before = await contentsOf(service.databaseUrl);
    const create = (permissions: unknown) => service.as('alice').post(path).send({ name: 'none', permissions });
    await expectRefusal(create(['doc:view', 'doc:fly']), 'unknown_reference', 'permissions.1');
    await expectRefusal(create(['nothing:view']), 'unknown_reference', 'permissions.0');
    for (const bad of [[], 'doc:view', ['doc'], ['doc:'], [1], Array.from({ length: 101 }, (_, n) => `doc:${n}`)])
      await expectRefusal(create(bad), 'invalid_request');
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it('names what its user does not hold to no avail', async () => {
    const bobs = await tokens.as('bob', 'doc:change doc:view', 'PATCH /api/v1/objects/doc/d', { attributes: { a: 1 } });
    expect(bobs.status).toBe(403);
    expect(idsOf(await tokens.as('bob', 'doc:change doc:view', 'GET /api/v1/objects/doc'))).toEqual(['d']);
  });
});

describe('a token narrowed to what no route is about', () => {
  /** What it may do all the same: say who it is, and ask what it may do, which is nothing. */
  const OPEN = new Set([
    'GET /api/v1/auth/me',
    'GET /api/v1/auth/me/ability',
    'POST /api/v1/access/ability',
    'POST /access/v1/evaluation',
    'POST /access/v1/evaluations',
    'POST /access/v1/search/resource',
    'POST /access/v1/search/action',
    'GET /api/v1/grants',
    'GET /api/v1/assignments',
    // What these take is said by their bodies: see below.
    'POST /access/v1/search/subject',
    'POST /api/v1/access/explain',
    'POST /api/v1/grants',
    'POST /api/v1/grants/batch',
  ]);
  const PARTS: Readonly<Record<string, string>> = { type: 'doc', id: 'd', subjectType: 'user', subjectId: 'bob' };
  const NAMED: readonly (readonly [start: string, id: string])[] = [
    ['/api/v1/users', 'bob'],
    ['/api/v1/groups', 'staff'],
    ['/api/v1/roles', 'reader'],
    ['/api/v1/types', 'doc'],
  ];

  it.each(['root', 'alice'])('opens nothing else, and changes nothing, as %s', async (user) => {
    const token = await tokens.of(user, 'other:view');
    const before = await contentsOf(service.databaseUrl);
    const routes = declaredRoutes(service.app).filter(
      ({ route, policy }) => policy.access !== 'public' && !OPEN.has(route),
    );
    expect(routes.length).toBeGreaterThan(40);
    for (const { route } of routes) {
      const id = NAMED.find(([start]) => route.includes(start))?.[1] ?? 'd';
      const path = route.replaceAll(/:(\w+)/g, (_, name: string) => (name === 'id' ? id : (PARTS[name] ?? name)));
      const { status } = await tokens.send(token, path, /^(POST|PUT|PATCH)/.test(route) ? {} : undefined);
      expect([403, 404], route).toContain(status);
    }
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it('is told of nothing where it may ask', async () => {
    const asked = { subject: { type: 'user', id: 'root' }, resource: doc('d'), action: { name: 'view' } };
    const answers = [
      await tokens.as('root', 'other:view', 'GET /api/v1/grants'),
      await tokens.as('root', 'other:view', 'GET /api/v1/assignments'),
      await tokens.as('root', 'other:view', 'POST /access/v1/evaluation', asked),
      await tokens.as('root', 'other:view', 'POST /access/v1/evaluations', { evaluations: [asked] }),
      await tokens.as('root', 'other:view', 'POST /access/v1/search/resource', { ...asked, resource: { type: 'doc' } }),
      await tokens.as('root', 'other:view', 'POST /access/v1/search/action', { ...asked, action: undefined }),
    ];
    expect(answers.map(({ json }) => json)).toEqual([
      { items: [], next: null },
      { items: [], next: null },
      { decision: false },
      { evaluations: [{ decision: false }] },
      expect.objectContaining({ results: [] }),
      expect.objectContaining({ results: [] }),
    ]);
  });
});

type Row = readonly [user: string, permissions: string, route: string, body: object | undefined, status: number];
const patch = { attributes: { a: 1 } };
const grant = (permission: string, more: object = {}) => ({
  subject: { type: 'user', id: 'bob' },
  permission,
  ...more,
});

const TABLE: readonly Row[] = [
  // What it names, and nothing else.
  ['alice', 'doc:view', 'GET /api/v1/objects/doc/d', undefined, 200],
  ['alice', 'doc:view', 'PATCH /api/v1/objects/doc/d', patch, 403],
  ['alice', 'doc:view', 'DELETE /api/v1/objects/doc/d', undefined, 403],
  ['alice', 'doc:view', 'GET /api/v1/objects/folder/f', undefined, 404],
  ['alice', 'doc:view', 'GET /api/v1/objects/folder', undefined, 403],
  ['alice', 'doc:change', 'PATCH /api/v1/objects/doc/d', patch, 404],
  ['alice', 'doc:view doc:change', 'PATCH /api/v1/objects/doc/d', patch, 200],
  ['root', 'doc:view doc:change', 'PATCH /api/v1/objects/doc/d', patch, 200],
  ['root', 'doc:view', 'PATCH /api/v1/objects/doc/d', patch, 403],
  ['root', 'doc:view', 'DELETE /api/v1/objects/doc/d', undefined, 403],
  // Making, below a parent that has to be seen.
  ['alice', 'doc:add', 'POST /api/v1/objects/doc', { id: 'made-1' }, 201],
  ['alice', 'doc:view', 'POST /api/v1/objects/doc', { id: 'made-2' }, 403],
  ['alice', 'doc:view', 'POST /api/v1/objects/folder', { id: 'made-3' }, 403],
  ['root', 'doc:view', 'POST /api/v1/objects/doc', { id: 'made-4' }, 403],
  ['alice', 'doc:add', 'POST /api/v1/objects/doc', { id: 'made-5', parent: { type: 'folder', id: 'f' } }, 422],
  ['alice', 'doc:add folder:view', 'POST /api/v1/objects/doc', { id: 'm', parent: { type: 'folder', id: 'f' } }, 201],
  // Deleting with what is below takes deleting all of it.
  ['root', 'folder:view folder:delete', 'DELETE /api/v1/objects/folder/f?cascade=true', undefined, 403],
  // Moving hands out what is placed above, which is not told by rules.
  ['alice', 'doc:view doc:change doc:grant doc:add', 'PATCH /api/v1/objects/doc/d', { parent: null }, 200],
  ['root', 'doc:view doc:change doc:grant doc:add folder:view', 'PATCH /api/v1/objects/doc/d', { parent: null }, 403],
  // Handing out: the right to, and what it names itself.
  ['alice', 'doc:view doc:grant', 'POST /api/v1/grants', grant('doc:view'), 201],
  ['alice', 'doc:view doc:grant', 'POST /api/v1/grants', grant('doc:change'), 403],
  ['alice', 'doc:view doc:grant', 'POST /api/v1/grants', grant('doc:view', { object: doc('e') }), 201],
  ['alice', 'doc:view doc:grant', 'POST /api/v1/grants', grant('doc:change', { effect: 'deny' }), 403],
  ['alice', 'doc:grant', 'POST /api/v1/grants', grant('doc:view', { object: doc('e') }), 404],
  ['alice', 'doc:view', 'POST /api/v1/grants', grant('doc:view'), 403],
  ['root', 'doc:view doc:grant', 'POST /api/v1/grants', grant('doc:publish'), 403],
  ['root', 'doc:view', 'POST /api/v1/grants', grant('doc:view'), 403],
  ['root', 'doc:publish doc:grant', 'POST /api/v1/grants', grant('doc:publish'), 201],
  ['root', 'doc:view doc:grant', 'POST /api/v1/grants/batch', { grants: [grant('doc:view'), grant('doc:add')] }, 403],
  ['root', 'role:add doc:view', 'POST /api/v1/roles', { id: 'r1', rules: [{ permission: 'doc:view' }] }, 201],
  ['root', 'role:add doc:view', 'POST /api/v1/roles', { id: 'r2', rules: [{ permission: 'doc:change' }] }, 403],
  ['root', 'role:add', 'POST /api/v1/roles', { id: 'r3', rules: [], includes: ['reader'] }, 403],
  ['root', 'assignment:add', 'POST /api/v1/assignments', { subject: alice, role: 'reader' }, 403],
  ['root', 'group:view group:change', 'PUT /api/v1/groups/staff/members/user/bob', undefined, 403],
  ['alice', 'group:view group:change', 'PUT /api/v1/groups/staff/members/user/bob', undefined, 403],
  // In the name of others: none.
  ['root', 'user:view user:change', 'PATCH /api/v1/users/bob', { password: 'a new one for bob' }, 403],
  ['root', 'user:view user:change', 'PATCH /api/v1/users/bob', { username: 'robert' }, 403],
  ['root', 'user:view user:change', 'PATCH /api/v1/users/bob', { superuser: true }, 403],
  ['root', 'user:view user:change', 'PATCH /api/v1/users/bob', { active: false }, 403],
  ['root', 'user:view user:change', 'PATCH /api/v1/users/root', { email: 'root@example.com' }, 403],
  ['root', 'user:view user:change', 'PATCH /api/v1/users/bob', { email: 'bob@example.com' }, 200],
  ['root', 'user:view user:delete', 'DELETE /api/v1/users/bob', undefined, 403],
  ['root', 'user:add', 'POST /api/v1/users', { username: 'boss', superuser: true }, 403],
  ['root', 'user:add', 'POST /api/v1/users', { username: 'mallory', password: 'a way past the narrowing' }, 403],
  ['root', 'user:view user:change', 'POST /api/v1/users/bob/tokens', { name: 'of bob' }, 403],
  ['root', 'user:view user:change', 'GET /api/v1/users/bob/tokens', undefined, 403],
  ['alice', 'user:view', 'GET /api/v1/users/alice/tokens', undefined, 403],
  ['alice', 'user:view user:change', 'POST /api/v1/users/alice/tokens', { name: 'wider' }, 403],
  ['alice', 'doc:view', 'PUT /api/v1/auth/me/password', { oldPassword: 'x', newPassword: 'another one of hers' }, 403],
  ['alice', 'doc:view', 'POST /api/v1/auth/logout', undefined, 403],
  // Built-in types are named like any other.
  ['alice', 'user:view', 'GET /api/v1/users/bob', undefined, 200],
  ['alice', 'user:view', 'GET /api/v1/groups/staff', undefined, 404],
  ['alice', 'group:view', 'GET /api/v1/users', undefined, 403],
  ['alice', 'doc:view', 'GET /api/v1/users/alice', undefined, 404],
  ['root', 'type:view', 'GET /api/v1/types/doc', undefined, 200],
  ['root', 'type:view', 'POST /api/v1/types', { id: 'new' }, 403],
  ['root', 'type:view', 'DELETE /api/v1/types/doc', undefined, 403],
];

describe('a narrowed token', () => {
  it.each(TABLE.map((row) => [...row] as const))('of %s, %s: %s with %j answers %i', async (...row) => {
    const [user, permissions, route, body, status] = row;
    const token = await tokens.of(user, permissions);
    const before = await contentsOf(service.databaseUrl);
    const answer = await tokens.send(token, route, body);
    expect(answer.status, answer.text).toBe(status);
    if (status >= 300) expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });
});
