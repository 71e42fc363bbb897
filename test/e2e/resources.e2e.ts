import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../support/problem.js';
import { startTestService, type Client, type TestService } from '../support/service.js';

const users = '/api/v1/users';
const groups = '/api/v1/groups';
const roles = '/api/v1/roles';
const types = '/api/v1/types';
const posts = '/api/v1/objects/post';

let service: TestService;
let admin: Client;

beforeAll(async () => {
  service = await startTestService();
  admin = service.as('admin');
  await service.arrange((unit) =>
    unit.types.create({ id: 'post', actions: ['view', 'add', 'change', 'delete', 'grant'], creatorActions: ['view'] }),
  );
});
afterAll(() => service.stop());

const idsIn = async (list: string): Promise<string[]> => {
  const { body } = await admin.get(`${list}?limit=1000`).expect(200);
  return body.items.map((item: { id: string }) => item.id);
};

/** One of each kind of thing that has an id of the caller's: what is sent, and what it then is. */
const KINDS = [
  {
    kind: 'user',
    list: users,
    sent: { username: 'k' },
    made: { id: 'k', username: 'k', email: null, active: true, superuser: false, attributes: {} },
    patch: { email: 'k@example.com', active: false },
  },
  {
    kind: 'group',
    list: groups,
    sent: { id: 'k' },
    made: { id: 'k', description: null },
    patch: { description: 'all of k' },
  },
  {
    kind: 'role',
    list: roles,
    sent: { id: 'k' },
    made: { id: 'k', description: null, rules: [], includes: [] },
    patch: {
      description: 'what k may do',
      rules: [
        { permission: 'post:view', effect: 'deny', condition: { 'resource.status': 'draft' }, fields: null },
        { permission: 'post:change', effect: 'allow', condition: null, fields: ['status'] },
      ],
    },
  },
  {
    kind: 'type',
    list: types,
    sent: { id: 'k' },
    made: {
      id: 'k',
      actions: ['view', 'add', 'change', 'delete', 'grant'],
      mode: 'union',
      creatorActions: ['view', 'change', 'delete', 'grant'],
      builtIn: false,
    },
    patch: { actions: ['view', 'publish'], creatorActions: ['publish'], mode: 'both' },
  },
  {
    kind: 'object',
    list: posts,
    sent: { id: 'k' },
    made: { type: 'post', id: 'k', parent: null, attributes: {} },
    patch: { attributes: { status: 'draft' }, parent: { type: 'type', id: 'post' } },
  },
];

describe.each(KINDS)('a $kind', ({ list, sent, made, patch }) => {
  const at = `${list}/k`;

  it('is made, read, listed, changed and deleted', async () => {
    await admin.get(at).expect(404);
    await admin.patch(at).send(patch).expect(404);
    await admin.delete(at).expect(404);
    await admin.post(list).send(sent).expect(201, made);
    await admin.get(at).expect(200, made);
    expect(await idsIn(list)).toContain('k');
    await admin
      .patch(at)
      .send(patch)
      .expect(200, { ...made, ...patch });
    await admin.get(at).expect(200, { ...made, ...patch });
    await admin.delete(at).expect(204, '');
    await admin.get(at).expect(404);
    await admin.delete(at).expect(404);
    expect(await idsIn(list)).not.toContain('k');
  });

  it('is made once: a second is refused, and the first stays as it was', async () => {
    await admin
      .post(list)
      .send({ ...sent, ...patch })
      .expect(201);
    const { body: before } = await admin.get(at).expect(200);
    await expectRefusal(admin.post(list).send(sent), 'already_exists', 'id');
    await admin.get(at).expect(200, before);
    await admin.delete(at).expect(204);
  });

  it('is made once, also when many ask at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => admin.post(list).send(sent)));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([201, 409, 409, 409]);
    for (const { status, body } of answers) if (status === 409) expect(body.code).toBe('already_exists');
    await admin.get(at).expect(200, made);
    await admin.delete(at).expect(204);
  });

  it('is deleted once when many ask at the same moment', async () => {
    await admin.post(list).send(sent).expect(201);
    const answers = await Promise.all(Array.from({ length: 4 }, () => admin.delete(at)));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([204, 404, 404, 404]);
  });

  it('keeps its id', async () => {
    await admin.post(list).send(sent).expect(201);
    await expectRefusal(admin.patch(at).send({ id: 'other' }), 'invalid_request', 'id');
    await admin.get(at).expect(200, made);
    await admin.get(`${list}/other`).expect(404);
    await admin.delete(at).expect(204);
  });

  it('is not changed by an empty patch', async () => {
    await admin
      .post(list)
      .send({ ...sent, ...patch })
      .expect(201);
    const { body: before } = await admin.get(at).expect(200);
    await admin.patch(at).send({}).expect(200, before);
    await admin.delete(at).expect(204);
  });
});

describe.each([
  { kind: 'user', list: users, sent: { username: 'm' } },
  { kind: 'object', list: posts, sent: { id: 'm' } },
])('a merge patch of the attributes of a $kind', ({ list, sent }) => {
  const at = `${list}/m`;

  it('merges objects, replaces the rest, and takes away what is null', async () => {
    const attributes = {
      keep: 1,
      drop: 2,
      swap: [1, 2],
      inside: { keep: 'a', drop: 'b', deep: { x: 1 } },
      flat: 'text',
    };
    await admin
      .post(list)
      .send({ ...sent, attributes })
      .expect(201);
    const steps: [object, object][] = [
      [
        { drop: null, swap: [3] },
        { keep: 1, swap: [3], inside: attributes.inside, flat: 'text' },
      ],
      [
        { inside: { drop: null, more: false, deep: { y: [] } } },
        { keep: 1, swap: [3], inside: { keep: 'a', more: false, deep: { x: 1, y: [] } }, flat: 'text' },
      ],
      [
        { flat: { now: { an: 'object' } }, inside: 0 },
        { keep: 1, swap: [3], inside: 0, flat: { now: { an: 'object' } } },
      ],
      // Inside an array nothing is merged, and null stays.
      [
        { swap: [null, { a: null }] },
        { keep: 1, swap: [null, { a: null }], inside: 0, flat: { now: { an: 'object' } } },
      ],
      // What is not there can be taken away, and leaves nothing behind.
      [{ never: null, swap: null, keep: null, inside: null, flat: { now: { an: null } } }, { flat: { now: {} } }],
      [{ flat: null, fresh: { a: { b: null } } }, { fresh: { a: {} } }],
    ];
    for (const [patch, expected] of steps) {
      const { body } = await admin.patch(at).send({ attributes: patch }).expect(200);
      expect(body.attributes).toEqual(expected);
      expect((await admin.get(at).expect(200)).body.attributes).toEqual(expected);
    }
    await admin.delete(at).expect(204);
  });

  it('may name them as it likes', async () => {
    const attributes = {
      constructor: 'Acme',
      prototype: { toString: 1 },
      hasOwnProperty: true,
      $type: 'Json',
      prisma__type: 'bigint',
      set: { a: 1 },
      push: [1],
      '': 'empty',
      'a.b': 'point',
      length: 0,
      '😀': 'é',
    };
    const { body } = await admin
      .post(list)
      .send({ ...sent, attributes })
      .expect(201);
    expect(body.attributes).toEqual(attributes);
    expect((await admin.get(at).expect(200)).body.attributes).toEqual(attributes);
    const { constructor: _, ...rest } = attributes;
    const patched = await admin
      .patch(at)
      .send({ attributes: { constructor: null } })
      .expect(200);
    expect(patched.body.attributes).toEqual(rest);
    await admin.delete(at).expect(204);
  });

  it('loses nothing when two change different names at the same moment', async () => {
    await admin.post(list).send(sent).expect(201);
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(
      names.map((name) =>
        admin
          .patch(at)
          .send({ attributes: { [name]: 1 } })
          .expect(200),
      ),
    );
    expect((await admin.get(at).expect(200)).body.attributes).toEqual({ a: 1, b: 1, c: 1, d: 1 });
    await admin.delete(at).expect(204);
  });
});
