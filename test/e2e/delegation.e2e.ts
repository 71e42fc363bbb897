import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WriteUnit } from '../../src/core/ports/writes.js';
import { expectRefusal } from '../support/problem.js';
import { startTestService, type TestService } from '../support/service.js';

const user = (id: string) => ({ type: 'user', id });
const group = (id: string) => ({ type: 'group', id });
const doc = (id: string) => ({ type: 'doc', id });
type Ref = ReturnType<typeof user>;

let service: TestService;

const give = (subject: Ref, permissions: string, object: Ref | null = null) =>
  service.arrange((unit) =>
    unit.grants.create(permissions.split(' ').map((permission) => ({ subject, permission, object }))),
  );
const arrange = (work: (unit: WriteUnit) => Promise<unknown>) => service.arrange(work);
const grant = (as: string, subject: Ref, permission: string, object: Ref | null) =>
  service.as(as).post('/api/v1/grants').send({ subject, permission, object });
const join = (as: string, id: string, member: string) =>
  service.as(as).put(`/api/v1/groups/${id}/members/user/${member}`);
const leave = (as: string, id: string, member: string) =>
  service.as(as).delete(`/api/v1/groups/${id}/members/user/${member}`);
/** A user of its own for each test, with these permissions everywhere. */
async function newUser(id: string, permissions = ''): Promise<string> {
  await service.addUser(id);
  if (permissions !== '') await give(user(id), permissions);
  return id;
}
const may = async (id: string, action: string, object: Ref): Promise<boolean> => {
  const { body } = await service
    .as('admin')
    .post('/access/v1/evaluation')
    .send({ subject: user(id), action: { name: action }, resource: object })
    .expect(200);
  return body.decision;
};

beforeAll(async () => {
  service = await startTestService();
  for (const name of ['alice', 'bob']) await service.addUser(name);
  await arrange(async (unit) => {
    const actions = ['view', 'add', 'change', 'delete', 'grant', 'publish'];
    await unit.types.create({ id: 'doc', actions, creatorActions: ['view', 'change', 'delete', 'grant'] });
    await unit.types.create({ id: 'note', actions, creatorActions: [] });
    for (const id of ['a', 'b']) await unit.objects.create({ ...doc(id), attributes: {} }, user('alice'));
    await unit.objects.create({ type: 'note', id: 'a', attributes: {} }, null);
  });
});
afterAll(() => service.stop());

describe('the right to grant', () => {
  it('on one object gives nothing on another, of the same name neither, nor everywhere', async () => {
    const keeper = await newUser('keeper', 'note:view');
    await give(user(keeper), 'doc:view doc:grant', doc('a'));
    await grant(keeper, user('bob'), 'doc:view', doc('a')).expect(201);
    await expectRefusal(grant(keeper, user('bob'), 'doc:view', doc('b')), 'not_found');
    await expectRefusal(grant(keeper, user('bob'), 'note:view', { type: 'note', id: 'a' }), 'forbidden');
    await expectRefusal(grant(keeper, user('bob'), 'doc:view', null), 'forbidden');
    await give(user(keeper), 'doc:view', doc('b'));
    await expectRefusal(grant(keeper, user('bob'), 'doc:view', doc('b')), 'forbidden');
  });

  it('everywhere is that of the permission’s own type', async () => {
    const keeper = await newUser('keeper-everywhere', 'doc:grant doc:view note:view');
    await grant(keeper, user('bob'), 'doc:view', null).expect(201);
    await expectRefusal(grant(keeper, user('bob'), 'note:view', null), 'forbidden');
    await expectRefusal(grant(keeper, user('bob'), 'doc:publish', null), 'cannot_hand_out');
    await expectRefusal(grant(keeper, user('bob'), 'doc:publish', doc('a')), 'cannot_hand_out');
  });

  it('lets nobody hand on everywhere what they hold in one place', async () => {
    const keeper = await newUser('keeper-in-places', 'doc:grant');
    for (const id of ['a', 'b']) await give(user(keeper), 'doc:view doc:change', doc(id));
    await grant(keeper, user('bob'), 'doc:change', doc('a')).expect(201);
    await expectRefusal(grant(keeper, user('bob'), 'doc:change', null), 'cannot_hand_out');
    await expectRefusal(grant(keeper, group('anyone'), 'doc:change', null), 'cannot_hand_out');
  });

  it('takes back what its holder holds, and nothing else', async () => {
    const keeper = await newUser('keeper-of-less');
    await give(user(keeper), 'doc:view doc:grant', doc('a'));
    const { body } = await service.as(keeper).get('/api/v1/grants?subject=user:alice&object=doc:a').expect(200);
    const idOf = (permission: string): string =>
      body.items.find((each: { permission: string }) => each.permission === permission).id;
    await expectRefusal(service.as(keeper).delete(`/api/v1/grants/${idOf('doc:change')}`), 'cannot_hand_out');
    expect(await may('alice', 'change', doc('a'))).toBe(true);
    await service
      .as(keeper)
      .delete(`/api/v1/grants/${idOf('doc:view')}`)
      .expect(204);
    await give(user('alice'), 'doc:view', doc('a'));
  });

  it('ends when it is taken back, also for what is under way', async () => {
    const keeper = await newUser('keeper-for-a-while');
    const made = await give(user(keeper), 'doc:view doc:grant', doc('a'));
    for (let round = 0; round < 10; round += 1) {
      const [, right] = round === 0 ? made : await give(user(keeper), 'doc:view doc:grant', doc('a'));
      const [handed, taken] = await Promise.all([
        grant(keeper, user(keeper), 'doc:grant', doc('a')),
        service.as('admin').delete(`/api/v1/grants/${right?.record.id}`),
      ]);
      expect(taken.status).toBe(204);
      // Handed on before it was taken, it was no more than the one that stood; after, it was refused.
      expect([200, 403]).toContain(handed.status);
      expect(await may(keeper, 'grant', doc('a'))).toBe(false);
    }
  });
});

describe('to hold counts by whichever way it is held', () => {
  const ways: Record<string, (id: string) => Promise<unknown>> = {
    'a role': (id) =>
      arrange(async (unit) => {
        const rule = { permission: 'doc:publish', effect: 'allow', condition: null, fields: null } as const;
        await unit.roles.create({ id: 'publisher', description: null, rules: [rule], includes: [] });
        await unit.roles.create({ id: 'chief', description: null, rules: [], includes: ['publisher'] });
        await unit.assignments.create({ subject: user(id), role: 'chief' });
      }),
    'a group in a group': (id) =>
      arrange(async (unit) => {
        for (const name of ['outer', 'inner']) await unit.groups.create({ id: name, description: null });
        await unit.groups.addMember('outer', group('inner'));
        await unit.groups.addMember('inner', user(id));
        await unit.grants.create([{ subject: group('outer'), permission: 'doc:publish', object: doc('a') }]);
      }),
    'everybody who is signed in': () => give(group('authenticated'), 'doc:publish', doc('a')),
  };

  it.each(Object.entries(ways))('through %s', async (name, arranged) => {
    const id = await newUser(`holder by ${name}`);
    await give(user(id), 'doc:view doc:grant', doc('a'));
    await expectRefusal(grant(id, user('bob'), 'doc:publish', doc('a')), 'cannot_hand_out');
    await arranged(id);
    await grant(id, user('bob'), 'doc:publish', doc('a')).expect(201);
    await arrange(async (unit) => {
      const [made] = await unit.grants.create([{ subject: user('bob'), permission: 'doc:publish', object: doc('a') }]);
      if (made) await unit.grants.delete(made.record.id);
    });
  });
});

describe('a group', () => {
  it('takes and loses members by whoever holds what it holds, where it holds it', async () => {
    await arrange((unit) => unit.groups.create({ id: 'readers', description: null }));
    await give(group('readers'), 'doc:view', doc('a'));
    const there = await newUser('reads-a', 'group:view group:change');
    const elsewhere = await newUser('reads-b', 'group:view group:change');
    const everywhere = await newUser('reads-all', 'group:view group:change doc:view');
    await give(user(there), 'doc:view', doc('a'));
    await give(user(elsewhere), 'doc:view', doc('b'));
    await expectRefusal(join(elsewhere, 'readers', 'bob'), 'cannot_hand_out');
    await join(there, 'readers', 'bob').expect(204);
    await expectRefusal(leave(elsewhere, 'readers', 'bob'), 'cannot_hand_out');
    await leave(everywhere, 'readers', 'bob').expect(204);
    // What it comes to hold later counts from then on.
    await give(group('readers'), 'doc:view');
    await expectRefusal(join(there, 'readers', 'bob'), 'cannot_hand_out');
    await join(everywhere, 'readers', 'bob').expect(204);
    await leave('admin', 'readers', 'bob').expect(204);
  });

  it('is no more to its maker than its members are, once it holds more', async () => {
    const maker = await newUser('group-maker', 'group:add');
    await service.as(maker).post('/api/v1/groups').send({ id: 'made' }).expect(201);
    await join(maker, 'made', maker).expect(204);
    await leave(maker, 'made', maker).expect(204);
    await give(group('made'), 'doc:publish');
    await expectRefusal(join(maker, 'made', maker), 'cannot_hand_out');
    expect(await may(maker, 'publish', doc('b'))).toBe(false);
    // Below a group that holds more, it would hold that too.
    await arrange((unit) => unit.groups.create({ id: 'above-made', description: null }));
    await expectRefusal(service.as(maker).put('/api/v1/groups/above-made/members/group/made'), 'not_found');
  });
});

describe('who makes a thing', () => {
  it('of a type has rights on the type, and none on what is of it', async () => {
    const maker = await newUser('type-maker', 'type:add');
    await service.as(maker).post('/api/v1/types').send({ id: 'invoice' }).expect(201);
    await service
      .as(maker)
      .patch('/api/v1/types/invoice')
      .send({ creatorActions: ['grant'] })
      .expect(200);
    await expectRefusal(service.as(maker).post('/api/v1/objects/invoice').send({ id: 'i' }), 'forbidden');
    await expectRefusal(grant(maker, user(maker), 'invoice:add', null), 'forbidden');
    const { body } = await service.as(maker).get('/api/v1/objects/invoice').expect(200);
    expect(body.items).toEqual([]);
    await expectRefusal(service.as(maker).get('/api/v1/types/doc'), 'not_found');
  });

  it('of a role can put nothing into it that they do not hold', async () => {
    const maker = await newUser('role-maker', 'role:add');
    await service.as(maker).post('/api/v1/roles').send({ id: 'made' }).expect(201);
    const rules = [{ permission: 'doc:publish' }];
    await expectRefusal(service.as(maker).patch('/api/v1/roles/made').send({ rules }), 'cannot_hand_out');
    await service.as('admin').patch('/api/v1/roles/made').send({ rules }).expect(200);
    await expectRefusal(service.as(maker).patch('/api/v1/roles/made').send({ rules: [] }), 'cannot_hand_out');
    // Neither may a grant to the role, which all who hold it would have.
    await expectRefusal(grant(maker, { type: 'role', id: 'made' }, 'doc:publish', null), 'forbidden');
    await expectRefusal(
      service
        .as(maker)
        .post('/api/v1/assignments')
        .send({ subject: user(maker), role: 'made' }),
      'forbidden',
    );
  });

  it('of a user can sign in as them only for as long as they are no stronger', async () => {
    const maker = await newUser('user-maker', 'user:add');
    await service.as(maker).post('/api/v1/users').send({ username: 'young' }).expect(201);
    const change = (body: object) => service.as(maker).patch('/api/v1/users/young').send(body);
    await change({ password: 'one of the maker' }).expect(200);
    await give(user('young'), 'doc:publish');
    await expectRefusal(change({ password: 'another of the maker' }), 'cannot_hand_out');
    await expectRefusal(change({ username: 'old' }), 'cannot_hand_out');
    await expectRefusal(change({ email: null, password: 'another of the maker' }), 'cannot_hand_out');
    await change({ email: 'young@example.org' }).expect(200);
    await arrange((unit) => unit.users.update('young', { superuser: true }));
    await expectRefusal(change({ email: null }), 'superuser_only');
    await expectRefusal(service.as(maker).delete('/api/v1/users/young'), 'superuser_only');
    // Its maker may grant rights on that user: not the one to become it, which is no right on it.
    await grant(maker, user('bob'), 'user:change', user('young')).expect(201);
    await expectRefusal(service.as('bob').patch('/api/v1/users/young').send({ password: 'one of bob' }), 'not_found');
    await arrange((unit) => unit.users.update('young', { superuser: false }));
  });

  it('of a thing that was there before under that id has nothing of what hung on it', async () => {
    const maker = await newUser('maker-again', 'role:view role:add role:delete doc:view doc:add doc:delete');
    const rule = { permission: 'doc:view', effect: 'allow', condition: null, fields: null } as const;
    await arrange(async (unit) => {
      await unit.roles.create({ id: 'twice', description: null, rules: [rule], includes: [] });
      await unit.assignments.create({ subject: user('bob'), role: 'twice' });
      await unit.objects.create({ ...doc('twice'), attributes: {} }, null);
      await unit.grants.create([
        { subject: { type: 'role', id: 'twice' }, permission: 'doc:publish', object: doc('twice') },
      ]);
    });
    expect(await may('bob', 'publish', doc('twice'))).toBe(true);
    await service.as(maker).delete('/api/v1/objects/doc/twice').expect(204);
    await service.as(maker).post('/api/v1/objects/doc').send({ id: 'twice' }).expect(201);
    expect(await may('bob', 'publish', doc('twice'))).toBe(false);
    expect(await may(maker, 'publish', doc('twice'))).toBe(false);
  });
});
