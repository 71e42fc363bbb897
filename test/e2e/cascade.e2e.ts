import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operator } from '../../src/core/caller.js';
import type { ObjectRef } from '../../src/core/model.js';
import { contentsOf } from '../support/contents.js';
import { integrityFaults } from '../support/integrity.js';
import { expectProblem, expectRefusal } from '../support/problem.js';
import { query } from '../support/query.js';
import { rawRequest } from '../support/raw-request.js';
import { startTestService, type Client, type TestService } from '../support/service.js';

const user = (id: string): ObjectRef => ({ type: 'user', id });
const folder = (id: string): ObjectRef => ({ type: 'folder', id });
const doc = (id: string): ObjectRef => ({ type: 'doc', id });
const pathOf = ({ type, id }: ObjectRef): string => `/api/v1/objects/${type}/${id}`;
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

/** `top`, with `mid` and a document below it, `low` and another below that. */
async function plant(name: string): Promise<Record<'top' | 'mid' | 'low' | 'one' | 'two', ObjectRef>> {
  const tree = {
    top: folder(`${name}-top`),
    mid: folder(`${name}-mid`),
    low: folder(`${name}-low`),
    one: doc(`${name}-1`),
    two: doc(`${name}-2`),
  };
  await service.arrange(async (unit) => {
    const place = (object: ObjectRef, parent: ObjectRef | null) =>
      unit.objects.create({ ...object, attributes: { of: name }, parent }, null);
    await place(tree.top, null);
    await place(tree.mid, tree.top);
    await place(tree.one, tree.top);
    await place(tree.low, tree.mid);
    await place(tree.two, tree.low);
  });
  return tree;
}
const give = (id: string, permissions: string, object: ObjectRef | null): Promise<unknown> =>
  service.arrange((unit) =>
    unit.grants.create(permissions.split(' ').map((permission) => ({ subject: user(id), permission, object }))),
  );

describe('an object with others below it', () => {
  it('stays while they are there', async () => {
    const { top, mid, low, one, two } = await plant('stays');
    const before = await contentsOf(service.databaseUrl);
    for (const object of [top, mid, low]) {
      await expectRefusal(admin.delete(pathOf(object)), 'has_children');
      await expectRefusal(admin.delete(`${pathOf(object)}?cascade=false`), 'has_children');
    }
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
    for (const object of [two, low, mid, one, top]) await admin.delete(pathOf(object)).expect(204);
    for (const object of [two, low, mid, one, top]) await admin.get(pathOf(object)).expect(404);
  });

  it('goes with all of them where that is asked for, with one row of the trail for each', async () => {
    const { top, mid, low, one, two } = await plant('goes');
    const beside = await plant('beside');
    const requestId = 'cascade-1';
    await admin
      .delete(`${pathOf(mid)}?cascade=true`)
      .set('x-request-id', requestId)
      .expect(204, '');
    for (const object of [mid, low, two]) await admin.get(pathOf(object)).expect(404);
    for (const object of [top, one, ...Object.values(beside)]) await admin.get(pathOf(object)).expect(200);
    const rows = await query(
      service.databaseUrl,
      `SELECT action, target_type || ':' || target_id AS target, before, after FROM castellan.changes
      WHERE request_id = '${requestId}' ORDER BY id`,
    );
    // The lowest first, as if they were deleted one by one.
    const gone = (object: ObjectRef, parent: ObjectRef) => ({
      action: 'object.delete',
      target: `${object.type}:${object.id}`,
      before: { ...object, parent, attributes: { of: 'goes' } },
      after: null,
    });
    expect(rows).toEqual([gone(two, low), gone(low, mid), gone(mid, top)]);
    await admin.delete(`${pathOf(top)}?cascade=true`).expect(204);
    await admin.delete(`${pathOf(top)}?cascade=true`).expect(404);
  });

  it('takes every rule along, and comes again with none', async () => {
    await service.addUser('heir');
    const { top, mid, two } = await plant('rules');
    const rule = { permission: 'doc:change', effect: 'allow', condition: null, fields: null } as const;
    await service.arrange(async (unit) => {
      await unit.roles.create({ id: 'heirs', description: null, rules: [rule], includes: [] });
      for (const object of [top, mid, two]) {
        await unit.assignments.create({ subject: user('heir'), role: 'heirs', object });
      }
    });
    for (const object of [top, mid, two]) await give('heir', 'folder:view doc:view', object);
    await service.as('heir').get(pathOf(two)).expect(200);
    await admin.delete(`${pathOf(top)}?cascade=true`).expect(204);
    const counts = await query(
      service.databaseUrl,
      `SELECT (SELECT count(*)::int FROM castellan.grants g WHERE g.object_id IS NOT NULL) AS grants,
        (SELECT count(*)::int FROM castellan.assignments) AS assignments, (SELECT count(*)::int FROM castellan.ancestry a
          JOIN castellan.objects o ON o.id = a.descendant_id WHERE o.external_id LIKE 'rules-%') AS paths`,
    );
    expect(counts).toEqual([{ grants: 0, assignments: 0, paths: 0 }]);
    await plant('rules');
    await service.as('heir').get(pathOf(two)).expect(404);
    await service.as('heir').get('/api/v1/objects/doc').expect(200, { items: [], next: null });
  });

  it('takes the permission to delete each of them', async () => {
    await service.addUser('cleaner');
    const { top, mid, low, one, two } = await plant('clean');
    const clean = () => service.as('cleaner').delete(`${pathOf(top)}?cascade=true`);
    await expectRefusal(clean(), 'not_found');
    await give('cleaner', 'folder:view folder:delete', top);
    await expectRefusal(clean(), 'forbidden');
    await give('cleaner', 'doc:delete', one);
    await expectRefusal(clean(), 'forbidden');
    await service.arrange((unit) =>
      unit.grants.create([{ subject: user('cleaner'), permission: 'doc:delete', object: low }]),
    );
    const denied = await service.arrange((unit) =>
      unit.grants.create([{ subject: user('cleaner'), permission: 'doc:delete', object: two, effect: 'deny' }]),
    );
    await expectRefusal(clean(), 'forbidden');
    for (const object of [top, mid, low, one, two]) await admin.get(pathOf(object)).expect(200);
    await service.arrange((unit) => unit.grants.delete(denied[0]?.record.id ?? ''));
    await clean().expect(204);
    for (const object of [top, mid, low, one, two]) await admin.get(pathOf(object)).expect(404);
  });

  it('is deleted alone or with all, never with a part, while others come below it', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { top, low } = await plant(`race-${round}`);
      const late = ['x', 'y', 'z'].map((name) => doc(`late-${round}-${name}`));
      const [gone, ...made] = await Promise.all([
        admin.delete(`${pathOf(top)}?cascade=true`),
        ...late.map(({ id }) => admin.post('/api/v1/objects/doc').send({ id, parent: low })),
        admin.patch(pathOf(low)).send({ attributes: { late: true } }),
      ]);
      expect(gone.status).toBe(204);
      for (const { status } of made) expect([200, 201, 404, 422]).toContain(status);
      for (const object of [low, ...late]) await admin.get(pathOf(object)).expect(404);
      // Whatever was made in time is told of when it goes, too.
      const rows = await query(
        service.databaseUrl,
        `SELECT action, count(*)::int AS count FROM castellan.changes
        WHERE target_id LIKE 'late-${round}-%' GROUP BY action ORDER BY action`,
      );
      const count = made.filter(({ status }) => status === 201).length;
      expect(rows).toEqual(
        count === 0 ? [] : ['create', 'delete'].map((verb) => ({ action: `object.${verb}`, count })),
      );
    }
    expect(await integrityFaults(client)).toEqual([]);
  });

  it('waits for what is just coming below it, and tells of that as well', async () => {
    const { top, low } = await plant('waits');
    const late = doc('waits-late');
    let made = (): void => undefined;
    let seen = (): void => undefined;
    const isMade = new Promise<void>((resolve) => (made = resolve));
    const isSeen = new Promise<void>((resolve) => (seen = resolve));
    const write = service.store.writes.write(operator('test', 'test'), { places: [late, low] }, async (unit) => {
      await unit.objects.create({ ...late, attributes: {}, parent: low }, null);
      made();
      await isSeen;
    });
    await isMade;
    const deletion = admin.delete(`${pathOf(top)}?cascade=true`).then(({ status }) => status);
    let waiting: unknown[] = [];
    while (waiting.length === 0)
      waiting = await query(
        service.databaseUrl,
        'SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database()',
      );
    seen();
    await write;
    expect(await deletion).toBe(204);
    const rows = await query(
      service.databaseUrl,
      "SELECT action FROM castellan.changes WHERE target_id = 'waits-late' ORDER BY id",
    );
    expect(rows).toEqual([{ action: 'object.create' }, { action: 'object.delete' }]);
  });

  it('may be the top of some thousands', async () => {
    const { top } = await plant('many');
    const count = 5000;
    await query(
      service.databaseUrl,
      `INSERT INTO castellan.objects (type_id, external_id, parent_id)
        SELECT d.id, 'thousands-' || n, o.id FROM castellan.types d, castellan.objects o, generate_series(1, ${count}) n
        WHERE d.name = 'doc' AND o.external_id = 'many-top';
      INSERT INTO castellan.ancestry (descendant_id, ancestor_id, descendant_type_id, depth)
        SELECT o.id, o.parent_id, o.type_id, 1 FROM castellan.objects o WHERE o.external_id LIKE 'thousands-%'`,
    );
    await admin
      .delete(`${pathOf(top)}?cascade=true`)
      .set('x-request-id', 'thousands')
      .expect(204);
    const [row] = await query(
      service.databaseUrl,
      `SELECT (SELECT count(*)::int FROM castellan.objects WHERE external_id LIKE 'thousands-%') AS left,
        (SELECT count(*)::int FROM castellan.changes WHERE request_id = 'thousands') AS rows`,
    );
    expect(row).toEqual({ left: 0, rows: count + 5 });
  });

  it.each(['', '1', 'yes', 'TRUE', 'true&cascade=true'])('is not deleted by ?cascade=%s', async (text) => {
    const { one } = await plant(`query-${text.length}-${text.slice(0, 1)}`);
    const path = `${pathOf(one)}?cascade=${text}`;
    const answer = await rawRequest(service.app, { method: 'DELETE', path, as: 'admin' });
    expectProblem(answer, { code: 'invalid_request', path: 'cascade' });
    await admin.get(pathOf(one)).expect(200);
  });
});

describe('what is built in, and has objects below it', () => {
  const KINDS = [
    { list: '/api/v1/users', type: 'user', body: { username: 'above' } },
    { list: '/api/v1/groups', type: 'group', body: { id: 'above' } },
    { list: '/api/v1/roles', type: 'role', body: { id: 'above' } },
    { list: '/api/v1/types', type: 'type', body: { id: 'above' } },
  ];

  it.each(KINDS)('stays while they are there: a $type', async ({ list, type, body }) => {
    await admin.post(list).send(body).expect(201);
    const parent = { type, id: 'above' };
    await admin.post('/api/v1/objects/doc').send({ id: 'below', parent }).expect(201);
    const before = await contentsOf(service.databaseUrl);
    await expectRefusal(admin.delete(`${list}/above`), 'has_children');
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
    await admin.delete('/api/v1/objects/doc/below').expect(204);
    await admin.delete(`${list}/above`).expect(204);
  });

  it('stays while objects of others are below its own: a type', async () => {
    await admin.post('/api/v1/types').send({ id: 'box', creatorActions: [] }).expect(201);
    for (const [id, parent] of [
      ['outer', null],
      ['inner', { type: 'box', id: 'outer' }],
    ] as const)
      await admin.post('/api/v1/objects/box').send({ id, parent }).expect(201);
    await admin
      .post('/api/v1/objects/doc')
      .send({ id: 'boxed', parent: { type: 'box', id: 'inner' } })
      .expect(201);
    await expectRefusal(admin.delete('/api/v1/types/box'), 'has_children');
    await admin.get('/api/v1/objects/doc/boxed').expect(200);
    await admin.patch('/api/v1/objects/doc/boxed').send({ parent: null }).expect(200);
    // Its own go with it, also those below one another.
    await admin.delete('/api/v1/types/box').expect(204);
    await admin.get('/api/v1/objects/doc/boxed').expect(200);
    expect(await integrityFaults(client)).toEqual([]);
  });
});
