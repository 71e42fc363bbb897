import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectRef } from '../../src/core/model.js';
import { faceOf, sendAs } from '../support/answers.js';
import { contentsOf } from '../support/contents.js';
import { integrityFaults } from '../support/integrity.js';
import { expectRefusal } from '../support/problem.js';
import { query } from '../support/query.js';
import { startTestService, type Client, type TestService } from '../support/service.js';

const user = (id: string): ObjectRef => ({ type: 'user', id });
const folder = (id: string): ObjectRef => ({ type: 'folder', id });
const doc = (id: string): ObjectRef => ({ type: 'doc', id });
const folders = '/api/v1/objects/folder';
const docs = '/api/v1/objects/doc';
const ACTIONS = ['view', 'add', 'change', 'delete', 'grant'];

let service: TestService;
let client: pg.Client;
let admin: Client;

beforeAll(async () => {
  service = await startTestService();
  admin = service.as('admin');
  client = new pg.Client(service.databaseUrl);
  await client.connect();
  await service.arrange(async (unit) => {
    for (const id of ['folder', 'doc']) await unit.types.create({ id, actions: ACTIONS, creatorActions: [] });
    await unit.groups.create({ id: 'staff', description: null });
  });
});
afterAll(async () => {
  expect(await integrityFaults(client)).toEqual([]);
  await client.end();
  await service.stop();
});

const place = (object: ObjectRef, parent: ObjectRef | null = null): Promise<unknown> =>
  service.arrange((unit) => unit.objects.create({ ...object, attributes: {}, parent }, null));
/** `folder:view doc:view`, each on the object. */
const give = (id: string, permissions: string, object: ObjectRef | null): Promise<unknown> =>
  service.arrange((unit) =>
    unit.grants.create(permissions.split(' ').map((permission) => ({ subject: user(id), permission, object }))),
  );
const move = (as: string, object: ObjectRef, parent: ObjectRef | null) =>
  service.as(as).patch(`/api/v1/objects/${object.type}/${object.id}`).send({ parent });
async function may(id: string, action: string, object: ObjectRef): Promise<boolean> {
  const permission = { type: object.type, action };
  return (await service.store.decider.decide({ subject: user(id), permission, object })).allowed;
}
async function listed(as: string, list: string): Promise<string[]> {
  const { body } = await service.as(as).get(`${list}?limit=1000`).expect(200);
  return body.items.map((item: { id: string }) => item.id);
}

describe('an object below another', () => {
  it('is made there, shows its parent, and is covered by what is granted above it', async () => {
    await service.addUser('reader');
    await admin
      .post(folders)
      .send({ id: 'top' })
      .expect(201, { ...folder('top'), parent: null, attributes: {} });
    const made = { ...folder('mid'), parent: folder('top'), attributes: {} };
    await admin
      .post(folders)
      .send({ id: 'mid', parent: folder('top') })
      .expect(201, made);
    await give('reader', 'doc:view', folder('top'));
    await admin
      .post(docs)
      .send({ id: 'low', parent: folder('mid'), attributes: { n: 1 } })
      .expect(201);
    await admin.post(docs).send({ id: 'apart' }).expect(201);
    await admin.get(`${folders}/mid`).expect(200, made);
    expect(await listed('reader', docs)).toEqual(['low']);
    const { body } = await service.as('reader').get(`${docs}/low`).expect(200);
    expect(body).toMatchObject({ ...doc('low'), attributes: { n: 1 } });
    // A grant of documents on a folder is about the documents below it.
    await service.as('reader').get(`${folders}/top`).expect(404);
    await service.as('reader').get(`${docs}/apart`).expect(404);
  });

  it('may be below an object of any type, also of one that is built in, which stays where it is', async () => {
    await service.addUser('member');
    await give('member', 'doc:view', { type: 'group', id: 'staff' });
    const parent = { type: 'group', id: 'staff' };
    const { body } = await admin.post(docs).send({ id: 'of-staff', parent }).expect(201);
    expect(body.parent).toEqual(parent);
    expect(await listed('member', docs)).toEqual(['of-staff']);
    await admin
      .post('/api/v1/groups')
      .send({ id: 'below', parent: folder('top') })
      .expect(422);
    await expectRefusal(move('admin', { type: 'group', id: 'staff' }, folder('top')), 'built_in');
    await expectRefusal(admin.delete('/api/v1/groups/staff'), 'has_children');
    await admin.delete(`${docs}/of-staff`).expect(204);
  });

  it.each([
    { parent: folder('nowhere') },
    { parent: { type: 'nothing', id: 'top' } },
    { parent: { type: 'doc', id: 'itself' } },
  ])('is not made below what is not there: %j', async ({ parent }) => {
    const before = await contentsOf(service.databaseUrl);
    await expectRefusal(admin.post(docs).send({ id: 'itself', parent }), 'unknown_reference', 'parent');
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it('is added by whoever may add at its parent, and nowhere else', async () => {
    await service.addUser('adder');
    for (const id of ['open', 'shut', 'hidden']) await place(folder(id));
    await give('adder', 'folder:view doc:add', folder('open'));
    await give('adder', 'folder:view', folder('shut'));
    const add = (parent?: ObjectRef | null) =>
      service
        .as('adder')
        .post(docs)
        .send({ id: 'added', ...(parent === undefined ? {} : { parent }) });
    for (const parent of [undefined, null, folder('shut'), folder('hidden'), folder('nowhere')])
      await expectRefusal(add(parent), 'forbidden');
    await add(folder('open')).expect(201);
    expect(await may('admin', 'view', doc('added'))).toBe(true);
  });

  it('is not added below what the caller may not see, which is like what is not there', async () => {
    await service.addUser('blind');
    await give('blind', 'doc:add', null);
    await place(folder('unseen'));
    const add = (parent: ObjectRef) => sendAs(service, 'blind', [`POST ${docs}`, { id: 'new', parent }]);
    const hidden = await add(folder('unseen'));
    const missing = await add(folder('absent'));
    expect(hidden).toMatchObject({ status: 422, json: { code: 'unknown_reference', errors: [{ path: 'parent' }] } });
    expect(JSON.stringify(faceOf(hidden))).toBe(JSON.stringify(faceOf(missing)).replaceAll('absent', 'unseen'));
  });
});

describe('a move', () => {
  it('takes what is below along, out of the rules of one place and under those of another', async () => {
    for (const name of ['of-a', 'of-b']) await service.addUser(name);
    for (const id of ['a', 'b']) {
      await place(folder(id));
      await give(`of-${id}`, 'folder:view doc:view', folder(id));
    }
    await place(folder('moving'), folder('a'));
    await place(folder('inside'), folder('moving'));
    await place(doc('inmost'), folder('inside'));
    expect([await listed('of-a', docs), await listed('of-b', docs)]).toEqual([['inmost'], []]);
    const { body } = await move('admin', folder('moving'), folder('b')).expect(200);
    expect(body).toEqual({ ...folder('moving'), parent: folder('b'), attributes: {} });
    expect([await listed('of-a', docs), await listed('of-b', docs)]).toEqual([[], ['inmost']]);
    expect([await listed('of-a', folders), await listed('of-b', folders)]).toEqual([['a'], ['b', 'moving', 'inside']]);
    expect([await may('of-a', 'view', doc('inmost')), await may('of-b', 'view', doc('inmost'))]).toEqual([false, true]);
    await move('admin', folder('moving'), null).expect(200);
    expect([await listed('of-a', docs), await listed('of-b', docs)]).toEqual([[], []]);
    await move('admin', folder('moving'), folder('a')).expect(200);
    expect([await listed('of-a', docs), await listed('of-b', docs)]).toEqual([['inmost'], []]);
    expect(await integrityFaults(client)).toEqual([]);
  });

  it('comes together with other changes, in one row of the audit trail', async () => {
    for (const id of ['from', 'to']) await place(folder(id));
    await place(doc('told'), folder('from'));
    const { body } = await admin
      .patch(`${docs}/told`)
      .send({ attributes: { n: 1 }, parent: folder('to') })
      .expect(200);
    expect(body).toEqual({ ...doc('told'), parent: folder('to'), attributes: { n: 1 } });
    const rows = await query(
      service.databaseUrl,
      `SELECT action, before, after FROM castellan.changes WHERE target_id = 'told' ORDER BY id`,
    );
    expect(rows).toMatchObject([
      { action: 'object.create', before: null, after: { ...doc('told'), parent: folder('from') } },
      {
        action: 'object.update',
        before: { ...doc('told'), parent: folder('from'), attributes: {} },
        after: { ...doc('told'), parent: folder('to'), attributes: { n: 1 } },
      },
    ]);
  });

  it('to where it is takes no more than a change, and to nowhere changes nothing', async () => {
    await service.addUser('changer');
    await place(folder('home'));
    await place(doc('at-home'), folder('home'));
    await give('changer', 'folder:view', folder('home'));
    await give('changer', 'doc:view doc:change', doc('at-home'));
    await move('changer', doc('at-home'), folder('home')).expect(200);
    for (const parent of [null, folder('nowhere'), folder('top')])
      expect((await move('changer', doc('at-home'), parent)).status).toBe(403);
    await expectRefusal(move('admin', doc('at-home'), folder('nowhere')), 'unknown_reference', 'parent');
    await admin.get(`${docs}/at-home`).expect(200, { ...doc('at-home'), parent: folder('home'), attributes: {} });
  });

  it('takes change and grant on the object, add at the new parent, and all that comes and goes', async () => {
    await service.addUser('mover');
    await service.addUser('somebody');
    for (const id of ['m-from', 'm-to']) await place(folder(id));
    await place(doc('m'), folder('m-from'));
    const attempt = () => move('mover', doc('m'), folder('m-to'));
    const steps: [string, ObjectRef, number, string][] = [
      ['doc:view', doc('m'), 404, 'not_found'],
      ['doc:change', doc('m'), 403, 'forbidden'],
      ['doc:grant', doc('m'), 403, 'forbidden'],
      ['folder:view', folder('m-to'), 403, 'forbidden'],
      ['doc:add', folder('m-to'), 403, 'forbidden'],
    ];
    for (const [permission, object, status, code] of steps) {
      const answer = await attempt();
      expect([permission, answer.status, answer.body.code]).toEqual([permission, status, code]);
      await give('mover', permission, object);
    }
    // What counts below the folder it comes to is given to those who hold it.
    await give('somebody', 'doc:delete', folder('m-to'));
    await expectRefusal(attempt(), 'cannot_hand_out');
    await give('mover', 'doc:delete', doc('m'));
    // And doc:add, which the mover itself holds there, comes to cover the document as well.
    await give('mover', 'doc:add', doc('m'));
    await attempt().expect(200);
    expect(await may('somebody', 'delete', doc('m'))).toBe(true);
  });

  it('tells nothing of a parent that may not be seen', async () => {
    await service.addUser('guesser');
    for (const id of ['secret', 'other-secret']) await place(folder(id));
    await place(doc('guessed'), folder('secret'));
    await place(doc('rootless'));
    await give('guesser', 'doc:add', null);
    for (const object of [doc('guessed'), doc('rootless')])
      await give('guesser', 'doc:view doc:change doc:grant', object);
    // What is seen of it is a root.
    const seen = await service.as('guesser').get(`${docs}/guessed`).expect(200);
    expect(seen.body).toEqual({ ...doc('guessed'), parent: null, attributes: {} });
    const faces = new Set<string>();
    for (const object of [doc('guessed'), doc('rootless')]) {
      for (const id of ['secret', 'other-secret', 'absent']) {
        const answer = await sendAs(service, 'guesser', [`PATCH ${docs}/${object.id}`, { parent: folder(id) }]);
        expect(answer.status).toBe(422);
        faces.add(
          JSON.stringify(faceOf(answer))
            .replaceAll(id, '…')
            .replace(/"content-length":"\d+"/, ''),
        );
      }
      const same = await sendAs(service, 'guesser', [`PATCH ${docs}/${object.id}`, { parent: null }]);
      expect(same).toMatchObject({ status: 200, json: { ...object, parent: null } });
    }
    expect([...faces]).toHaveLength(1);
    const { body } = await admin.get(`${docs}/guessed`).expect(200);
    expect(body.parent).toEqual(folder('secret'));
  });
});
