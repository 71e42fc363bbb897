import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declaredRoutes, type DeclaredRoute } from '../../src/nest/undeclared-routes.js';
import { VERB_ACTIONS } from '../../src/nest/verb-actions.js';
import { contentsOf } from '../support/contents.js';
import { rawRequest } from '../support/raw-request.js';
import { servedRoutes } from '../support/routes.js';
import { startTestService, type TestService } from '../support/service.js';

/** Every route there is, and who may use it. A new route has to be added here, by somebody who has thought about it. */
const ACCESS: Readonly<Record<string, string>> = {
  'GET /health/live': 'public',
  'GET /health/ready': 'public',
  'GET /metrics': 'signed-in',
  'GET /openapi.json': 'public',
  'GET /docs': 'public',
  'GET /docs/:file': 'public',
  'POST /api/v1/auth/login': 'public',
  'POST /api/v1/auth/logout': 'signed-in',
  'GET /api/v1/auth/me': 'signed-in',
  'PUT /api/v1/auth/me/password': 'signed-in',
  'GET /api/v1/auth/me/ability': 'list of access',
  'GET /api/v1/auth/sessions': 'signed-in',
  'DELETE /api/v1/auth/sessions': 'signed-in',
  'DELETE /api/v1/auth/sessions/:id': 'signed-in',
  'GET /api/v1/changes': 'signed-in',
  'GET /api/v1/users': 'list of user',
  'POST /api/v1/users': 'user:add',
  'GET /api/v1/users/:id': 'user:view on :id',
  'PATCH /api/v1/users/:id': 'user:change on :id',
  'DELETE /api/v1/users/:id': 'user:delete on :id',
  'GET /api/v1/users/:id/tokens': 'signed-in',
  'POST /api/v1/users/:id/tokens': 'signed-in',
  'DELETE /api/v1/users/:id/tokens/:tokenId': 'signed-in',
  'GET /api/v1/groups': 'list of group',
  'POST /api/v1/groups': 'group:add',
  'GET /api/v1/groups/:id': 'group:view on :id',
  'PATCH /api/v1/groups/:id': 'group:change on :id',
  'DELETE /api/v1/groups/:id': 'group:delete on :id',
  'GET /api/v1/groups/:id/members': 'group:view on :id',
  'PUT /api/v1/groups/:id/members/:subjectType/:subjectId': 'group:change on :id',
  'DELETE /api/v1/groups/:id/members/:subjectType/:subjectId': 'group:change on :id',
  'GET /api/v1/roles': 'list of role',
  'POST /api/v1/roles': 'role:add',
  'GET /api/v1/roles/:id': 'role:view on :id',
  'PATCH /api/v1/roles/:id': 'role:change on :id',
  'DELETE /api/v1/roles/:id': 'role:delete on :id',
  'GET /api/v1/assignments': 'signed-in',
  'POST /api/v1/assignments': 'assignment:add somewhere',
  'DELETE /api/v1/assignments/:id': 'assignment:delete somewhere',
  'GET /api/v1/types': 'list of type',
  'POST /api/v1/types': 'type:add',
  'GET /api/v1/types/:id': 'type:view on :id',
  'PATCH /api/v1/types/:id': 'type:change on :id',
  'DELETE /api/v1/types/:id': 'type:delete on :id',
  'GET /api/v1/objects/:type': 'list of :type',
  'POST /api/v1/objects/:type': ':type:add somewhere',
  'GET /api/v1/objects/:type/:id': ':type:view on :id',
  'PATCH /api/v1/objects/:type/:id': ':type:change on :id',
  'DELETE /api/v1/objects/:type/:id': ':type:delete on :id',
  'GET /api/v1/grants': 'signed-in',
  'POST /api/v1/grants': 'signed-in',
  'POST /api/v1/grants/batch': 'signed-in',
  'DELETE /api/v1/grants/:id': 'signed-in',
  'POST /api/v1/access/explain': 'signed-in',
  'POST /api/v1/access/ability': 'signed-in',
  'POST /access/v1/evaluation': 'signed-in',
  'POST /access/v1/evaluations': 'signed-in',
  'POST /access/v1/search/subject': 'signed-in',
  'POST /access/v1/search/resource': 'signed-in',
  'POST /access/v1/search/action': 'signed-in',
  'GET /.well-known/authzen-configuration': 'public',
};

const PARTS: Readonly<Record<string, string>> = { id: 'staff', type: 'post', subjectType: 'user', subjectId: 'bob' };
const each = Object.entries(ACCESS).map(([route, access]) => {
  const [method = '', path = ''] = route.split(' ');
  return { route, access, method, path: path.replaceAll(/:(\w+)/g, (_, name: string) => PARTS[name] ?? name) };
});
const guarded = each.filter(({ access }) => access !== 'public');
const json = { 'content-type': 'application/json' };

describe('the routes', () => {
  let service: TestService;
  const send = (method: string, path: string, as?: string, headers: Record<string, string> = {}) => {
    const body = ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) ? '{}' : undefined;
    return rawRequest(service.app, { method, path, as, headers: { ...json, ...headers }, ...(body ? { body } : {}) });
  };

  beforeAll(async () => {
    service = await startTestService();
    await service.addUser('bob');
    await service.addUser('gone', { active: false });
    // What `staff` may stand for in a path: something is there to be reached by every route.
    await service.arrange(async (unit) => {
      await unit.types.create({ id: 'post', actions: ['view', 'add', 'change', 'delete'], creatorActions: [] });
      await unit.types.create({ id: 'staff', actions: ['view'], creatorActions: [] });
      await unit.objects.create({ type: 'post', id: 'staff', attributes: {} }, null);
      await unit.groups.create({ id: 'staff', description: null });
      await unit.roles.create({ id: 'staff', description: null, rules: [], includes: [] });
    });
    await service.addUser('staff');
  });
  afterAll(() => service.stop());

  it('are those of the table, each with its access', () => {
    const declared = declaredRoutes(service.app).map((route) => [route.route, accessOf(route)] as const);
    expect(Object.fromEntries(declared)).toEqual(ACCESS);
    expect(declared).toHaveLength(Object.keys(ACCESS).length);
  });

  it('are all that the server answers, HEAD going with GET', () => {
    const heads = Object.keys(ACCESS).flatMap((route) => (route.startsWith('GET ') ? `HEAD ${route.slice(4)}` : []));
    expect(sorted(servedRoutes(service.app))).toEqual(sorted([...Object.keys(ACCESS), ...heads]));
  });

  it.each(guarded)('$route asks nobody to sign in', async ({ method, path }) => {
    const answer = await send(method, path);
    expect(answer).toMatchObject({ status: 401, json: { code: 'not_authenticated', status: 401 } });
    expect(answer.headers['www-authenticate']).toBe(
      'Basic realm="castellan", charset="UTF-8", Bearer realm="castellan"',
    );
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    if (method !== 'GET') return;
    const head = await send('HEAD', path);
    expect([head.status, head.text, head.headers['www-authenticate']]).toEqual([
      401,
      '',
      answer.headers['www-authenticate'],
    ]);
  });

  it.each(guarded)('$route takes no wrong password and no inactive user', async ({ method, path }) => {
    await service.forgiveSignIns();
    const wrong = await send(method, path, undefined, { authorization: `Basic ${btoa('admin:wrong')}` });
    const inactive = await send(method, path, 'gone');
    for (const answer of [wrong, inactive]) {
      expect(answer).toMatchObject({ status: 401, json: { code: 'invalid_credentials' } });
      expect(answer.headers['www-authenticate']).toMatch(/^Basic /);
    }
  });

  it.each(guarded.filter(({ access }) => access !== 'signed-in'))(
    '$route gives nothing to who holds nothing',
    async ({ method, path, access }) => {
      const before = await contentsOf(service.databaseUrl);
      const answer = await send(method, path, 'bob');
      if (path.endsWith('/ability'))
        expect(answer).toMatchObject({ status: 200, json: { rules: [], approximated: [] } });
      else if (access.startsWith('list'))
        expect(answer).toMatchObject({ status: 200, json: { items: [], next: null } });
      else if (access.includes(' on ')) expect(answer).toMatchObject({ status: 404, json: { code: 'not_found' } });
      else expect(answer).toMatchObject({ status: 403, json: { code: 'forbidden' } });
      expect(await contentsOf(service.databaseUrl)).toEqual(before);
    },
  );

  const spellings: Record<string, (path: string) => string> = {
    'a slash at the end': (path) => `${path}/`,
    'upper case': (path) => path.replace(/^\/[^/]+/, (part) => part.toUpperCase()),
    'upper case at the end': (path) => path.replace(/[^/]+$/, (part) => part.toUpperCase()),
    'two slashes at the start': (path) => `/${path}`,
    'two slashes inside': (path) => path.replace(/\/v1\/|\/(?=[^/]+$)/, (part) => `/${part}`),
    'an encoded slash': (path) => path.replace(/(?<=.)\/(?=[^/]+$)/, '%2F'),
    'an encoded slash at the end': (path) => `${path}%2F`,
    'a way up from a public route': (path) => `/health/live/../..${path}`,
    'an encoded way up': (path) => `/health/live/%2e%2e/%2e%2e${path}`,
    'a dot inside': (path) => path.replace(/\/(?=[^/]+$)/, '/./'),
    'a semicolon': (path) => `${path};a=b`,
    'a backslash': (path) => path.replace(/(?<=.)\/(?=[^/]+$)/, '\\'),
    'an encoded NUL': (path) => `${path}%00`,
    'an encoded percent sign': (path) => path.replace(/[^/]+$/, (part) => `%25${part}`),
  };

  it.each(Object.entries(spellings))('lets nobody past by %s', async (_, spell) => {
    const before = await contentsOf(service.databaseUrl);
    for (const { route, method, path } of guarded) {
      const answer = await send(method, spell(path));
      expect([401, 404, 422], `${route} as ${spell(path)}`).toContain(answer.status);
    }
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it.each(Object.entries(spellings))('has one spelling for each thing: not %s', async (_, spell) => {
    const before = await contentsOf(service.databaseUrl);
    const deletions = guarded.filter(({ method, path }) => method === 'DELETE' && path.endsWith('staff'));
    expect(deletions.length).toBeGreaterThan(5);
    for (const { method, path } of deletions) {
      const answer = await send(method, spell(path), 'admin');
      expect([404, 422], spell(path)).toContain(answer.status);
    }
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it.each(http.METHODS.filter((method) => method !== 'CONNECT'))(
    'lets nobody past by the method %s',
    async (method) => {
      const before = await contentsOf(service.databaseUrl);
      for (const path of new Set(guarded.map((route) => route.path))) {
        const answer = await send(method, path, undefined, { 'x-http-method-override': 'GET' });
        expect([400, 401, 404, 415], path).toContain(answer.status);
        if (!(method in VERB_ACTIONS)) expect(answer.status, path).not.toBe(401);
      }
      expect(await contentsOf(service.databaseUrl)).toEqual(before);
    },
  );

  it('answers no OPTIONS, and takes no other method from a header or the query', async () => {
    const before = await contentsOf(service.databaseUrl);
    const preflight = { origin: 'https://evil.example', 'access-control-request-method': 'DELETE' };
    const options = await send('OPTIONS', '/api/v1/users/staff', 'admin', preflight);
    expect(options.status).toBe(404);
    expect(Object.keys(options.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const override = { 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' };
    await expect(send('GET', '/api/v1/users/staff', 'admin', override)).resolves.toMatchObject({ status: 200 });
    await expect(send('GET', '/api/v1/users?_method=POST', 'admin')).resolves.toMatchObject({ status: 422 });
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it('answers HEAD as it answers GET, without the body', async () => {
    for (const { method, path } of each) {
      // Its figures change from one answer to the next.
      if (method !== 'GET' || path === '/metrics') continue;
      const [get, head] = [await send('GET', path, 'admin'), await send('HEAD', path, 'admin')];
      expect([head.status, head.headers['content-length'], head.text], path).toEqual([
        get.status,
        get.headers['content-length'],
        '',
      ]);
    }
  });

  it('has the same safe headers on every answer', async () => {
    const answers = [
      await send('GET', '/api/v1/users', 'admin'),
      await send('GET', '/api/v1/users'),
      await send('GET', '/nowhere'),
      await send('GET', '/api/v1/users/%zz'),
      await send('POST', '/api/v1/users', 'admin'),
      await send('GET', '/health/live'),
    ];
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-request-id': expect.stringMatching(/^[\da-f-]{36}$/),
      });
      expect(headers).not.toHaveProperty('x-powered-by');
    }
  });
});

function accessOf({ route, policy }: DeclaredRoute): string {
  const { access, resource } = policy;
  if ((access !== 'resource' && access !== 'decides-itself') || !resource) return String(access);
  const [method = '', path = ''] = route.split(' ');
  const type = 'type' in resource ? resource.type : `:${resource.typeParam}`;
  const action = policy.action ?? VERB_ACTIONS[method];
  // Where, the write decides.
  if (access === 'decides-itself') return `${type}:${action} somewhere`;
  if (path.split('/').includes(`:${policy.objectParam}`)) return `${type}:${action} on :${policy.objectParam}`;
  return action === 'view' ? `list of ${type}` : `${type}:${action}`;
}

function sorted(names: readonly string[]): string[] {
  return names.toSorted((one, other) => (one < other ? -1 : 1));
}
