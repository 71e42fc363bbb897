import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf } from '../support/contents.js';
import { expectRefusal } from '../support/problem.js';
import { query } from '../support/query.js';
import { startTestService, type Client, type TestService } from '../support/service.js';

const grants = '/api/v1/grants';
const batch = '/api/v1/grants/batch';
const COUNT = 1000;
const WINDOW = { startsAt: '2030-01-01T00:00:00Z', expiresAt: '2030-01-01T01:00:00+01:00' };

const onPost = (n: number, permission = 'post:view', user = 'bob') => ({
  subject: { type: 'user', id: user },
  permission,
  object: { type: 'post', id: `p${n}` },
});
const many = (count: number, permission?: string, user?: string) =>
  Array.from({ length: count }, (_, n) => onPost(n, permission, user));

let service: TestService;
let admin: Client;

beforeAll(async () => {
  service = await startTestService();
  admin = service.as('admin');
  for (const username of ['alice', 'bob', 'carol', 'dave']) await service.addUser(username);
  await service.arrange(async (unit) => {
    await unit.types.create({ id: 'post', actions: ['view', 'add', 'change', 'delete', 'grant'], creatorActions: [] });
    await unit.groups.create({ id: 'staff', description: null });
    await unit.roles.create({ id: 'reader', description: null, rules: [], includes: [] });
  });
  await query(
    service.databaseUrl,
    `INSERT INTO castellan.objects (type_id, external_id)
      SELECT t.id, 'p' || n FROM castellan.types t, generate_series(0, ${COUNT}) n WHERE t.name = 'post'`,
  );
});
afterAll(() => service.stop());

const idsOf = (body: { items: { id: string }[] }): string[] => body.items.map((item) => item.id);
const clear = () =>
  query(service.databaseUrl, "DELETE FROM castellan.grants WHERE created_at > now() - interval '1 day'");
const countOfGrants = async (): Promise<number> => {
  const [row] = await query(service.databaseUrl, 'SELECT count(*)::int AS count FROM castellan.grants');
  return Number(row?.['count']);
};

describe('a grant', () => {
  it.each([
    ['to a user, on an object', onPost(1)],
    ['to a user, everywhere', { ...onPost(1), object: null }],
    ['to a group', { ...onPost(1), subject: { type: 'group', id: 'staff' } }],
    ['to everybody', { ...onPost(1), subject: { type: 'group', id: 'anyone' } }],
    ['to a role', { ...onPost(1), subject: { type: 'role', id: 'reader' } }],
  ])('is given, given again, listed and taken back: %s', async (_, sent) => {
    const { body } = await admin.post(grants).send(sent).expect(201);
    const plain = { effect: 'allow', condition: null, fields: null, startsAt: null, expiresAt: null };
    expect(body).toEqual({ id: expect.stringMatching(/^[\da-f-]{36}$/), ...sent, ...plain });
    await admin.post(grants).send(sent).expect(200, body);
    await admin
      .post(grants)
      .send({ ...sent, ...plain })
      .expect(200, body);
    const subject = `${sent.subject.type}:${sent.subject.id}`;
    await admin.get(`${grants}?subject=${subject}&permission=post:view`).expect(200, { items: [body], next: null });
    await admin.delete(`${grants}/${body.id}`).expect(204, '');
    await admin.delete(`${grants}/${body.id}`).expect(404);
    const again = await admin.post(grants).send(sent).expect(201);
    expect(again.body.id).not.toBe(body.id);
    await admin.delete(`${grants}/${again.body.id}`).expect(204);
  });

  it('is one, also when many ask for it at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => admin.post(grants).send(onPost(2))));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    await admin.delete(`${grants}/${answers[0]?.body.id}`).expect(204);
  });

  it('is taken back once when many ask at the same moment', async () => {
    const { body } = await admin.post(grants).send(onPost(3)).expect(201);
    const answers = await Promise.all(Array.from({ length: 4 }, () => admin.delete(`${grants}/${body.id}`)));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([204, 404, 404, 404]);
  });

  it.each([
    [{ ...onPost(1), subject: { type: 'user', id: 'nobody' } }, 'subject'],
    [{ ...onPost(1), subject: { type: 'service', id: 'none' } }, 'subject'],
    [{ ...onPost(1), permission: 'post:fly' }, 'permission'],
    [{ ...onPost(1), object: { type: 'post', id: 'nothing' } }, 'object'],
    [{ ...onPost(1), object: null, permission: 'nothing:view' }, 'permission'],
  ])('is not given where something of it does not exist: %j', async (sent, path) => {
    const before = await contentsOf(service.databaseUrl);
    // A superuser, who may see all there is, is told which.
    await expectRefusal(admin.post(grants).send(sent), 'unknown_reference', path);
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it.each(['x', '0', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '00000000-0000-0000-0000-000000000000', '{}', 'batch'])(
    'is not found under what is no id of one: %s',
    async (id) => {
      await admin.delete(`${grants}/${encodeURIComponent(id)}`).expect(404);
    },
  );

  it('has one spelling of its id', async () => {
    const { body } = await admin.post(grants).send(onPost(4)).expect(201);
    const id: string = body.id;
    for (const spelling of [id.toUpperCase(), `{${id}}`, id.replaceAll('-', ''), ` ${id}`, `urn:uuid:${id}`]) {
      if (spelling === id) continue;
      await admin.delete(`${grants}/${encodeURIComponent(spelling)}`).expect(404);
    }
    await admin.delete(`${grants}/${id}`).expect(204);
  });
});

describe('a superuser', () => {
  it('hands out, sees and takes back also where a type has no action of granting', async () => {
    await service.arrange((unit) =>
      unit.types.create({ id: 'report', actions: ['view', 'add', 'print'], creatorActions: ['print'] }),
    );
    await admin.post('/api/v1/objects/report').send({ id: 'r' }).expect(201);
    const places = [{ type: 'report', id: 'r' }, null];
    for (const object of places) {
      const sent = { subject: { type: 'user', id: 'bob' }, permission: 'report:view', object };
      const { body } = await admin.post(grants).send(sent).expect(201);
      await admin.get(`${grants}?subject=user:bob&permission=report:view`).expect(200, { items: [body], next: null });
      await admin.delete(`${grants}/${body.id}`).expect(204);
    }
    // What its creator was given is seen, so it can be taken back, too.
    const { body } = await admin.get(`${grants}?object=report:r`).expect(200);
    expect(idsOf(body)).toHaveLength(1);
    await admin.delete(`${grants}/${idsOf(body)[0]}`).expect(204);
  });
});

describe('who may see all types', () => {
  it('is told which type of a permission does not exist, and where', async () => {
    await service.arrange((unit) =>
      unit.grants.create([{ subject: { type: 'user', id: 'dave' }, permission: 'type:view', object: null }]),
    );
    const unknown = { ...onPost(1), permission: 'nothing:view', object: null };
    await expectRefusal(service.as('dave').post(grants).send(unknown), 'unknown_reference', 'permission');
    const inBatch = service
      .as('dave')
      .post(batch)
      .send({ grants: [unknown] });
    await expectRefusal(inBatch, 'unknown_reference', 'grants.0.permission');
    // Nobody else learns which types there are.
    await expectRefusal(service.as('bob').post(grants).send(unknown), 'forbidden');
    await expectRefusal(
      service
        .as('bob')
        .post(grants)
        .send({ ...unknown, permission: 'post:view' }),
      'forbidden',
    );
    await clear();
  });
});

describe('a batch of grants', () => {
  it('of 1,000 is given in its order, and is the same when it is given again', async () => {
    const { body } = await admin
      .post(batch)
      .send({ grants: many(COUNT) })
      .expect(200);
    expect(body.items).toHaveLength(COUNT);
    expect(body.items.map((item: { object: object }) => item.object)).toEqual(many(COUNT).map(({ object }) => object));
    expect(new Set(idsOf(body)).size).toBe(COUNT);
    const again = await admin
      .post(batch)
      .send({ grants: many(COUNT) })
      .expect(200);
    expect(idsOf(again.body)).toEqual(idsOf(body));
    const [row] = await query(
      service.databaseUrl,
      "SELECT count(*)::int AS count FROM castellan.changes WHERE action = 'grant.create'",
    );
    expect(row?.['count']).toBeGreaterThanOrEqual(COUNT);
    await clear();
  });

  it('of 1,000 is given by somebody who holds the right and the rule, on 1,000 objects', async () => {
    await service.arrange((unit) =>
      unit.grants.create(
        ['post:view', 'post:grant'].map((permission) => ({
          subject: { type: 'user', id: 'alice' },
          permission,
          object: null,
        })),
      ),
    );
    const { body } = await service
      .as('alice')
      .post(batch)
      .send({ grants: many(COUNT) })
      .expect(200);
    expect(body.items).toHaveLength(COUNT);
    await clear();
  });

  it('names each grant once, where it asks for the same twice', async () => {
    const { body } = await admin
      .post(batch)
      .send({ grants: [onPost(1), onPost(2), onPost(1)] })
      .expect(200);
    const [one, two, three] = idsOf(body);
    expect(one).toBe(three);
    expect(one).not.toBe(two);
    expect(await countOfGrants()).toBe(2);
    await clear();
  });

  it.each([
    [
      'a subject that does not exist',
      { subject: { type: 'user', id: 'nobody' } },
      'unknown_reference',
      'grants.500.subject',
    ],
    ['a permission that does not exist', { permission: 'post:fly' }, 'unknown_reference', 'grants.500.permission'],
    [
      'an object that does not exist',
      { object: { type: 'post', id: 'nothing' } },
      'unknown_reference',
      'grants.500.object',
    ],
    ['a window without time', WINDOW, 'invalid_request', 'grants.500.expiresAt'],
    ['a condition of no form', { condition: { a: 1 } }, 'invalid_request', 'grants.500.condition.a'],
    ['a permission of the wrong form', { permission: 'view' }, 'invalid_request', 'grants.500.permission'],
    ['an unknown field', { surprise: 1 }, 'invalid_request', 'grants.500.surprise'],
  ])('is given whole or not at all: %s in the middle', async (_, wrong, code, path) => {
    const before = await contentsOf(service.databaseUrl);
    const sent: object[] = many(COUNT);
    sent[500] = { ...onPost(500), ...wrong };
    const { body } = await admin.post(batch).send({ grants: sent }).expect(422);
    expect(body).toMatchObject({ code, errors: [{ path }] });
    expect(body.detail).toContain(path);
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it('is given whole or not at all: one that the author may not hand out', async () => {
    await service.arrange((unit) =>
      unit.grants.create([
        ...[0, 1, 2, 3].map((n) => onPost(n, 'post:view', 'carol')),
        ...[0, 1, 3].map((n) => onPost(n, 'post:grant', 'carol')),
        onPost(0, 'post:change', 'carol'),
      ]),
    );
    const before = await contentsOf(service.databaseUrl);
    const carol = service.as('carol');
    const noRight = await carol
      .post(batch)
      .send({ grants: many(4) })
      .expect(403);
    expect(noRight.body.code).toBe('forbidden');
    const hidden = await carol
      .post(batch)
      .send({ grants: [onPost(0), onPost(1), onPost(4)] })
      .expect(404);
    const missing = await carol
      .post(batch)
      .send({ grants: [onPost(0), onPost(1), onPost(5000)] })
      .expect(404);
    expect(missing.body).toEqual(hidden.body);
    const notHeld = await carol
      .post(batch)
      .send({ grants: [onPost(0), onPost(0, 'post:change'), onPost(1, 'post:change')] })
      .expect(403);
    expect(notHeld.body.code).toBe('cannot_hand_out');
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
    await carol
      .post(batch)
      .send({ grants: [onPost(0), onPost(0, 'post:change'), onPost(1)] })
      .expect(200);
    await clear();
  });

  it('carries at least one and at most 1,000', async () => {
    const before = await contentsOf(service.databaseUrl);
    for (const sent of [[], many(COUNT + 1)]) {
      const { body } = await admin.post(batch).send({ grants: sent }).expect(422);
      expect(body).toMatchObject({ code: 'invalid_request', errors: [{ path: 'grants' }] });
    }
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it('is given in one piece when two overlap at the same moment', async () => {
    const [one, other] = await Promise.all([
      admin.post(batch).send({ grants: many(300) }),
      admin.post(batch).send({ grants: many(300).toReversed() }),
    ]);
    expect([one.status, other.status]).toEqual([200, 200]);
    expect(idsOf(one.body)).toEqual(idsOf(other.body).toReversed());
    expect(await countOfGrants()).toBe(300);
    await clear();
  });
});
