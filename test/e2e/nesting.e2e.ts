import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { integrityFaults } from '../support/integrity.js';
import { expectRefusal } from '../support/problem.js';
import { startTestService, type Client, type TestService } from '../support/service.js';

const ROUNDS = 20;
const user = (id: string) => ({ type: 'user', id });
const group = (id: string) => ({ type: 'group', id });
const doc = { type: 'doc', id: 'd' };

let service: TestService;
let admin: Client;
let client: pg.Client;

beforeAll(async () => {
  service = await startTestService();
  admin = service.as('admin');
  client = new pg.Client(service.databaseUrl);
  await client.connect();
  await service.addUser('deep');
  await service.arrange(async (unit) => {
    await unit.types.create({ id: 'doc', actions: ['view', 'change'], creatorActions: [] });
    await unit.objects.create({ ...doc, attributes: {} }, null);
  });
});
afterAll(async () => {
  await client.end();
  await service.stop();
});

const join = (upper: string, lower: string) => admin.put(`/api/v1/groups/${upper}/members/group/${lower}`);
const include = (role: string, ...includes: string[]) => admin.patch(`/api/v1/roles/${role}`).send({ includes });
const makeGroups = (...ids: string[]) =>
  service.arrange(async (unit) => {
    for (const id of ids) await unit.groups.create({ id, description: null });
  });
const makeRoles = (...ids: string[]) =>
  service.arrange(async (unit) => {
    for (const id of ids) await unit.roles.create({ id, description: null, rules: [], includes: [] });
  });
const chain = (name: string, length: number) => Array.from({ length }, (_, level) => `${name}-${level}`);
/** Joins each group to the one before it, so that the first is the uppermost. */
const nest = (ids: readonly string[]) =>
  service.arrange(async (unit) => {
    for (const [level, id] of ids.entries())
      if (level > 0) await unit.groups.addMember(ids[level - 1] ?? '', group(id));
  });
const statuses = (answers: readonly { status: number }[]) =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);
const visible = async (): Promise<boolean> => (await service.as('deep').get('/api/v1/objects/doc/d')).status === 200;

describe('a circle', () => {
  it.each([1, 2, 3, 5])('of %i groups is refused, and changes nothing', async (length) => {
    const ids = chain(`circle-${length}`, length);
    await makeGroups(...ids);
    await nest(ids);
    await expectRefusal(join(ids.at(-1) ?? '', ids[0] ?? ''), 'cycle');
    expect(await integrityFaults(client)).toEqual([]);
    const { body } = await admin.get(`/api/v1/groups/${ids.at(-1)}/members`).expect(200);
    expect(body.items).toEqual([]);
  });

  it('of roles is refused, and leaves the includes that were there', async () => {
    await makeRoles('one', 'two', 'three', 'apart');
    await include('one', 'two').expect(200);
    await include('two', 'three').expect(200);
    await include('three', 'apart').expect(200);
    await expectRefusal(include('three', 'apart', 'one'), 'cycle');
    await expectRefusal(include('three', 'three'), 'cycle');
    await expectRefusal(admin.post('/api/v1/roles').send({ id: 'itself', includes: ['itself'] }), 'cycle');
    await admin.get('/api/v1/roles/itself').expect(404);
    const { body } = await admin.get('/api/v1/roles/three').expect(200);
    expect(body.includes).toEqual(['apart']);
    expect(await integrityFaults(client)).toEqual([]);
  });

  it('is none where an include is turned round in one change', async () => {
    await makeRoles('front', 'back');
    await include('front', 'back').expect(200);
    await include('front').expect(200);
    await include('back', 'front').expect(200);
    await include('back', 'front').expect(200);
    expect(await integrityFaults(client)).toEqual([]);
  });

  it('of groups is never closed by writes that each see a part of it', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [a = '', b = '', c = ''] = chain(`race-${round}`, 3);
      await makeGroups(a, b, c);
      const answers = await Promise.all([join(a, b), join(b, c), join(c, a)]);
      expect(statuses(answers)).toEqual([204, 204, 409]);
    }
    expect(await integrityFaults(client)).toEqual([]);
  });

  it('of roles is never closed by writes that each see a part of it', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [a = '', b = '', c = ''] = chain(`race-${round}`, 3);
      await makeRoles(a, b, c);
      const answers = await Promise.all([include(a, b), include(b, c), include(c, a)]);
      expect(statuses(answers)).toEqual([200, 200, 409]);
    }
    expect(await integrityFaults(client)).toEqual([]);
  });
});

describe('nesting', () => {
  it('of groups decides at a depth of 32, and is refused at 33, from above, from below and in the middle', async () => {
    const ids = chain('deep', 32);
    const [top = '', bottom = ''] = [ids[0], ids.at(-1)];
    await makeGroups(...ids, 'above', 'below', 'beside');
    await nest(ids);
    await service.arrange((unit) => unit.grants.create([{ subject: group(top), permission: 'doc:view', object: doc }]));
    expect(await visible()).toBe(false);
    await admin.put(`/api/v1/groups/${bottom}/members/user/deep`).expect(204);
    expect(await visible()).toBe(true);
    await expectRefusal(join('above', top), 'too_deep');
    await admin.delete(`/api/v1/groups/${bottom}/members/user/deep`).expect(204);
    expect(await visible()).toBe(false);
    await join(bottom, 'below').expect(204);
    await expectRefusal(admin.put('/api/v1/groups/below/members/user/deep'), 'too_deep');
    // Two halves, each well within the limit, are too much together: 15 + 1 above, 15 + 1 below, and the edge between.
    await admin.delete('/api/v1/groups/deep-15/members/group/deep-16').expect(204);
    await join('deep-15', 'beside').expect(204);
    await expectRefusal(join('beside', 'deep-16'), 'too_deep');
    expect(await integrityFaults(client)).toEqual([]);
  });

  it('of roles decides at a depth of 32, and is refused at 33', async () => {
    const ids = chain('role', 33);
    await service.arrange(async (unit) => {
      const rule = { permission: 'doc:change', effect: 'allow', condition: null, fields: null } as const;
      for (const [level, id] of ids.entries()) {
        const rules = level === 0 ? [rule] : [];
        await unit.roles.create({ id, description: null, rules, includes: ids.slice(Math.max(0, level - 1), level) });
      }
      await unit.assignments.create({ subject: user('deep'), role: 'role-32' });
      await unit.grants.create([{ subject: user('deep'), permission: 'doc:view', object: doc }]);
    });
    await service
      .as('deep')
      .patch('/api/v1/objects/doc/d')
      .send({ attributes: { a: 1 } })
      .expect(200);
    await expectRefusal(admin.post('/api/v1/roles').send({ id: 'one-more', includes: ['role-32'] }), 'too_deep');
    await admin.get('/api/v1/roles/one-more').expect(404);
    await makeRoles('at-the-end');
    await expectRefusal(include('role-0', 'at-the-end'), 'too_deep');
    await include('role-16').expect(200);
    await service
      .as('deep')
      .patch('/api/v1/objects/doc/d')
      .send({ attributes: { a: 2 } })
      .expect(403);
    expect(await integrityFaults(client)).toEqual([]);
  });

  it('counts the longest of many ways, and does not grow with their number', async () => {
    // 2^15 ways from the top to the bottom.
    const levels = chain('wide', 16);
    const sides = levels.flatMap((id) => [`${id}-l`, `${id}-r`]);
    await makeGroups(...sides);
    const started = performance.now();
    await service.arrange(async (unit) => {
      for (const [level, id] of levels.entries()) {
        if (level === 0) continue;
        for (const upper of ['l', 'r']) {
          for (const lower of ['l', 'r'])
            await unit.groups.addMember(`${levels[level - 1]}-${upper}`, group(`${id}-${lower}`));
        }
      }
    });
    expect(performance.now() - started).toBeLessThan(3000);
    await service.arrange((unit) => unit.groups.addMember('wide-15-l', user('deep')));
    const { rows } = await client.query(`SELECT count(*)::int AS paths FROM castellan.effective_memberships em
      JOIN castellan.subjects s ON s.id = em.member_id AND s.type = 'user' AND s.external_id = 'deep'
      JOIN castellan.subjects g ON g.id = em.group_id AND g.external_id LIKE 'wide-%'`);
    expect(rows).toEqual([{ paths: 31 }]);
    expect(await integrityFaults(client)).toEqual([]);
  });
});
