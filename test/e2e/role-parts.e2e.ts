import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectRef } from '../../src/core/model.js';
import { expectRefusal } from '../support/problem.js';
import { query } from '../support/query.js';
import type { Client, TestService } from '../support/service.js';
import { doc, folder, FUTURE, PAST, startTeamWorld, user, type TeamWorld } from '../support/team-world.js';

const grants = '/api/v1/grants';
const roles = '/api/v1/roles';
const types = '/api/v1/types';
const docs = '/api/v1/objects/doc';

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

describe('a rule of a role', () => {
  const condition = { 'resource.team': { $in: ['red', 'green'] } };

  it('has effect, condition and fields, stands in the order given, and once', async () => {
    const full = (permission: string, parts: object = {}) => ({
      permission,
      effect: 'allow',
      condition: null,
      fields: null,
      ...parts,
    });
    const rules = [
      { permission: 'doc:view' },
      { permission: 'doc:view', effect: 'deny', condition },
      { permission: 'doc:change', fields: ['title', 'body', 'title'] },
      { permission: 'doc:change', fields: ['body', 'title'] },
      { permission: 'doc:view', effect: 'allow', condition: null, fields: null },
      { permission: 'doc:change', fields: ['title'] },
    ];
    const { body } = await admin.post(roles).send({ id: 'parts', rules }).expect(201);
    const stored = [
      full('doc:view'),
      full('doc:view', { effect: 'deny', condition }),
      full('doc:change', { fields: ['title', 'body'] }),
      full('doc:change', { fields: ['title'] }),
    ];
    expect(body.rules).toEqual(stored);
    await admin.get(`${roles}/parts`).expect(200, body);
    const patched = await admin
      .patch(`${roles}/parts`)
      .send({ rules: [stored[3], stored[1]] })
      .expect(200);
    expect(patched.body.rules).toEqual([stored[3], stored[1]]);
    const [row] = await query(
      service.databaseUrl,
      `SELECT before, after FROM castellan.changes WHERE target_id = 'parts' AND action = 'role.update'`,
    );
    expect(row).toMatchObject({ before: { rules: stored }, after: { rules: [stored[3], stored[1]] } });
    await admin.delete(`${roles}/parts`).expect(204);
  });

  it('counts with its parts for who holds the role, everywhere or on an object', async () => {
    const rules = [
      { permission: 'doc:view' },
      { permission: 'doc:view', effect: 'deny', condition: { 'resource.status': 'done' } },
    ];
    await admin.post(roles).send({ id: 'viewer', rules }).expect(201);
    for (const object of [null, folder('f')]) {
      const { body } = await admin
        .post('/api/v1/assignments')
        .send({ subject: user('bob'), role: 'viewer', object })
        .expect(201);
      expect(await viewed()).toEqual(['red']);
      await admin.delete(`/api/v1/assignments/${body.id}`).expect(204);
    }
    await admin.delete(`${roles}/viewer`).expect(204);
  });

  it.each([
    [{ effect: 'maybe' }, 'rules.1.effect'],
    [{ condition: { $or: [] } }, 'rules.1.condition.$or'],
    [{ fields: [] }, 'rules.1.fields'],
    [{ startsAt: PAST }, 'rules.1.startsAt'],
    [{ expiresAt: FUTURE }, 'rules.1.expiresAt'],
  ])('is not made with what can not be: %j', async (wrong, path) => {
    const rules = [{ permission: 'doc:view' }, { permission: 'doc:view', ...wrong }];
    await expectRefusal(admin.post(roles).send({ id: 'wrong', rules }), 'invalid_request', path);
    await admin.get(`${roles}/wrong`).expect(404);
  });

  it('comes and goes by who holds as much of it', async () => {
    await service.arrange(async (unit) => {
      const held = (permission: string, parts: object = {}) => ({
        subject: user('alice'),
        permission,
        object: null,
        ...parts,
      });
      await unit.grants.create([
        ...['view', 'add', 'change', 'delete'].map((action) => held(`role:${action}`)),
        held('doc:view', { condition, fields: ['title'] }),
      ]);
    });
    const alice = service.as('alice');
    const mine = { permission: 'doc:view', condition, fields: ['title'] };
    await alice
      .post(roles)
      .send({ id: 'handed', rules: [mine] })
      .expect(201);
    const change = (rules: object[]) => alice.patch(`${roles}/handed`).send({ rules });
    for (const rule of [
      { permission: 'doc:view' },
      { permission: 'doc:view', condition },
      { permission: 'doc:view', fields: ['title'] },
      { ...mine, fields: ['title', 'body'] },
      { ...mine, condition: { 'resource.team': { $in: ['red', 'green', 'blue'] } } },
      { permission: 'doc:view', effect: 'deny' },
    ])
      await expectRefusal(change([mine, rule]), 'cannot_hand_out');
    await change([mine, { ...mine, effect: 'deny' }]).expect(200);
    await change([]).expect(200);
    await admin
      .patch(`${roles}/handed`)
      .send({ rules: [{ permission: 'doc:view' }, mine] })
      .expect(200);
    // Taking away is measured by the same rule; what stays is not.
    await expectRefusal(change([mine]), 'cannot_hand_out');
    await change([{ permission: 'doc:view' }]).expect(200);
    await admin.delete(`${roles}/handed`).expect(204);
    await clear();
  });
});

describe('the mode of a type', () => {
  it('is union unless it says otherwise, is changed, and stays through other changes', async () => {
    const made = await admin.post(types).send({ id: 'moded' }).expect(201);
    expect(made.body.mode).toBe('union');
    for (const mode of ['both', 'object', 'union']) {
      const { body } = await admin.patch(`${types}/moded`).send({ mode }).expect(200);
      expect(body).toEqual({ ...made.body, mode });
      await admin.patch(`${types}/moded`).send({ creatorActions: made.body.creatorActions }).expect(200, body);
    }
    await admin.delete(`${types}/moded`).expect(204);
    const both = await admin.post(types).send({ id: 'moded', mode: 'both' }).expect(201);
    expect(both.body.mode).toBe('both');
    const rows = await query(
      service.databaseUrl,
      `SELECT after->>'mode' AS mode FROM castellan.changes WHERE target_id = 'moded' AND action = 'type.create' ORDER BY id`,
    );
    expect(rows).toEqual([{ mode: 'union' }, { mode: 'both' }]);
    await expectRefusal(admin.patch(`${types}/moded`).send({ mode: 'any' }), 'invalid_request', 'mode');
    await expectRefusal(admin.post(types).send({ id: 'x', mode: null }), 'invalid_request', 'mode');
    await expectRefusal(admin.patch(`${types}/user`).send({ mode: 'both' }), 'built_in');
  });

  it('says which rules it takes', async () => {
    const modes = async (): Promise<Record<string, string[]>> => {
      const seen: Record<string, string[]> = {};
      for (const mode of ['union', 'both', 'object']) {
        await admin.patch(`${types}/doc`).send({ mode }).expect(200);
        seen[mode] = await viewed();
      }
      return seen;
    };
    const everywhere = await give({}, 'doc:view', null);
    expect(await modes()).toEqual({ union: ['red', 'blue', 'bare'], both: [], object: [] });
    await give({}, 'doc:view', doc('red'));
    expect(await modes()).toEqual({ union: ['red', 'blue', 'bare'], both: ['red'], object: ['red'] });
    await give({}, 'doc:view', folder('f'));
    expect((await modes())['both']).toEqual(['red', 'blue', 'bare']);
    await admin.delete(`${grants}/${everywhere}`).expect(204);
    expect(await modes()).toEqual({ union: ['red', 'blue', 'bare'], both: [], object: ['red', 'blue', 'bare'] });
    await admin.patch(`${types}/doc`).send({ mode: 'union' }).expect(200);
    await clear();
  });
});

describe('what is to be added', () => {
  it('is decided by its proposed attributes, at its parent', async () => {
    const team = { 'resource.team': { $ref: 'subject.team' } };
    await service.arrange((unit) => unit.users.update('alice', { attributes: { team: 'red' } }));
    await service.arrange((unit) =>
      unit.grants.create([
        { subject: user('alice'), permission: 'folder:view', object: folder('f') },
        { subject: user('alice'), permission: 'doc:add', object: folder('f'), condition: team },
        { subject: user('alice'), permission: 'doc:add', object: null, condition: { 'resource.id': 'known' } },
      ]),
    );
    const add = (id: string, attributes: object, parent: ObjectRef | null = folder('f')) =>
      service.as('alice').post(docs).send({ id, attributes, parent });
    await expectRefusal(add('new', {}), 'forbidden');
    await expectRefusal(add('new', { team: 'blue' }), 'forbidden');
    await expectRefusal(add('new', { team: 'red' }, null), 'forbidden');
    await add('new', { team: 'red' }).expect(201);
    await add('known', {}, null).expect(201);
    await clear();
  });

  it('is decided likewise for what comes there by a move, by what it is to be', async () => {
    await service.arrange(async (unit) => {
      await unit.objects.create({ ...doc('coming'), attributes: { team: 'blue' } }, null);
      await unit.grants.create([
        { subject: user('alice'), permission: 'folder:view', object: folder('f') },
        { subject: user('alice'), permission: 'doc:add', object: folder('f'), condition: { 'resource.team': 'red' } },
        { subject: user('alice'), permission: 'doc:add', object: doc('coming') },
        ...['view', 'change', 'grant'].map((action) => ({
          subject: user('alice'),
          permission: `doc:${action}`,
          object: doc('coming'),
        })),
      ]);
    });
    const change = (body: object) => service.as('alice').patch(`${docs}/coming`).send(body);
    await expectRefusal(change({ parent: folder('f') }), 'forbidden');
    await change({ attributes: { team: 'red' } }).expect(200);
    await expectRefusal(change({ parent: folder('f'), attributes: { team: 'blue' } }), 'forbidden');
    await change({ parent: folder('f') }).expect(200);
    await clear();
  });
});
