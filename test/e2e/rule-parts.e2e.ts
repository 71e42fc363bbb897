import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf } from '../support/contents.js';
import { expectRefusal } from '../support/problem.js';
import { query } from '../support/query.js';
import type { Client, TestService } from '../support/service.js';
import { doc, folder, FUTURE, PAST, startTeamWorld, user, type TeamWorld } from '../support/team-world.js';

const grants = '/api/v1/grants';
const docs = '/api/v1/objects/doc';
const PLAIN = { effect: 'allow', condition: null, fields: null, startsAt: null, expiresAt: null };

let world: TeamWorld;
let service: TestService;
let admin: Client;

beforeAll(async () => {
  world = await startTeamWorld();
  ({ service, admin } = world);
});
afterAll(() => service.stop());

const give: TeamWorld['give'] = (...of) => world.give(...of);
const viewed: TeamWorld['viewed'] = () => world.viewed();
const clear: TeamWorld['clear'] = () => world.clear();

describe('a grant', () => {
  const ALL: object[] = [
    {},
    { effect: 'deny' },
    { condition: { 'resource.team': 'red' } },
    { condition: { 'resource.team': 'red', 'resource.status': { $in: ['open', 'done'] } } },
    { condition: { 'resource.team': ['red'] } },
    { effect: 'deny', condition: { 'resource.team': 'red' } },
    { fields: ['title'] },
    { fields: ['title', 'body'] },
    { fields: ['title,body'] },
    { startsAt: PAST },
    { expiresAt: FUTURE },
    { startsAt: PAST, expiresAt: FUTURE },
    { effect: 'deny', fields: ['title'], condition: { 'resource.team': 'red' }, startsAt: PAST, expiresAt: FUTURE },
  ];

  it('is another one for each part of it that differs, and each is the same when it is given again', async () => {
    const sent = ALL.map((part) => ({ subject: user('bob'), permission: 'doc:view', object: doc('red'), ...part }));
    const made = [];
    for (const grant of sent) {
      const { body } = await admin.post(grants).send(grant).expect(201);
      expect(body).toEqual({ id: expect.any(String), ...PLAIN, ...grant });
      made.push(body);
    }
    expect(new Set(made.map(({ id }) => id)).size).toBe(ALL.length);
    for (const [index, grant] of sent.entries()) await admin.post(grants).send(grant).expect(200, made[index]);
    const { body } = await admin.post(`${grants}/batch`).send({ grants: sent.toReversed() }).expect(200);
    expect(body.items).toEqual(made.toReversed());
    const list = await admin.get(`${grants}?object=doc:red`).expect(200);
    expect(list.body.items).toEqual(made);
    await admin.delete(`${grants}/${made[1]?.id}`).expect(204);
    await admin.get(`${grants}?object=doc:red`).expect(200, { items: made.toSpliced(1, 1), next: null });
    await clear();
  });

  it('is the same in whatever order, and at whatever clock, it is said', async () => {
    const one = {
      condition: { 'resource.a': { b: 1, c: [1, { d: 2, e: 3 }] }, 'resource.f': { $gte: 1, $lt: 10 } },
      fields: ['title', 'body', 'title'],
      startsAt: '2030-01-01T00:00:00Z',
      expiresAt: '2030-06-01T12:00:00+02:00',
    };
    const other = {
      expiresAt: '2030-06-01T10:00:00.000Z',
      startsAt: '2029-12-31T19:00:00-05:00',
      fields: ['body', 'title'],
      condition: { 'resource.f': { $lt: 10.0, $gte: 1 }, 'resource.a': { c: [1, { e: 3, d: 2 }], b: 1 } },
    };
    const base = { subject: user('bob'), permission: 'doc:view', object: doc('red') };
    const first = await admin
      .post(grants)
      .send({ ...base, ...one })
      .expect(201);
    expect(first.body).toMatchObject({
      condition: one.condition,
      fields: ['title', 'body'],
      startsAt: '2030-01-01T00:00:00.000Z',
      expiresAt: '2030-06-01T10:00:00.000Z',
    });
    const again = await admin
      .post(grants)
      .send({ ...base, ...other })
      .expect(200);
    expect(again.body).toEqual(first.body);
    const both = await admin
      .post(`${grants}/batch`)
      .send({ grants: [{ ...base, ...other }, base, { ...base, ...one }] })
      .expect(200);
    expect(both.body.items.map(({ id }: { id: string }) => id)).toEqual([
      first.body.id,
      expect.any(String),
      first.body.id,
    ]);
    await clear();
  });

  it('is told whole in the audit trail, when it comes and when it goes', async () => {
    const { body } = await admin
      .post(grants)
      .send({ subject: user('bob'), permission: 'doc:view', object: doc('red'), ...ALL.at(-1) })
      .expect(201);
    await admin.delete(`${grants}/${body.id}`).expect(204);
    const rows = await query(
      service.databaseUrl,
      `SELECT action, before, after FROM castellan.changes WHERE target_id = '${body.id}' ORDER BY id`,
    );
    expect(rows).toEqual([
      { action: 'grant.create', before: null, after: body },
      { action: 'grant.delete', before: body, after: null },
    ]);
  });

  it.each([
    [{ effect: 'perhaps' }, 'effect'],
    [{ condition: {} }, 'condition'],
    [{ condition: { team: 'red' } }, 'condition.team'],
    [{ condition: { 'resource.team': { $like: 'r' } } }, 'condition.resource.team.$like'],
    [{ condition: { $and: [{ 'resource.a': 1 }, { 'resource.b': { $in: 1 } }] } }, 'condition.$and.1.resource.b.$in'],
    [{ condition: 'resource.team' }, 'condition'],
    [{ fields: [] }, 'fields'],
    [{ fields: ['a', ''] }, 'fields.1'],
    [{ fields: ['a'.repeat(257)] }, 'fields.0'],
    [{ fields: Array.from({ length: 257 }, (_, n) => `f${n}`) }, 'fields'],
    [{ startsAt: 'soon' }, 'startsAt'],
    [{ startsAt: FUTURE, expiresAt: FUTURE }, 'expiresAt'],
    [{ startsAt: FUTURE, expiresAt: PAST }, 'expiresAt'],
    [{ startsAt: '2030-01-01T00:00:00Z', expiresAt: '2030-01-01T01:00:00+01:00' }, 'expiresAt'],
    [{ expiresAt: '0000-06-01T00:00:00Z' }, 'expiresAt'],
  ])('is not given with what can not be: %j', async (wrong, path) => {
    const before = await contentsOf(service.databaseUrl);
    const grant = { subject: user('bob'), permission: 'doc:view', object: doc('red') };
    await expectRefusal(admin.post(grants).send({ ...grant, ...wrong }), 'invalid_request', path);
    await expectRefusal(
      admin.post(`${grants}/batch`).send({ grants: [grant, { ...grant, ...wrong }] }),
      'invalid_request',
      `grants.1.${path}`,
    );
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it('that denies wins over every one that allows, until it is taken back', async () => {
    await give({}, 'doc:view', null);
    await give({}, 'doc:view', doc('red'));
    expect(await viewed()).toEqual(['red', 'blue', 'bare']);
    const deny = await give({ effect: 'deny' }, 'doc:view', doc('red'));
    expect(await viewed()).toEqual(['blue', 'bare']);
    const denyAll = await give({ effect: 'deny' });
    expect(await viewed()).toEqual([]);
    await admin.delete(`${grants}/${denyAll}`).expect(204);
    await admin.delete(`${grants}/${deny}`).expect(204);
    expect(await viewed()).toEqual(['red', 'blue', 'bare']);
    await clear();
  });

  it('counts where its condition is true, and denies unless it is false', async () => {
    const condition = { 'resource.team': { $ref: 'subject.team' } };
    await give({ condition });
    expect(await viewed()).toEqual(['red']);
    await give({});
    await give({ effect: 'deny', condition });
    // Of what has no team, it is not known.
    expect(await viewed()).toEqual(['blue']);
    await admin
      .patch(`${docs}/bare`)
      .send({ attributes: { team: 'green' } })
      .expect(200);
    expect(await viewed()).toEqual(['blue', 'bare']);
    await admin
      .patch(`${docs}/bare`)
      .send({ attributes: { team: null } })
      .expect(200);
    await clear();
  });

  it('counts inside its window', async () => {
    for (const [window, expected] of [
      [{ startsAt: FUTURE }, []],
      [{ expiresAt: PAST }, []],
      [{ startsAt: PAST, expiresAt: '2001-01-01T00:00:00Z' }, []],
      [{ startsAt: PAST, expiresAt: FUTURE }, ['red', 'blue', 'bare']],
    ] as const) {
      const id = await give(window);
      expect([window, await viewed()]).toEqual([window, expected]);
      await admin.delete(`${grants}/${id}`).expect(204);
    }
    await give({});
    await give({ effect: 'deny', expiresAt: PAST });
    await give({ effect: 'deny', startsAt: FUTURE });
    expect(await viewed()).toEqual(['red', 'blue', 'bare']);
    await clear();
  });

  it('ends at the moment at which it expires', async () => {
    const [row] = await query(service.databaseUrl, `SELECT to_json(now() + interval '700 ms') AS soon`);
    const soon = new Date(String(row?.['soon']));
    await give({ expiresAt: soon.toISOString() });
    for (;;) {
      const seen = await viewedAt();
      if (seen.before < soon.getTime() && seen.after < soon.getTime()) expect(seen.count).toBe(3);
      if (seen.before < soon.getTime()) continue;
      expect(seen.count).toBe(0);
      break;
    }
    await clear();
  });

  async function viewedAt(): Promise<{ count: number; before: number; after: number }> {
    const clock = async (): Promise<number> => {
      const [row] = await query(service.databaseUrl, 'SELECT to_json(clock_timestamp()) AS now');
      return new Date(String(row?.['now'])).getTime();
    };
    const before = await clock();
    const permission = { type: 'doc', action: 'view' };
    const { items } = await service.store.lists.list({ subject: user('bob'), permission, limit: 100 });
    return { count: items.length, before, after: await clock() };
  }

  it('may be of a permission of another type than the object is, which is about what is below', async () => {
    await give({});
    expect(await viewed()).toEqual(['red', 'blue', 'bare']);
    const { body } = await admin.get(`${grants}?object=folder:f`).expect(200);
    expect(body.items).toMatchObject([{ permission: 'doc:view', object: folder('f') }]);
    await clear();
  });

  it('is handed out by who holds as much, with no more fields, no weaker a condition, and for no longer', async () => {
    const condition = { 'resource.team': 'red' };
    await service.arrange((unit) =>
      unit.grants.create([
        { subject: user('alice'), permission: 'folder:view', object: folder('f') },
        { subject: user('alice'), permission: 'folder:grant', object: folder('f') },
        {
          subject: user('alice'),
          permission: 'doc:view',
          object: folder('f'),
          condition,
          fields: ['a', 'b'],
          expiresAt: FUTURE,
        },
      ]),
    );
    const hand = (parts: object) =>
      service
        .as('alice')
        .post(grants)
        .send({ subject: user('bob'), permission: 'doc:view', object: folder('f'), ...parts });
    for (const parts of [
      {},
      { condition, fields: ['a', 'b'] },
      { condition, expiresAt: FUTURE },
      { fields: ['a'], expiresAt: FUTURE },
      { condition, fields: ['a', 'c'], expiresAt: FUTURE },
      { condition: { 'resource.team': 'blue' }, fields: ['a'], expiresAt: FUTURE },
      { condition, fields: ['a'], expiresAt: '2100-01-01T00:00:00.001Z' },
      { effect: 'deny' },
      { effect: 'deny', fields: ['c'], condition, expiresAt: FUTURE },
    ])
      await expectRefusal(hand(parts), 'cannot_hand_out');
    const made = [];
    for (const parts of [
      { condition, fields: ['a', 'b'], expiresAt: FUTURE },
      { condition: { ...condition, 'resource.status': 'open' }, fields: ['b'], expiresAt: '2050-01-01T00:00:00Z' },
      { effect: 'deny', condition, fields: ['a'], expiresAt: FUTURE },
    ])
      made.push((await hand(parts).expect(201)).body);
    for (const { id } of made) await service.as('alice').delete(`${grants}/${id}`).expect(204);
    const stronger = await give({});
    await expectRefusal(service.as('alice').delete(`${grants}/${stronger}`), 'cannot_hand_out');
    await clear();
  });
});
