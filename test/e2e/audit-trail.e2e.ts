import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../support/query.js';
import { rawRequest, type RawAnswer } from '../support/raw-request.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';

const users = '/api/v1/users';
const groups = '/api/v1/groups';
const roles = '/api/v1/roles';
const types = '/api/v1/types';
const posts = '/api/v1/objects/post';
const grants = '/api/v1/grants';
const assignments = '/api/v1/assignments';

interface Change {
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly requestId: string;
}

let service: TestService;
let last = 0;

beforeAll(async () => {
  service = await startTestService();
  await service.addUser('bob');
  await service.arrange((unit) =>
    unit.types.create({ id: 'post', actions: ['view', 'add', 'change', 'delete', 'grant'], creatorActions: ['view'] }),
  );
  await newChanges();
});
afterAll(() => service.stop());

/** What was added to the trail since it was looked at last, but for sign-ins. */
async function newChanges(): Promise<Change[]> {
  const rows = await query(
    service.databaseUrl,
    `SELECT id::int AS id, actor_type || ':' || actor_id AS actor, action,
      target_type || ':' || target_id AS target, before, after, request_id AS "requestId"
    FROM castellan.changes WHERE id > ${last} AND action NOT LIKE 'sign\\_in.%' ORDER BY id`,
  );
  return rows.map(({ id, ...change }) => {
    last = Number(id);
    return change as unknown as Change;
  });
}

let requests = 0;

type Sent = RawAnswer & { requestId: string };

async function send(method: string, path: string, body?: object, as = 'admin'): Promise<Sent> {
  const requestId = `request-${++requests}`;
  const headers = { 'content-type': 'application/json', 'x-request-id': requestId };
  const request = { method, path, as, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await rawRequest(service.app, request);
  expect(answer.headers['x-request-id']).toBe(requestId);
  return { ...answer, requestId };
}

const idOf = (answer: RawAnswer): string => (answer.json as { id: string }).id;

describe('the audit trail', () => {
  it('has one row for each change: who, what, before and after, and by which request', async () => {
    const subject = { type: 'user', id: 'u' };
    const member = subject;
    const object = { type: 'post', id: 'p' };
    const user = { id: 'u', username: 'u', email: null, active: true, superuser: false, attributes: {} };
    const group = { id: 'g', description: null };
    const role = { id: 'r', description: null, rules: [], includes: [] };
    const type = { id: 't', actions: ['view'], mode: 'union', creatorActions: [], builtIn: false };
    const creator = { type: 'user', id: 'admin' };
    const post = { ...object, parent: null, attributes: {} };
    const mailed = { ...user, email: 'u@example.com', attributes: { a: 1 } };
    const viewing = { ...role, rules: [{ permission: 'post:view', effect: 'allow', condition: null, fields: null }] };
    const flying = { ...type, actions: ['view', 'fly'] };
    const steps: [route: string, body: object | undefined, change: string, before: unknown, after: unknown][] = [
      [`POST ${users}`, { username: 'u' }, 'user.create user:u', null, user],
      [`PATCH ${users}/u`, { email: 'u@example.com', attributes: { a: 1 } }, 'user.update user:u', user, mailed],
      [`PATCH ${users}/u`, { password: PASSWORD }, 'user.password user:u', mailed, { ...mailed, password: 'set' }],
      [`POST ${groups}`, { id: 'g' }, 'group.create group:g', null, group],
      [`PATCH ${groups}/g`, { description: 'd' }, 'group.update group:g', group, { ...group, description: 'd' }],
      [`PUT ${groups}/g/members/user/u`, undefined, 'group.member.add group:g', null, { member }],
      [`DELETE ${groups}/g/members/user/u`, undefined, 'group.member.remove group:g', { member }, null],
      [`POST ${roles}`, { id: 'r' }, 'role.create role:r', null, role],
      [`PATCH ${roles}/r`, { rules: [{ permission: 'post:view' }] }, 'role.update role:r', role, viewing],
      [`POST ${types}`, { id: 't', actions: ['view'], creatorActions: [] }, 'type.create type:t', null, type],
      [`PATCH ${types}/t`, { actions: ['view', 'fly'] }, 'type.update type:t', type, flying],
      [`POST ${posts}`, { id: 'p' }, 'object.create post:p', null, { ...post, creator }],
      [`PATCH ${posts}/p`, { attributes: { a: 1 } }, 'object.update post:p', post, { ...post, attributes: { a: 1 } }],
    ];
    for (const [route, body, change, before, after] of steps) {
      const [method = '', path = ''] = route.split(' ');
      const [action, target] = change.split(' ');
      const { status, requestId } = await send(method, path, body);
      expect([route, status]).toEqual([route, { POST: 201, PATCH: 200 }[method] ?? 204]);
      // What a creator was given with it may stand there, too.
      expect(await newChanges()).toMatchObject([{ actor: 'user:admin', requestId, action, target, before, after }]);
    }
    for (const [path, kind, body] of [
      [grants, 'grant', { subject, permission: 'post:view', object }],
      [assignments, 'assignment', { subject, role: 'r' }],
    ] as const) {
      const made = await send('POST', path, body);
      const target = `${kind}:${idOf(made)}`;
      expect(await newChanges()).toEqual([
        {
          actor: 'user:admin',
          requestId: made.requestId,
          action: `${kind}.create`,
          target,
          before: null,
          after: made.json,
        },
      ]);
      const ended = await send('DELETE', `${path}/${idOf(made)}`);
      expect(await newChanges()).toEqual([
        {
          actor: 'user:admin',
          requestId: ended.requestId,
          action: `${kind}.delete`,
          target,
          before: made.json,
          after: null,
        },
      ]);
    }
    for (const [path, action] of [
      [`${users}/u`, 'user.delete'],
      [`${groups}/g`, 'group.delete'],
      [`${roles}/r`, 'role.delete'],
      [`${types}/t`, 'type.delete'],
      [`${posts}/p`, 'object.delete'],
    ] as const) {
      const { json: before } = await send('GET', path);
      const { requestId } = await send('DELETE', path);
      const target = path.replace(/^.*\/(\w+?)s?\/(\w+)$/, '$1:$2');
      expect(await newChanges()).toMatchObject([
        { actor: 'user:admin', requestId, action, target, before, after: null },
      ]);
    }
  });

  it('has a row for each grant of a batch that is new', async () => {
    await send('POST', posts, { id: 'b' });
    await newChanges();
    const grant = (permission: string) => ({
      subject: { type: 'user', id: 'bob' },
      permission,
      object: { type: 'post', id: 'b' },
    });
    const first = await send('POST', `${grants}/batch`, {
      grants: ['post:view', 'post:change', 'post:view'].map(grant),
    });
    expect((await newChanges()).map(({ action, requestId }) => [action, requestId])).toEqual([
      ['grant.create', first.requestId],
      ['grant.create', first.requestId],
    ]);
    await send('POST', `${grants}/batch`, { grants: ['post:view', 'post:delete'].map(grant) });
    expect((await newChanges()).map(({ after }) => after)).toMatchObject([grant('post:delete')]);
  });

  it('names whoever made the change', async () => {
    await service.arrange((unit) =>
      unit.grants.create([{ subject: { type: 'user', id: 'bob' }, permission: 'post:add', object: null }]),
    );
    expect((await newChanges()).map(({ actor, requestId }) => [actor, requestId])).toEqual([['operator:test', 'test']]);
    await send('POST', posts, { id: 'bobs' }, 'bob');
    expect((await newChanges()).map(({ actor }) => actor)).toEqual(['user:bob']);
    const body = { oldPassword: PASSWORD, newPassword: PASSWORD };
    expect(await send('PUT', '/api/v1/auth/me/password', body, 'bob')).toMatchObject({ status: 204 });
    const [change] = await newChanges();
    expect(change).toMatchObject({ actor: 'user:bob', action: 'user.password', target: 'user:bob' });
  });

  it('has nothing of a password, and none of its hash', async () => {
    const password = 'not for the trail';
    await send('POST', users, { username: 'p', password });
    await send('PATCH', `${users}/p`, { password: `${password}!`, active: false });
    const changes = await newChanges();
    expect(changes.map(({ action }) => action)).toEqual(['user.create', 'user.update']);
    expect(changes.map(({ after }) => after)).toMatchObject([{ password: 'set' }, { password: 'set', active: false }]);
    expect(JSON.stringify(changes)).not.toMatch(/not for the trail|argon2/);
    await send('DELETE', `${users}/p`);
    await newChanges();
  });

  it('has no row for what stands already, for what is read, and for what is refused', async () => {
    await send('POST', groups, { id: 'team' });
    await send('PUT', `${groups}/team/members/user/bob`);
    const subject = { type: 'user', id: 'bob' };
    await send('POST', roles, { id: 'reader' });
    await send('POST', assignments, { subject, role: 'reader' });
    await send('POST', grants, { subject, permission: 'post:view' });
    await newChanges();
    const quiet: [number, string, string, object?, string?][] = [
      [200, 'POST', assignments, { subject, role: 'reader' }],
      [200, 'POST', grants, { subject, permission: 'post:view' }],
      [200, 'POST', `${grants}/batch`, { grants: [{ subject, permission: 'post:view' }] }],
      [204, 'PUT', `${groups}/team/members/user/bob`],
      [200, 'GET', users],
      [200, 'GET', `${groups}/team`],
      [
        200,
        'POST',
        '/access/v1/evaluation',
        { subject, action: { name: 'view' }, resource: { type: 'post', id: '1' } },
      ],
      [409, 'POST', groups, { id: 'team' }],
      [409, 'PATCH', `${groups}/anyone`, { description: 'mine' }],
      [409, 'DELETE', `${users}/admin`],
      [404, 'DELETE', `${users}/nobody`],
      [422, 'POST', users, { username: '' }],
      [422, 'POST', roles, { id: 'x', rules: [{ permission: 'nothing:view' }] }],
      [422, 'PATCH', `${roles}/reader`, { description: 'changed', includes: ['nothing'] }],
      [422, 'PATCH', `${types}/post`, { actions: ['view'], creatorActions: ['fly'] }],
      [403, 'POST', users, { username: 'x' }, 'bob'],
      [404, 'PATCH', `${groups}/team`, { description: 'mine' }, 'bob'],
      [401, 'POST', users, { username: 'x' }, 'stranger'],
      [401, 'PUT', '/api/v1/auth/me/password', { oldPassword: 'wrong', newPassword: 'long enough' }],
    ];
    for (const [status, method, path, body, as] of quiet) {
      expect([method, path, (await send(method, path, body, as)).status]).toEqual([method, path, status]);
      expect(await newChanges()).toEqual([]);
    }
    expect((await send('GET', `${roles}/reader`)).json).toMatchObject({ description: null, includes: [] });
  });
});
