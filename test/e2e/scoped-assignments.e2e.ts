import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectRef } from '../../src/core/model.js';
import type { AssignmentRecord, NewAssignment } from '../../src/core/ports/assignments.js';
import { faceOf, sendAs } from '../support/answers.js';
import { contentsOf } from '../support/contents.js';
import { integrityFaults } from '../support/integrity.js';
import { expectRefusal } from '../support/problem.js';
import { query } from '../support/query.js';
import { startTestService, type Client, type TestService } from '../support/service.js';

const assignments = '/api/v1/assignments';
const user = (id: string): ObjectRef => ({ type: 'user', id });
const folder = (id: string): ObjectRef => ({ type: 'folder', id });
const doc = (id: string): ObjectRef => ({ type: 'doc', id });
const plain = (permission: string) => ({ permission, effect: 'allow', condition: null, fields: null }) as const;
const PAST = '2000-01-01T00:00:00.000Z';
const FUTURE = '2100-01-01T00:00:00.000Z';

let service: TestService;
let client: pg.Client;
let admin: Client;

/** Two folders, each with a folder and a document below it, and a document beside them. */
beforeAll(async () => {
  service = await startTestService();
  admin = service.as('admin');
  client = new pg.Client(service.databaseUrl);
  await client.connect();
  for (const name of ['alice', 'bob', 'carol', 'dave', 'erin']) await service.addUser(name);
  await service.arrange(async (unit) => {
    const actions = ['view', 'add', 'change', 'delete', 'grant'];
    for (const id of ['folder', 'doc']) await unit.types.create({ id, actions, creatorActions: [] });
    const place = (object: ObjectRef, parent: ObjectRef | null) =>
      unit.objects.create({ ...object, attributes: {}, parent }, null);
    for (const id of ['a', 'b']) {
      await place(folder(id), null);
      await place(folder(`${id}-in`), folder(id));
      await place(doc(id), folder(`${id}-in`));
    }
    await place(doc('apart'), null);
    const role = (id: string, rules: string[], includes: string[] = []) =>
      unit.roles.create({ id, description: null, rules: rules.map(plain), includes });
    await role('reader', ['folder:view', 'doc:view']);
    await role('editor', ['doc:change'], ['reader']);
    await role('keeper', ['assignment:view', 'assignment:add', 'assignment:delete'], ['reader']);
    await role('nothing', []);
  });
});
afterAll(async () => {
  expect(await integrityFaults(client)).toEqual([]);
  await client.end();
  await service.stop();
});

const assign = (as: string, subject: string, role: string, more: Partial<NewAssignment> = {}) =>
  service
    .as(as)
    .post(assignments)
    .send({ subject: user(subject), role, ...more });
async function listed(as: string, filter = ''): Promise<AssignmentRecord[]> {
  const items: AssignmentRecord[] = [];
  let cursor: string | null = null;
  do {
    const at: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { body } = await service.as(as).get(`${assignments}?limit=2${filter}${at}`).expect(200);
    items.push(...body.items);
    cursor = body.next;
  } while (cursor !== null);
  return items;
}
async function visible(as: string, list: string): Promise<string[]> {
  const { body } = await service.as(as).get(`/api/v1/objects/${list}`).expect(200);
  return body.items.map((item: { id: string }) => item.id);
}
const clear = async (): Promise<unknown> =>
  query(service.databaseUrl, 'DELETE FROM castellan.assignments; DELETE FROM castellan.grants');

describe('a role assigned on an object', () => {
  it('is made, is the same when it is asked for again, is listed and ended', async () => {
    const object = folder('a');
    const { body } = await assign('admin', 'bob', 'reader', { object }).expect(201);
    const record = { subject: user('bob'), role: 'reader', object, startsAt: null, expiresAt: null };
    expect(body).toEqual({ id: expect.any(String), ...record });
    await assign('admin', 'bob', 'reader', { object, startsAt: null, expiresAt: null }).expect(200, body);
    const answers = await Promise.all(Array.from({ length: 4 }, () => assign('admin', 'bob', 'reader', { object })));
    expect(answers.map((answer) => [answer.status, answer.body.id])).toEqual(answers.map(() => [200, body.id]));
    // On another object, everywhere, or at another time it is another.
    const others: Partial<NewAssignment>[] = [
      {},
      { object: folder('b') },
      { object, startsAt: PAST },
      { object, startsAt: PAST, expiresAt: FUTURE },
    ];
    for (const more of others) await assign('admin', 'bob', 'reader', more).expect(201);
    for (const more of others) await assign('admin', 'bob', 'reader', more).expect(200);
    expect(await listed('admin', '&subject=user:bob')).toHaveLength(5);
    expect(await listed('admin', '&object=folder:a')).toHaveLength(3);
    expect(await listed('admin', '&object=folder:a&role=editor')).toEqual([]);
    await admin.delete(`${assignments}/${body.id}`).expect(204);
    await admin.delete(`${assignments}/${body.id}`).expect(404);
    expect(await listed('admin', '&object=folder:a')).toHaveLength(2);
    const rows = await query(
      service.databaseUrl,
      `SELECT action, before, after FROM castellan.changes WHERE target_id = '${body.id}' ORDER BY id`,
    );
    expect(rows).toEqual([
      { action: 'assignment.create', before: null, after: body },
      { action: 'assignment.delete', before: body, after: null },
    ]);
    await clear();
  });

  it('counts on the object and below it, and nowhere else, through what the role includes and was granted', async () => {
    await assign('admin', 'bob', 'editor', { object: folder('a') }).expect(201);
    const granted = { subject: { type: 'role', id: 'reader' }, permission: 'doc:delete', object: null };
    await admin.post('/api/v1/grants').send(granted).expect(201);
    expect([await visible('bob', 'folder'), await visible('bob', 'doc')]).toEqual([['a', 'a-in'], ['a']]);
    const bob = service.as('bob');
    await bob
      .patch('/api/v1/objects/doc/a')
      .send({ attributes: { n: 1 } })
      .expect(200);
    for (const id of ['b', 'apart']) await bob.get(`/api/v1/objects/doc/${id}`).expect(404);
    await bob.delete('/api/v1/objects/doc/a').expect(204);
    await service.arrange((unit) => unit.objects.create({ ...doc('a'), attributes: {}, parent: folder('a-in') }, null));
    await clear();
  });

  it('counts inside its window', async () => {
    const times: [Partial<NewAssignment>, string[]][] = [
      [{ startsAt: PAST, expiresAt: FUTURE }, ['a']],
      [{ startsAt: FUTURE }, []],
      [{ startsAt: PAST, expiresAt: '2001-01-01T00:00:00+02:00' }, []],
      [{ expiresAt: FUTURE }, ['a']],
    ];
    for (const [window, expected] of times) {
      const { body } = await assign('admin', 'carol', 'reader', { object: folder('a-in'), ...window }).expect(201);
      expect([window, await visible('carol', 'doc')]).toEqual([window, expected]);
      await admin.delete(`${assignments}/${body.id}`).expect(204);
    }
    const everywhere = await assign('admin', 'carol', 'reader', { startsAt: PAST, expiresAt: FUTURE }).expect(201);
    expect(everywhere.body).toMatchObject({ object: null, startsAt: PAST, expiresAt: FUTURE });
    expect(await visible('carol', 'doc')).toContain('apart');
    await clear();
  });

  it.each([
    [{ object: folder('nowhere') }, 'not_found', undefined],
    [{ object: { type: 'nothing', id: 'a' } }, 'not_found', undefined],
    [{ startsAt: FUTURE, expiresAt: PAST }, 'invalid_request', 'expiresAt'],
    [{ startsAt: FUTURE, expiresAt: '2100-01-01T01:00:00+01:00' }, 'invalid_request', 'expiresAt'],
    [{ startsAt: '2030-01-01' }, 'invalid_request', 'startsAt'],
    [{ startsAt: '2030-01-01T00:00:00' }, 'invalid_request', 'startsAt'],
    [{ startsAt: '2030-02-30T00:00:00Z' }, 'invalid_request', 'startsAt'],
    [{ expiresAt: '0000-01-01T00:00:00Z' }, 'invalid_request', 'expiresAt'],
    [{ expiresAt: '0001-01-01T00:00:00+01:00' }, 'invalid_request', 'expiresAt'],
    [{ expiresAt: '9999-12-31T23:59:59-01:00' }, 'invalid_request', 'expiresAt'],
  ] as const)('is not made of what can not be: %j', async (more, code, path) => {
    const before = await contentsOf(service.databaseUrl);
    await expectRefusal(assign('admin', 'bob', 'reader', more), code, path);
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it('goes with the object, the role and the subject', async () => {
    await service.addUser('going');
    await service.arrange(async (unit) => {
      await unit.objects.create({ ...folder('going'), attributes: {} }, null);
      await unit.roles.create({ id: 'going', description: null, rules: [], includes: [] });
    });
    for (const path of ['/api/v1/objects/folder/going', '/api/v1/users/going', '/api/v1/roles/going']) {
      const parts = path.includes('folder')
        ? (['bob', 'reader', folder('going')] as const)
        : path.includes('users')
          ? (['going', 'reader', folder('a')] as const)
          : (['bob', 'going', folder('a')] as const);
      await assign('admin', parts[0], parts[1], { object: parts[2] }).expect(201);
      await admin.delete(path).expect(204);
      expect(await listed('admin')).toEqual([]);
    }
  });
});

describe('who runs the assignments on an object', () => {
  it('gives and takes what it holds there, there and below, and nothing elsewhere', async () => {
    await assign('admin', 'alice', 'keeper', { object: folder('a') }).expect(201);
    const made = [];
    for (const object of [folder('a'), folder('a-in'), doc('a')])
      made.push((await assign('alice', 'bob', 'reader', { object }).expect(201)).body);
    // What it may not see is as if it were not there.
    for (const object of [folder('b'), doc('b'), doc('apart'), folder('nowhere')])
      await expectRefusal(assign('alice', 'bob', 'reader', { object }), 'not_found');
    await expectRefusal(assign('alice', 'bob', 'reader'), 'forbidden');
    // Nor what it does not hold.
    await expectRefusal(assign('alice', 'bob', 'editor', { object: folder('a') }), 'cannot_hand_out');
    await expectRefusal(assign('alice', 'bob', 'no-such-role', { object: folder('a') }), 'cannot_hand_out');
    await assign('alice', 'bob', 'keeper', { object: folder('a-in'), expiresAt: FUTURE }).expect(201);
    // Who it is given to may be anybody, or nobody, and is named last.
    await expectRefusal(assign('alice', 'nobody', 'reader', { object: folder('a') }), 'unknown_reference', 'subject');
    await expectRefusal(assign('alice', 'nobody', 'editor', { object: folder('a') }), 'cannot_hand_out');
    for (const { id } of made) await service.as('alice').delete(`${assignments}/${id}`).expect(204);
    await clear();
  });

  it('gives nothing for longer than it has it, and nothing of what is more than that', async () => {
    await assign('admin', 'alice', 'keeper', { object: folder('a'), expiresAt: FUTURE }).expect(201);
    const object = folder('a-in');
    await expectRefusal(assign('alice', 'bob', 'reader', { object }), 'cannot_hand_out');
    await expectRefusal(
      assign('alice', 'bob', 'reader', { object, expiresAt: '2100-01-01T00:00:01Z' }),
      'cannot_hand_out',
    );
    await assign('alice', 'bob', 'reader', { object, expiresAt: FUTURE }).expect(201);
    const { body } = await assign('admin', 'bob', 'reader', { object }).expect(201);
    await expectRefusal(service.as('alice').delete(`${assignments}/${body.id}`), 'cannot_hand_out');
    await clear();
  });

  it('is refused the end of one like one that is not there, unless it may see it', async () => {
    const at = async (object: ObjectRef | null) =>
      (await assign('admin', 'carol', 'reader', { object }).expect(201)).body.id as string;
    const ids = { a: await at(folder('a')), b: await at(folder('b')), everywhere: await at(null) };
    await assign('admin', 'alice', 'keeper', { object: folder('a') }).expect(201);
    // bob may view the folder and the assignments on it, and end none there; but somewhere else.
    await service.arrange((unit) =>
      unit.grants.create([
        { subject: user('bob'), permission: 'folder:view', object: folder('a') },
        { subject: user('bob'), permission: 'assignment:view', object: folder('a') },
        { subject: user('bob'), permission: 'assignment:delete', object: folder('b') },
        // dave may end what he may not see.
        { subject: user('dave'), permission: 'folder:view', object: folder('a') },
        { subject: user('dave'), permission: 'assignment:delete', object: folder('a') },
        // erin may see them everywhere, and hardly an object that they are on.
        { subject: user('erin'), permission: 'assignment:view', object: null },
        { subject: user('erin'), permission: 'assignment:delete', object: doc('apart') },
        { subject: { type: 'group', id: 'anyone' }, permission: 'assignment:delete', object: doc('apart') },
      ]),
    );
    const absent = ids.a.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const end = (as: string | undefined, id: string) => sendAs(service, as, [`DELETE ${assignments}/${id}`]);
    for (const as of ['alice', 'bob', 'carol', 'dave', 'erin', undefined]) {
      const missing = await end(as, absent);
      const seen = { alice: [ids.a], bob: [ids.a], erin: [ids.everywhere] }[as ?? ''] ?? [];
      const hidden = Object.values(ids).filter((id) => !seen.includes(id));
      for (const id of hidden) expect(faceOf(await end(as, id)), `${as} ${id}`).toEqual(faceOf(missing));
    }
    expect((await end('erin', ids.everywhere)).json).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await end('bob', ids.a)).json).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await end('alice', ids.a)).status).toBe(204);
    await clear();
  });
});

describe('the list of assignments', () => {
  it('holds those everywhere for who may view them everywhere, and those on an object for who may view them there', async () => {
    for (const object of [null, folder('a'), folder('b'), folder('a-in'), doc('b')])
      await assign('admin', 'carol', 'reader', { object }).expect(201);
    const seenBy = async (as: string, filter = ''): Promise<string[]> =>
      (await listed(as, `&subject=user:carol${filter}`)).map(({ object }) => object?.id ?? '*');
    const everything = ['*', 'a', 'b', 'a-in', 'b'];
    expect(await seenBy('admin')).toEqual(everything);
    expect(await seenBy('bob')).toEqual([]);
    const give = (permission: string, object: ObjectRef | null, effect: 'allow' | 'deny' = 'allow') =>
      service.arrange((unit) => unit.grants.create([{ subject: user('bob'), permission, object, effect }]));
    await give('assignment:view', folder('a'));
    // Without seeing the object there is nothing to see of it.
    expect(await seenBy('bob')).toEqual([]);
    await give('folder:view', folder('a'));
    expect(await seenBy('bob')).toEqual(['a', 'a-in']);
    expect(await seenBy('bob', '&object=folder:b')).toEqual([]);
    await give('assignment:view', null);
    expect(await seenBy('bob')).toEqual(['*', 'a', 'a-in']);
    await give('folder:view', null);
    await give('doc:view', null);
    expect(await seenBy('bob')).toEqual(everything);
    await give('assignment:view', folder('a'), 'deny');
    expect(await seenBy('bob')).toEqual(['*', 'b', 'b']);
    await give('assignment:view', null, 'deny');
    expect(await seenBy('bob')).toEqual([]);
    await clear();
  });

  it('leaves out what is hidden on every page, however much there is of it', async () => {
    await query(
      service.databaseUrl,
      `INSERT INTO castellan.objects (type_id, external_id)
        SELECT t.id, 'crowd-' || n FROM castellan.types t, generate_series(0, 1200) n WHERE t.name = 'folder' ORDER BY n;
      INSERT INTO castellan.assignments (id, subject_id, role_id, object_id)
        SELECT uuidv7(), s.id, r.id, o.id FROM castellan.objects o, castellan.subjects s, castellan.subjects r
        WHERE o.external_id LIKE 'crowd-%' AND s.external_id = 'carol' AND s.type = 'user' AND r.external_id = 'nothing' AND r.type = 'role'
        ORDER BY o.id`,
    );
    await service.arrange(async (unit) => {
      await unit.assignments.create({ subject: user('carol'), role: 'nothing', object: folder('a') });
      const view = (permission: string, object: ObjectRef | null) => ({ subject: user('bob'), permission, object });
      // What is held everywhere makes each of them one that could be seen.
      await unit.grants.create([
        view('assignment:view', null),
        view('folder:view', folder('crowd-650')),
        view('folder:view', folder('a')),
      ]);
    });
    const seen = await listed('bob');
    expect(seen.map(({ object }) => object?.id)).toEqual(['crowd-650', 'a']);
    const { body } = await service.as('bob').get(`${assignments}?limit=1`).expect(200);
    expect(body).toMatchObject({ items: [{ object: folder('crowd-650') }], next: expect.any(String) });
    await clear();
  });
});
