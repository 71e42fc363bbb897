import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectRef } from '../../src/core/model.js';
import { contentsOf } from '../support/contents.js';
import { integrityFaults } from '../support/integrity.js';
import { expectRefusal } from '../support/problem.js';
import { query } from '../support/query.js';
import { startTestService, type Client, type TestService } from '../support/service.js';

const user = (id: string): ObjectRef => ({ type: 'user', id });
const folder = (id: string): ObjectRef => ({ type: 'folder', id });
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

describe('a circle of objects', () => {
  it.each([1, 2, 3, 5])('of %i is refused, and changes nothing', async (length) => {
    const ids = Array.from({ length }, (_, level) => `c${length}-${level}`);
    for (const [level, id] of ids.entries()) await place(folder(id), level ? folder(`c${length}-${level - 1}`) : null);
    const before = await contentsOf(service.databaseUrl);
    await expectRefusal(move('admin', folder(ids[0] ?? ''), folder(ids.at(-1) ?? '')), 'cycle', 'parent');
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it('is none where two change places, one after the other', async () => {
    await place(folder('front'));
    await place(folder('back'), folder('front'));
    await expectRefusal(move('admin', folder('front'), folder('back')), 'cycle', 'parent');
    await move('admin', folder('back'), null).expect(200);
    await move('admin', folder('front'), folder('back')).expect(200);
    expect(await integrityFaults(client)).toEqual([]);
  });

  it('is never closed by moves that each see a part of it', async () => {
    for (let round = 0; round < 15; round += 1) {
      const [a = '', b = '', c = ''] = ['a', 'b', 'c'].map((name) => `race-${round}-${name}`);
      for (const id of [a, b, c]) await place(folder(id));
      const answers = await Promise.all([
        move('admin', folder(a), folder(b)),
        move('admin', folder(b), folder(c)),
        move('admin', folder(c), folder(a)),
      ]);
      expect(answers.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([200, 200, 409]);
    }
    expect(await integrityFaults(client)).toEqual([]);
  });
});

describe('nesting of objects', () => {
  it('decides at 32 levels, and is refused at 33, from above, from below and in the middle', async () => {
    await service.addUser('deep');
    const ids = Array.from({ length: 33 }, (_, level) => `level-${level}`);
    for (const [level, id] of ids.entries()) await place(folder(id), level ? folder(`level-${level - 1}`) : null);
    await give('deep', 'folder:view', folder('level-0'));
    expect(await may('deep', 'view', folder('level-32'))).toBe(true);
    expect(await listed('deep', folders)).toEqual(ids);
    await expectRefusal(admin.post(docs).send({ id: 'lower', parent: folder('level-32') }), 'too_deep', 'parent');
    await place(folder('upper'));
    await expectRefusal(move('admin', folder('level-0'), folder('upper')), 'too_deep', 'parent');
    // Two halves, each well within the limit, are too much together.
    await move('admin', folder('level-17'), null).expect(200);
    expect(await may('deep', 'view', folder('level-32'))).toBe(false);
    await admin
      .post(folders)
      .send({ id: 'between', parent: folder('level-16') })
      .expect(201);
    await expectRefusal(move('admin', folder('level-17'), folder('between')), 'too_deep', 'parent');
    await move('admin', folder('level-17'), folder('level-16')).expect(200);
    expect(await may('deep', 'view', folder('level-32'))).toBe(true);
    expect(await integrityFaults(client)).toEqual([]);
  });

  it('moves some thousands at once', async () => {
    await service.addUser('of-many');
    await place(folder('many-from'));
    await place(folder('many'), folder('many-from'));
    await place(folder('many-to'));
    await give('of-many', 'doc:view', folder('many-to'));
    const count = 5000;
    await query(
      service.databaseUrl,
      `INSERT INTO castellan.objects (type_id, external_id, parent_id)
        SELECT d.id, 'many-' || n, o.id FROM castellan.types d, castellan.objects o JOIN castellan.types t ON t.id = o.type_id, generate_series(1, ${count}) n
        WHERE d.name = 'doc' AND t.name = 'folder' AND o.external_id = 'many';
      INSERT INTO castellan.ancestry (descendant_id, ancestor_id, descendant_type_id, depth)
        SELECT o.id, o.parent_id, o.type_id, 1 FROM castellan.objects o WHERE o.external_id LIKE 'many-%' AND o.external_id ~ '[0-9]$'
        UNION ALL
        SELECT o.id, p.parent_id, o.type_id, 2 FROM castellan.objects o JOIN castellan.objects p ON p.id = o.parent_id
        WHERE o.external_id LIKE 'many-%' AND o.external_id ~ '[0-9]$'`,
    );
    await move('admin', folder('many'), folder('many-to')).expect(200);
    const { body } = await service.as('of-many').get(`${docs}?limit=1&total=true`).expect(200);
    expect(body.total).toBe(count);
    expect(await integrityFaults(client)).toEqual([]);
  });
});

describe('what stands above and below at the same moment', () => {
  it('is made below an object, or the object goes: never both', async () => {
    for (let round = 0; round < 15; round += 1) {
      const id = `going-${round}`;
      await place(folder(id));
      const [made, gone] = await Promise.all([
        admin.post(docs).send({ id: `coming-${round}`, parent: folder(id) }),
        admin.delete(`${folders}/${id}`),
      ]);
      expect(
        [
          [201, 409],
          [422, 204],
        ].some(([one, other]) => made.status === one && gone.status === other),
        `${made.status} ${gone.status}`,
      ).toBe(true);
    }
    expect(await integrityFaults(client)).toEqual([]);
  });

  it('is granted on an object just as something comes below it, and reaches that', async () => {
    for (let round = 0; round < 15; round += 1) {
      const id = `reached-${round}`;
      await service.addUser(id);
      await place(folder(id));
      const grant = { subject: user(id), permission: 'doc:view', object: folder(id) };
      await Promise.all([
        admin.post('/api/v1/grants').send(grant).expect(201),
        admin
          .post(docs)
          .send({ id: `reached-${round}`, parent: folder(id) })
          .expect(201),
      ]);
      expect(await listed(id, docs)).toEqual([`reached-${round}`]);
    }
    expect(await integrityFaults(client)).toEqual([]);
  });
});
