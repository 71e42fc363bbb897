import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contentsOf } from '../support/contents.js';
import { Requests } from '../support/requests.js';
import { PASSWORD, startTestService, type Client, type TestService } from '../support/service.js';

const users = '/api/v1/users';
const groups = '/api/v1/groups';
const roles = '/api/v1/roles';
const types = '/api/v1/types';
const posts = '/api/v1/objects/post';
const grants = '/api/v1/grants';
const assignments = '/api/v1/assignments';

let service: TestService;
let admin: Client;
let atFirst: Record<string, string>;

const user = (id: string) => ({ type: 'user', id });
const group = (id: string) => ({ type: 'group', id });
const role = (id: string) => ({ type: 'role', id });
const post = (id: string) => ({ type: 'post', id });

beforeAll(async () => {
  service = await startTestService();
  admin = service.as('admin');
});
afterAll(() => service.stop());

/** A whole world in which everything hangs on everything; bob may view post 1 by each of these ways alone. */
beforeEach(async () => {
  atFirst = await withoutTrail();
  await admin.post(types).send({ id: 'post', creatorActions: [] }).expect(201);
  for (const id of ['1', '2']) await admin.post(posts).send({ id }).expect(201);
  await admin.post(users).send({ username: 'bob', password: PASSWORD }).expect(201);
  for (const id of ['outer', 'inner']) await admin.post(groups).send({ id }).expect(201);
  await admin
    .post(roles)
    .send({ id: 'viewer', rules: [{ permission: 'post:view' }] })
    .expect(201);
  await admin
    .post(roles)
    .send({ id: 'editor', includes: ['viewer'] })
    .expect(201);
  await admin.put(`${groups}/outer/members/group/inner`).expect(204);
  await admin.put(`${groups}/inner/members/user/bob`).expect(204);
});
afterEach(async () => {
  for (const path of [`${users}/bob`, `${groups}/outer`, `${groups}/inner`, `${roles}/viewer`, `${roles}/editor`]) {
    await admin.delete(path);
  }
  await admin.delete(`${types}/post`);
  // Whatever was made went with these, in every table.
  expect(await withoutTrail()).toEqual(atFirst);
});

async function withoutTrail(): Promise<Record<string, string>> {
  const { changes: _, ...rest } = await contentsOf(service.databaseUrl);
  return rest;
}

const give = (subject: object, permission: string, object: object | null) =>
  admin.post(grants).send({ subject, permission, object }).expect(201);
const assign = (subject: object, of: string) => admin.post(assignments).send({ subject, role: of }).expect(201);

async function may(id: string, resource: object, action = 'view'): Promise<boolean> {
  const { body } = await admin
    .post('/access/v1/evaluation')
    .send({ subject: user(id), action: { name: action }, resource })
    .expect(200);
  return body.decision;
}

async function itemsOf(path: string): Promise<unknown[]> {
  const { body } = await admin.get(path).expect(200);
  return body.items;
}

describe('a user that is deleted and made again', () => {
  const again = async (password?: string): Promise<void> => {
    await admin.delete(`${users}/bob`).expect(204);
    await admin
      .post(users)
      .send({ username: 'bob', ...(password === undefined ? {} : { password }) })
      .expect(201);
  };

  it('holds no grant, no role and no membership of the one before', async () => {
    await give(user('bob'), 'post:view', post('1'));
    await give(user('bob'), 'post:view', null);
    await give(group('outer'), 'post:view', post('2'));
    await assign(user('bob'), 'viewer');
    expect([await may('bob', post('1')), await may('bob', post('2'))]).toEqual([true, true]);
    await again(PASSWORD);
    expect([await may('bob', post('1')), await may('bob', post('2'))]).toEqual([false, false]);
    await service.as('bob').get(posts).expect(200, { items: [], next: null });
    expect(await itemsOf(`${grants}?subject=user:bob`)).toEqual([]);
    expect(await itemsOf(`${assignments}?subject=user:bob`)).toEqual([]);
    expect(await itemsOf(`${groups}/inner/members`)).toEqual([]);
  });

  it('is nobody whom others were given rights on', async () => {
    await admin.post(users).send({ username: 'eve' }).expect(201);
    await give(user('eve'), 'user:view', user('bob'));
    await give(user('eve'), 'user:change', user('bob'));
    expect(await may('eve', user('bob'))).toBe(true);
    await again();
    expect(await may('eve', user('bob'))).toBe(false);
    expect(await itemsOf(`${grants}?subject=user:eve`)).toEqual([]);
    await admin.delete(`${users}/eve`).expect(204);
  });

  it('is not signed in, by session or by password', async () => {
    const client = await new Requests(service.app).client('bob', PASSWORD);
    expect((await client.send('GET', '/api/v1/auth/me')).statusCode).toBe(200);
    await service.as('bob').get('/api/v1/auth/me').expect(200);
    await admin.delete(`${users}/bob`).expect(204);
    expect((await client.send('GET', '/api/v1/auth/me')).statusCode).toBe(401);
    await service.as('bob').get('/api/v1/auth/me').expect(401);
    await admin.post(users).send({ username: 'bob' }).expect(201);
    expect((await client.send('GET', '/api/v1/auth/me')).statusCode).toBe(401);
    await service.as('bob').get('/api/v1/auth/me').expect(401);
    await admin.patch(`${users}/bob`).send({ password: PASSWORD }).expect(200);
    expect((await client.send('GET', '/api/v1/auth/me')).statusCode).toBe(401);
    await service.as('bob').get('/api/v1/auth/me').expect(200);
  });

  it('has nothing that it created before', async () => {
    await admin
      .patch(`${types}/post`)
      .send({ creatorActions: ['view', 'delete'] })
      .expect(200);
    await give(user('bob'), 'post:add', null);
    await service.as('bob').post(posts).send({ id: 'own' }).expect(201);
    await service.as('bob').get(`${posts}/own`).expect(200);
    await again(PASSWORD);
    await service.as('bob').get(`${posts}/own`).expect(404);
    await service.as('bob').delete(`${posts}/own`).expect(404);
    await admin.get(`${posts}/own`).expect(200);
  });
});

describe('a group that is deleted and made again', () => {
  const again = async (id: string): Promise<void> => {
    await admin.delete(`${groups}/${id}`).expect(204);
    await admin.post(groups).send({ id }).expect(201);
  };

  it('has no members, no grants and no roles of the one before', async () => {
    await give(group('inner'), 'post:view', post('1'));
    await give(group('inner'), 'post:view', null);
    await assign(group('inner'), 'viewer');
    expect(await may('bob', post('1'))).toBe(true);
    await again('inner');
    expect(await itemsOf(`${groups}/inner/members`)).toEqual([]);
    expect(await itemsOf(`${groups}/outer/members`)).toEqual([]);
    await admin.put(`${groups}/inner/members/user/bob`).expect(204);
    expect(await may('bob', post('1'))).toBe(false);
    expect(await itemsOf(`${grants}?subject=group:inner`)).toEqual([]);
    expect(await itemsOf(`${assignments}?subject=group:inner`)).toEqual([]);
  });

  it('leads no longer from its members to the groups it was in', async () => {
    await give(group('outer'), 'post:view', post('1'));
    expect(await may('bob', post('1'))).toBe(true);
    await again('inner');
    expect(await may('bob', post('1'))).toBe(false);
    await admin.put(`${groups}/inner/members/user/bob`).expect(204);
    expect(await may('bob', post('1'))).toBe(false);
    await admin.put(`${groups}/outer/members/group/inner`).expect(204);
    expect(await may('bob', post('1'))).toBe(true);
    await again('outer');
    expect(await may('bob', post('1'))).toBe(false);
  });

  it('keeps a way that does not lead through it', async () => {
    await give(group('outer'), 'post:view', post('1'));
    await admin.put(`${groups}/outer/members/user/bob`).expect(204);
    await admin.delete(`${groups}/inner`).expect(204);
    expect(await may('bob', post('1'))).toBe(true);
    await admin.delete(`${groups}/outer/members/user/bob`).expect(204);
    expect(await may('bob', post('1'))).toBe(false);
  });

  it('is nothing that others were given rights on', async () => {
    await give(user('bob'), 'group:change', group('outer'));
    await give(user('bob'), 'group:view', group('outer'));
    await service.as('bob').patch(`${groups}/outer`).send({ description: 'mine' }).expect(200);
    await again('outer');
    await service.as('bob').patch(`${groups}/outer`).send({ description: 'mine' }).expect(404);
  });
});

describe('a role that is deleted and made again', () => {
  it('is held by nobody, includes nothing, and has no rules and no grants', async () => {
    await assign(user('bob'), 'editor');
    await give(role('viewer'), 'post:change', post('1'));
    expect([await may('bob', post('1')), await may('bob', post('1'), 'change')]).toEqual([true, true]);
    await admin.delete(`${roles}/viewer`).expect(204);
    expect([await may('bob', post('1')), await may('bob', post('1'), 'change')]).toEqual([false, false]);
    expect((await admin.get(`${roles}/editor`).expect(200)).body.includes).toEqual([]);
    await admin
      .post(roles)
      .send({ id: 'viewer', rules: [{ permission: 'post:view' }] })
      .expect(201);
    expect([await may('bob', post('1')), await may('bob', post('1'), 'change')]).toEqual([false, false]);
    expect(await itemsOf(`${grants}?subject=role:viewer`)).toEqual([]);
    await admin.delete(`${roles}/editor`).expect(204);
    await admin
      .post(roles)
      .send({ id: 'editor', includes: ['viewer'] })
      .expect(201);
    expect(await may('bob', post('1'))).toBe(false);
    expect(await itemsOf(assignments)).toEqual([]);
  });

  it('is nothing that others were given rights on', async () => {
    await give(user('bob'), 'role:view', role('viewer'));
    await service.as('bob').get(`${roles}/viewer`).expect(200);
    await admin.delete(`${roles}/viewer`).expect(204);
    await admin.post(roles).send({ id: 'viewer' }).expect(201);
    await service.as('bob').get(`${roles}/viewer`).expect(404);
  });
});

describe('an object that is deleted and made again', () => {
  it('has no grants of the one before', async () => {
    await give(user('bob'), 'post:view', post('1'));
    await give(group('authenticated'), 'post:change', post('1'));
    await give(role('viewer'), 'post:delete', post('1'));
    await admin.delete(`${posts}/1`).expect(204);
    await service.as('bob').get(posts).expect(200, { items: [], next: null });
    await admin.post(posts).send({ id: '1' }).expect(201);
    expect(await itemsOf(`${grants}?object=post:1`)).toEqual([]);
    expect([await may('bob', post('1')), await may('bob', post('1'), 'change')]).toEqual([false, false]);
    await service.as('bob').get(posts).expect(200, { items: [], next: null });
  });

  it('is below nothing that the one before was below', async () => {
    await admin
      .post(posts)
      .send({ id: 'below', parent: post('1') })
      .expect(201);
    await give(user('bob'), 'post:view', post('1'));
    expect(await may('bob', post('below'))).toBe(true);
    await admin.delete(`${posts}/below`).expect(204);
    await admin.post(posts).send({ id: 'below' }).expect(201);
    expect(await may('bob', post('below'))).toBe(false);
    await service.as('bob').get(`${posts}/below`).expect(404);
  });

  it('has nothing below it, and no role assigned on it, of the one before', async () => {
    await admin
      .post(posts)
      .send({ id: 'below', parent: post('1') })
      .expect(201);
    await admin
      .post(assignments)
      .send({ subject: user('bob'), role: 'viewer', object: post('1') })
      .expect(201);
    expect([await may('bob', post('1')), await may('bob', post('below'))]).toEqual([true, true]);
    await admin.delete(`${posts}/1?cascade=true`).expect(204);
    await admin.post(posts).send({ id: '1' }).expect(201);
    await admin.get(`${posts}/below`).expect(404);
    expect(await itemsOf(assignments)).toEqual([]);
    expect(await may('bob', post('1'))).toBe(false);
  });

  it('has no attributes of the one before', async () => {
    await admin
      .patch(`${posts}/1`)
      .send({ attributes: { status: 'secret' } })
      .expect(200);
    await admin.delete(`${posts}/1`).expect(204);
    await admin.post(posts).send({ id: '1' }).expect(201);
    expect((await admin.get(`${posts}/1`).expect(200)).body.attributes).toEqual({});
  });
});

describe('a type that is deleted and made again', () => {
  const again = async (body: object = { id: 'post', creatorActions: [] }): Promise<void> => {
    await admin.delete(`${types}/post`).expect(204);
    await admin.post(types).send(body).expect(201);
  };

  it('has no objects, no grants and no rules of the one before', async () => {
    await give(user('bob'), 'post:view', post('1'));
    await give(user('bob'), 'post:view', null);
    await assign(user('bob'), 'viewer');
    await again();
    expect(await itemsOf(posts)).toEqual([]);
    expect((await admin.get(`${roles}/viewer`).expect(200)).body.rules).toEqual([]);
    expect(await itemsOf(`${grants}?subject=user:bob`)).toEqual([]);
    await admin.post(posts).send({ id: '1' }).expect(201);
    expect(await may('bob', post('1'))).toBe(false);
  });

  it('is nothing that others were given rights on', async () => {
    await give(user('bob'), 'type:view', { type: 'type', id: 'post' });
    await service.as('bob').get(`${types}/post`).expect(200);
    await again();
    await service.as('bob').get(`${types}/post`).expect(404);
  });

  it('loses what hung on an action with the action, and does not get it back', async () => {
    await give(user('bob'), 'post:change', post('1'));
    await give(user('bob'), 'post:view', null);
    await admin
      .patch(`${roles}/viewer`)
      .send({ rules: [{ permission: 'post:change' }, { permission: 'post:view' }] })
      .expect(200);
    await assign(user('bob'), 'viewer');
    const { body } = await admin.get(`${types}/post`).expect(200);
    const without = body.actions.filter((action: string) => action !== 'change');
    await admin.patch(`${types}/post`).send({ actions: without }).expect(200);
    expect(await may('bob', post('1'), 'change')).toBe(false);
    await admin.patch(`${types}/post`).send({ actions: body.actions }).expect(200);
    expect(await may('bob', post('1'), 'change')).toBe(false);
    expect(await may('bob', post('1'))).toBe(true);
    expect(await itemsOf(`${grants}?permission=post:change`)).toEqual([]);
    expect((await admin.get(`${roles}/viewer`).expect(200)).body.rules).toMatchObject([{ permission: 'post:view' }]);
  });
});
