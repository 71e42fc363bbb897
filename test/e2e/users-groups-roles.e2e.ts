import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../support/problem.js';
import { startTestService, type Client, type TestService } from '../support/service.js';

const users = '/api/v1/users';
const groups = '/api/v1/groups';
const roles = '/api/v1/roles';
const types = '/api/v1/types';
const assignments = '/api/v1/assignments';

let service: TestService;
let admin: Client;

beforeAll(async () => {
  service = await startTestService();
  admin = service.as('admin');
  await service.arrange((unit) =>
    unit.types.create({ id: 'post', actions: ['view', 'add', 'change', 'delete', 'grant'], creatorActions: [] }),
  );
});
afterAll(() => service.stop());

describe('a user', () => {
  it('has an id of its own when one is given, and keeps it under another name', async () => {
    await admin.post(users).send({ id: 'u-1', username: 'una', password: 'long enough' }).expect(201);
    await admin.get(`${users}/una`).expect(404);
    const { body } = await admin.patch(`${users}/u-1`).send({ username: 'uma' }).expect(200);
    expect(body).toMatchObject({ id: 'u-1', username: 'uma' });
    const me = await service.as().get('/api/v1/auth/me').auth('uma', 'long enough').expect(200);
    expect(me.body.user).toEqual(body);
    await service.as().get('/api/v1/auth/me').auth('una', 'long enough').expect(401);
    await admin.delete(`${users}/u-1`).expect(204);
  });

  it('has a username that no other has', async () => {
    await admin.post(users).send({ id: 'first', username: 'shared' }).expect(201);
    await admin.post(users).send({ id: 'second', username: 'other' }).expect(201);
    await expectRefusal(admin.post(users).send({ id: 'third', username: 'shared' }), 'already_exists', 'username');
    await expectRefusal(admin.patch(`${users}/second`).send({ username: 'shared' }), 'already_exists', 'username');
    await admin.patch(`${users}/first`).send({ username: 'shared' }).expect(200);
    await admin.get(`${users}/third`).expect(404);
    for (const id of ['first', 'second']) await admin.delete(`${users}/${id}`).expect(204);
  });

  it('has a username that no other has, also when two ask at the same moment', async () => {
    const make = (id: string) => admin.post(users).send({ id, username: 'wanted' });
    const answers = await Promise.all(['w1', 'w2', 'w3'].map(make));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([201, 409, 409]);
    const winner = answers.find(({ status }) => status === 201)?.body.id;
    await admin.delete(`${users}/${winner}`).expect(204);
  });

  it('never shows its password', async () => {
    const password = 'a password to find again';
    const made = await admin.post(users).send({ username: 'secret', password }).expect(201);
    const changed = await admin
      .patch(`${users}/secret`)
      .send({ password: `${password}!` })
      .expect(200);
    const shown = [made, changed, await admin.get(`${users}/secret`), await admin.get(users)];
    for (const { text } of shown) expect(text).not.toMatch(/a password to find|argon2|password|version/i);
    await admin.delete(`${users}/secret`).expect(204);
  });

  it('that is the last active superuser stays one', async () => {
    for (const change of [{ active: false }, { superuser: false }]) {
      await expectRefusal(admin.patch(`${users}/admin`).send(change), 'last_superuser');
    }
    await expectRefusal(admin.delete(`${users}/admin`), 'last_superuser');
    await admin.get(`${users}/admin`).expect(200);
  });
});

describe('members', () => {
  it('join once, are listed in the order in which they joined, and leave', async () => {
    await admin.post(groups).send({ id: 'team' }).expect(201);
    await admin.post(groups).send({ id: 'sub' }).expect(201);
    for (const username of ['m1', 'm2']) await admin.post(users).send({ username }).expect(201);
    const member = (of: string) => `${groups}/team/members/${of}`;
    for (const of of ['user/m2', 'group/sub', 'user/m1', 'user/m2']) await admin.put(member(of)).expect(204);
    const first = await admin.get(`${groups}/team/members?limit=2`).expect(200);
    const second = await admin.get(`${groups}/team/members?limit=2&cursor=${first.body.next}`).expect(200);
    const listed = [...first.body.items, ...second.body.items];
    expect(listed.map((item) => `${item.type}/${item.id}`).toSorted()).toEqual(['group/sub', 'user/m1', 'user/m2']);
    expect(second.body.next).toBeNull();
    await admin.delete(member('user/m1')).expect(204);
    await admin.delete(member('user/m1')).expect(404);
    for (const of of ['user/nobody', 'group/nothing', 'service/none']) {
      await expectRefusal(admin.put(member(of)), 'unknown_reference');
      await admin.delete(member(of)).expect(404);
    }
    for (const id of ['team', 'sub']) await admin.delete(`${groups}/${id}`).expect(204);
    for (const id of ['m1', 'm2']) await admin.delete(`${users}/${id}`).expect(204);
  });

  it('are never the group itself, by no way round', async () => {
    for (const id of ['g1', 'g2', 'g3']) await admin.post(groups).send({ id }).expect(201);
    await admin.put(`${groups}/g1/members/group/g2`).expect(204);
    await admin.put(`${groups}/g2/members/group/g3`).expect(204);
    for (const [group, member] of [
      ['g1', 'g1'],
      ['g2', 'g1'],
      ['g3', 'g1'],
    ]) {
      await expectRefusal(admin.put(`${groups}/${group}/members/group/${member}`), 'cycle');
    }
    for (const id of ['g1', 'g2', 'g3']) await admin.delete(`${groups}/${id}`).expect(204);
  });

  it('are not listed for the built-in groups, and do not join them', async () => {
    await admin.post(users).send({ username: 'm3' }).expect(201);
    for (const group of ['anyone', 'authenticated']) {
      for (const send of [admin.put, admin.delete]) {
        await expectRefusal(send(`${groups}/${group}/members/user/m3`), 'built_in');
      }
      await admin.put(`${groups}/team/members/group/${group}`).expect(404);
    }
    await admin.delete(`${users}/m3`).expect(204);
  });
});

describe('a role', () => {
  it('has its rules and includes replaced as a whole, each once', async () => {
    for (const id of ['r1', 'r2']) await admin.post(roles).send({ id }).expect(201);
    const plain = (permission: string) => ({ permission, effect: 'allow', condition: null, fields: null });
    const rules = ['post:view', 'post:change', 'post:view'].map((permission) => ({ permission }));
    const { body } = await admin
      .post(roles)
      .send({ id: 'r3', rules, includes: ['r1', 'r1'] })
      .expect(201);
    expect(body).toMatchObject({ rules: [plain('post:view'), plain('post:change')], includes: ['r1'] });
    const patched = await admin
      .patch(`${roles}/r3`)
      .send({ rules: [{ permission: 'post:add' }], includes: ['r2'] })
      .expect(200);
    expect(patched.body).toMatchObject({ rules: [plain('post:add')], includes: ['r2'] });
    const emptied = await admin.patch(`${roles}/r3`).send({ rules: [], includes: [] }).expect(200);
    expect(emptied.body).toMatchObject({ rules: [], includes: [] });
    for (const id of ['r1', 'r2', 'r3']) await admin.delete(`${roles}/${id}`).expect(204);
  });

  it('never includes itself, by no way round, and stays as it was', async () => {
    for (const id of ['c1', 'c2']) await admin.post(roles).send({ id }).expect(201);
    await admin
      .patch(`${roles}/c1`)
      .send({ includes: ['c2'] })
      .expect(200);
    for (const [id, includes] of [
      ['c1', ['c1']],
      ['c2', ['c1']],
    ] as const) {
      await expectRefusal(admin.patch(`${roles}/${id}`).send({ includes }), 'cycle');
    }
    expect((await admin.get(`${roles}/c1`)).body.includes).toEqual(['c2']);
    expect((await admin.get(`${roles}/c2`)).body.includes).toEqual([]);
    for (const id of ['c1', 'c2']) await admin.delete(`${roles}/${id}`).expect(204);
  });

  it.each([
    [{ id: 'x', rules: [{ permission: 'post:view' }, { permission: 'post:fly' }] }, 'rules.1.permission'],
    [{ id: 'x', rules: [{ permission: 'nothing:view' }] }, 'rules.0.permission'],
    [{ id: 'x', includes: ['nothing'] }, 'includes.0'],
  ])('is not made of what does not exist: %j', async (body, path) => {
    await expectRefusal(admin.post(roles).send(body), 'unknown_reference', path);
    await admin.get(`${roles}/x`).expect(404);
  });
});

describe('an assignment', () => {
  it('is made, listed and ended, and is the same when it is asked for again', async () => {
    await admin.post(users).send({ username: 'a1' }).expect(201);
    await admin.post(roles).send({ id: 'a-role' }).expect(201);
    const sent = { subject: { type: 'user', id: 'a1' }, role: 'a-role' };
    const { body } = await admin.post(assignments).send(sent).expect(201);
    expect(body).toEqual({ id: expect.any(String), ...sent, object: null, startsAt: null, expiresAt: null });
    await admin.post(assignments).send(sent).expect(200, body);
    const answers = await Promise.all(Array.from({ length: 4 }, () => admin.post(assignments).send(sent)));
    expect(answers.map((answer) => [answer.status, answer.body.id])).toEqual(answers.map(() => [200, body.id]));
    await admin.get(`${assignments}?subject=user:a1`).expect(200, { items: [body], next: null });
    await admin.delete(`${assignments}/${body.id}`).expect(204);
    await admin.delete(`${assignments}/${body.id}`).expect(404);
    await admin.get(`${assignments}?role=a-role`).expect(200, { items: [], next: null });
    await admin.delete(`${users}/a1`).expect(204);
    await admin.delete(`${roles}/a-role`).expect(204);
  });

  it.each([
    [{ subject: { type: 'user', id: 'nobody' }, role: 'any' }, 'subject'],
    [{ subject: { type: 'user', id: 'admin' }, role: 'nothing' }, 'role'],
  ])('is not made of what does not exist: %j', async (sent, path) => {
    await expectRefusal(admin.post(assignments).send(sent), 'unknown_reference', path);
  });
});

describe('what is built in', () => {
  it.each(['anyone', 'authenticated'])('stays as it is: the group %s', async (id) => {
    const { body: before } = await admin.get(`${groups}/${id}`).expect(200);
    await expectRefusal(admin.patch(`${groups}/${id}`).send({ description: 'mine' }), 'built_in');
    await expectRefusal(admin.delete(`${groups}/${id}`), 'built_in');
    await expectRefusal(admin.post(groups).send({ id }), 'already_exists');
    await admin.get(`${groups}/${id}`).expect(200, before);
  });

  it.each(['user', 'group', 'role', 'type', 'assignment', 'audit', 'access'])('stays as it is: type %s', async (id) => {
    const { body: before } = await admin.get(`${types}/${id}`).expect(200);
    expect(before.builtIn).toBe(true);
    await expectRefusal(admin.patch(`${types}/${id}`).send({ actions: ['view'] }), 'built_in');
    await expectRefusal(admin.delete(`${types}/${id}`), 'built_in');
    await expectRefusal(admin.post(types).send({ id }), 'already_exists', 'id');
    await admin.get(`${types}/${id}`).expect(200, before);
  });

  it.each([
    ['user', 'admin'],
    ['group', 'anyone'],
    ['role', 'of-its-own'],
    ['type', 'user'],
  ])('has objects by routes of their own only: type %s', async (type, id) => {
    if (type === 'role') await admin.post('/api/v1/roles').send({ id }).expect(201);
    for (const send of [admin.get, admin.post]) {
      await expectRefusal(send(`/api/v1/objects/${type}`).send({ id: 'x' }), 'built_in');
    }
    for (const send of [admin.get, admin.patch, admin.delete]) {
      await expectRefusal(send(`/api/v1/objects/${type}/${id}`).send({}), 'built_in');
    }
  });

  it.each(['assignment', 'audit', 'access'])('has no objects at all: type %s', async (type) => {
    const answers = [
      await admin.get(`/api/v1/objects/${type}`),
      await admin.post(`/api/v1/objects/${type}`).send({ id: 'x' }),
      await admin.get(`/api/v1/objects/${type}/x`),
      await admin.patch(`/api/v1/objects/${type}/x`).send({}),
      await admin.delete(`/api/v1/objects/${type}/x`),
    ];
    for (const { status } of answers) expect([403, 404, 409]).toContain(status);
  });
});
