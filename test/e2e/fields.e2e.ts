import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectRef } from '../../src/core/model.js';
import type { NewGrant } from '../../src/core/ports/grants.js';
import { contentsOf } from '../support/contents.js';
import { query } from '../support/query.js';
import { startTestService, type Client, type TestService } from '../support/service.js';

const docs = '/api/v1/objects/doc';
const user = (id: string): ObjectRef => ({ type: 'user', id });
const doc = (id: string): ObjectRef => ({ type: 'doc', id });
const folder: ObjectRef = { type: 'folder', id: 'f' };
const ATTRIBUTES = { title: 'One', body: 'Text', salary: 7, deep: { a: 1, b: 2 } };

let service: TestService;
let admin: Client;
let bob: Client;

beforeAll(async () => {
  service = await startTestService();
  admin = service.as('admin');
  bob = service.as('bob');
  await service.addUser('bob');
  const actions = ['view', 'add', 'change', 'delete', 'grant'];
  await service.arrange(async (unit) => {
    for (const id of ['folder', 'doc']) await unit.types.create({ id, actions, creatorActions: [] });
    await unit.objects.create({ ...folder, attributes: {} }, null);
    await unit.objects.create({ ...doc('one'), attributes: ATTRIBUTES, parent: folder }, null);
    await unit.objects.create({ ...doc('two'), attributes: { title: 'Two', salary: 7, open: true } }, null);
  });
});
afterAll(() => service.stop());
beforeEach(() => query(service.databaseUrl, 'DELETE FROM castellan.grants'));

type Given = Partial<NewGrant> & { action: string };
/** Gives bob these rules: on documents everywhere, unless they say where. */
const give = (...rules: Given[]): Promise<unknown> =>
  service.arrange((unit) =>
    unit.grants.create(
      rules.map(({ action, ...parts }) => ({
        subject: user('bob'),
        permission: `doc:${action}`,
        object: null,
        ...parts,
      })),
    ),
  );
const seen = async (id = 'one'): Promise<unknown> => (await bob.get(`${docs}/${id}`).expect(200)).body.attributes;
const listed = async (queryText = ''): Promise<Record<string, unknown>> => {
  const { body } = await bob.get(`${docs}?limit=100${queryText}`).expect(200);
  return Object.fromEntries(body.items.map((item: { id: string; attributes: unknown }) => [item.id, item.attributes]));
};
const pick = (...names: (keyof typeof ATTRIBUTES)[]): object =>
  Object.fromEntries(names.map((name) => [name, ATTRIBUTES[name]]));

describe('the fields of what is viewed', () => {
  const CASES: readonly { rules: Given[]; fields: (keyof typeof ATTRIBUTES)[] }[] = [
    { rules: [{ action: 'view' }], fields: ['title', 'body', 'salary', 'deep'] },
    { rules: [{ action: 'view', fields: ['title'] }], fields: ['title'] },
    { rules: [{ action: 'view', fields: ['no such field'] }], fields: [] },
    {
      rules: [
        { action: 'view', fields: ['title'] },
        { action: 'view', fields: ['body', 'deep'], object: folder },
      ],
      fields: ['title', 'body', 'deep'],
    },
    {
      rules: [{ action: 'view', fields: ['title'] }, { action: 'view' }],
      fields: ['title', 'body', 'salary', 'deep'],
    },
    {
      rules: [{ action: 'view' }, { action: 'view', effect: 'deny', fields: ['salary', 'deep'] }],
      fields: ['title', 'body'],
    },
    {
      rules: [
        { action: 'view', fields: ['title', 'salary'] },
        { action: 'view', effect: 'deny', fields: ['salary'], object: folder },
      ],
      fields: ['title'],
    },
    {
      rules: [
        { action: 'view' },
        { action: 'view', effect: 'deny', fields: ['salary'], condition: { 'resource.title': 'Two' } },
        { action: 'view', effect: 'deny', fields: ['deep'], condition: { 'resource.title': 'One' } },
        { action: 'view', effect: 'deny', fields: ['body'], condition: { 'resource.nothing': 1 } },
      ],
      fields: ['title', 'salary'],
    },
    {
      rules: [
        { action: 'view', fields: ['title'] },
        { action: 'view', condition: { 'resource.title': 'Two' } },
        { action: 'view', fields: ['body'], expiresAt: '2000-01-01T00:00:00Z' },
      ],
      fields: ['title'],
    },
  ];

  it.each(CASES)('are those that some rule allows and none denies: %j', async ({ rules, fields }) => {
    await give(...rules);
    expect(await seen()).toEqual(pick(...fields));
    expect((await listed())['one']).toEqual(pick(...fields));
  });

  it('that are all denied one by one leave an object without any', async () => {
    await give(
      { action: 'view' },
      { action: 'view', effect: 'deny', fields: ['title', 'body', 'salary', 'deep', 'open'] },
    );
    expect(await seen()).toEqual({});
    expect(await listed()).toEqual({ one: {}, two: {} });
  });

  it('differ from object to object in one list', async () => {
    await give({ action: 'view', fields: ['title'] }, { action: 'view', object: doc('two') });
    expect(await listed()).toEqual({ one: pick('title'), two: { title: 'Two', salary: 7, open: true } });
  });

  it('are what a list may be narrowed by, object by object', async () => {
    await give({ action: 'view', fields: ['title'] }, { action: 'view', object: doc('two') });
    expect(Object.keys(await listed('&attributes.title=One'))).toEqual(['one']);
    // Both have it, and only of the one it may be known.
    expect(Object.keys(await listed('&attributes.salary=7'))).toEqual(['two']);
    expect(Object.keys(await listed('&attributes.deep.a=1'))).toEqual([]);
    expect(Object.keys(await listed('&attributes.salary=7&attributes.title=Two'))).toEqual(['two']);
    const { body } = await bob.get(`${docs}?attributes.salary=7&total=true`).expect(200);
    expect(body.total).toBe(1);
    await give({ action: 'view', effect: 'deny', fields: ['salary'] });
    expect(Object.keys(await listed('&attributes.salary=7'))).toEqual([]);
    const { body: denied } = await bob.get(`${docs}?attributes.salary=7&total=true`).expect(200);
    expect(denied).toEqual({ items: [], next: null, total: 0 });
  });

  it('are what comes back of another action, too', async () => {
    await give({ action: 'view', fields: ['title'] }, { action: 'change', object: doc('one') });
    expect(await listed('&action=change')).toEqual({ one: pick('title') });
  });
});

/** Sends it, and expects it to be refused for these fields and no others, with nothing written. */
async function expectFieldsRefused(request: ReturnType<Client['post']>, ...names: string[]): Promise<void> {
  const before = await contentsOf(service.databaseUrl);
  const { status, body } = await request;
  expect({ status, code: body.code, paths: body.errors?.map(({ path }: { path: string }) => path) }).toEqual({
    status: 403,
    code: 'forbidden',
    paths: names.map((name) => `attributes.${name}`),
  });
  expect(await contentsOf(service.databaseUrl)).toEqual(before);
}

describe('the fields of what is changed', () => {
  const change = (attributes: object) => bob.patch(`${docs}/one`).send({ attributes });

  it('are those that may be changed, whatever is said of the others', async () => {
    await give({ action: 'view' }, { action: 'change', fields: ['title', 'deep'] });
    await expectFieldsRefused(change({ body: 'x' }), 'body');
    await expectFieldsRefused(change({ title: 'x', body: null, extra: 1 }), 'body', 'extra');
    await expectFieldsRefused(change({ salary: 7 }), 'salary');
    const { body } = await change({ title: 'New', deep: { a: null, c: 3 } }).expect(200);
    expect(body.attributes).toEqual({ ...ATTRIBUTES, title: 'New', deep: { b: 2, c: 3 } });
    await bob.patch(`${docs}/one`).send({}).expect(200);
    await admin
      .patch(`${docs}/one`)
      .send({ attributes: { title: 'One', deep: { a: 1, c: null } } })
      .expect(200);
  });

  it('may be all but those that are denied', async () => {
    await give(
      { action: 'view' },
      { action: 'change' },
      { action: 'change', effect: 'deny', fields: ['salary'], object: folder },
    );
    await expectFieldsRefused(change({ salary: 8, title: 'x' }), 'salary');
    await change({ body: 'Text' }).expect(200);
  });

  it('come back as far as they may be viewed, and nothing more', async () => {
    await give({ action: 'view', fields: ['title'] }, { action: 'change' });
    const { body } = await change({ salary: 8 }).expect(200);
    expect(body).toEqual({ ...doc('one'), parent: null, attributes: pick('title') });
    const again = await change({ salary: ATTRIBUTES.salary }).expect(200);
    expect(again.body.attributes).toEqual(pick('title'));
  });

  it('come back without any where the change itself hides the object', async () => {
    await give({ action: 'view', condition: { 'resource.title': 'One' } }, { action: 'change' });
    const { body } = await change({ title: 'Hidden' }).expect(200);
    expect(body).toEqual({ ...doc('one'), parent: null, attributes: {} });
    await bob.get(`${docs}/one`).expect(404);
    await admin
      .patch(`${docs}/one`)
      .send({ attributes: { title: 'One' } })
      .expect(200);
  });
});

describe('the fields of what is added', () => {
  const add = (id: string, attributes: object, parent: ObjectRef | null = null) =>
    bob.post(docs).send({ id, attributes, parent });

  it('are those that may be sent there', async () => {
    await give({ action: 'add', fields: ['title'] }, { action: 'add', fields: ['body'], object: folder });
    await service.arrange((unit) =>
      unit.grants.create([{ subject: user('bob'), permission: 'folder:view', object: folder }]),
    );
    await expectFieldsRefused(add('new', { title: 'x', body: 'y' }), 'body');
    await expectFieldsRefused(add('new', { title: 'x', salary: 1, other: 2 }, folder), 'salary', 'other');
    await add('new', { title: 'x', body: 'y' }, folder).expect(201);
    await add('none', {}).expect(201);
    expect((await admin.get(`${docs}/new`).expect(200)).body.attributes).toEqual({ title: 'x', body: 'y' });
  });

  it('come back as far as they may be viewed', async () => {
    await give({ action: 'add' });
    const unseen = await add('unseen', { title: 'x' }).expect(201);
    expect(unseen.body).toEqual({ ...doc('unseen'), parent: null, attributes: {} });
    await give({ action: 'view', fields: ['title'] });
    const half = await add('half', { title: 'x', salary: 1 }).expect(201);
    expect(half.body.attributes).toEqual({ title: 'x' });
    expect((await admin.get(`${docs}/half`).expect(200)).body.attributes).toEqual({ title: 'x', salary: 1 });
  });
});

describe('the fields of a user', () => {
  const attributes = { team: 'red', salary: 7 };
  const of = (action: string, parts: Partial<NewGrant> = {}): NewGrant => ({
    subject: user('bob'),
    permission: `user:${action}`,
    object: null,
    ...parts,
  });

  it('are viewed, changed and added as those of any other object', async () => {
    await admin.post('/api/v1/users').send({ username: 'eve', attributes }).expect(201);
    await service.arrange((unit) =>
      unit.grants.create([
        of('view', { fields: ['team'] }),
        of('change', { fields: ['team'] }),
        of('add', { fields: ['team'] }),
      ]),
    );
    const shown = { team: 'red' };
    expect((await bob.get('/api/v1/users/eve').expect(200)).body.attributes).toEqual(shown);
    const { body } = await bob.get('/api/v1/users?total=true').expect(200);
    expect(body.items.find(({ id }: { id: string }) => id === 'eve').attributes).toEqual(shown);
    expect(body.total).toBe(body.items.length);
    await expectFieldsRefused(bob.patch('/api/v1/users/eve').send({ attributes: { salary: 8 } }), 'salary');
    await expectFieldsRefused(bob.post('/api/v1/users').send({ username: 'new', attributes }), 'salary');
    const changed = await bob
      .patch('/api/v1/users/eve')
      .send({ email: 'eve@example.com', attributes: { team: 'blue' } })
      .expect(200);
    expect([changed.body.email, changed.body.attributes]).toEqual(['eve@example.com', { team: 'blue' }]);
    expect((await admin.get('/api/v1/users/eve').expect(200)).body.attributes).toEqual({ ...attributes, team: 'blue' });
    await admin.delete('/api/v1/users/eve').expect(204);
  });
});
