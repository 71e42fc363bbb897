import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/service.js';

const user = (id: string) => ({ type: 'user', id });
const group = (id: string) => ({ type: 'group', id });
const post = (id: string) => ({ type: 'post', id });

describe('who may hand out what', () => {
  let service: TestService;

  // mallory runs users, groups, roles and assignments, and holds nothing of what they bring.
  beforeAll(async () => {
    service = await startTestService();
    for (const name of ['alice', 'bob', 'mallory', 'strong', 'gone', 'keeper']) await service.addUser(name);
    await service.addUser('root', { superuser: true });
    await service.addUser('retired', { superuser: true, active: false });
    await service.arrange(async (unit) => {
      const actions = ['view', 'add', 'change', 'delete', 'grant', 'publish'];
      await unit.types.create({ id: 'post', actions, creatorActions: ['view', 'change', 'delete', 'grant'] });
      await unit.objects.create({ ...post('a'), attributes: {} }, user('alice'));
      await unit.objects.create({ ...post('b'), attributes: {} }, user('bob'));
      await unit.groups.create({ id: 'publishers', description: null });
      await unit.groups.create({ id: 'above', description: null });
      await unit.groups.addMember('above', group('publishers'));
      await unit.groups.create({ id: 'empty', description: null });
      const rule = { permission: 'post:publish', effect: 'allow', condition: null, fields: null } as const;
      await unit.roles.create({ id: 'publisher', description: null, rules: [rule], includes: [] });
      await unit.roles.create({ id: 'chief', description: null, rules: [], includes: ['publisher'] });
      await unit.roles.create({ id: 'plain', description: null, rules: [], includes: [] });
      await unit.assignments.create({ subject: group('above'), role: 'publisher' });
      const grant = (to: string, permission: string, object: { type: string; id: string } | null = null) => ({
        subject: user(to),
        permission,
        object,
      });
      const manages = ['user', 'group', 'role', 'assignment'].flatMap((type) =>
        ['view', 'add', 'change', 'delete'].map((action) => grant('mallory', `${type}:${action}`)),
      );
      await unit.grants.create([
        ...manages,
        grant('strong', 'post:publish'),
        grant('gone', 'post:publish'),
        grant('keeper', 'post:view', post('a')),
        grant('keeper', 'post:grant', post('a')),
      ]);
      await unit.users.update('gone', { active: false });
    });
  });
  afterAll(() => service.stop());

  const expectRefused = async (
    request: ReturnType<ReturnType<TestService['as']>['post']>,
    status: number,
    code: string,
  ) => {
    const answer = await request;
    expect([answer.status, answer.body.code], JSON.stringify(answer.body)).toEqual([status, code]);
  };
  const mallory = () => service.as('mallory');

  it('lets a creator share what it holds, and nothing else', async () => {
    const share = (permission: string) =>
      service
        .as('alice')
        .post('/api/v1/grants')
        .send({ subject: user('bob'), permission, object: post('a') });
    await share('post:change').expect(201);
    await expectRefused(share('post:publish'), 403, 'cannot_hand_out');
  });

  it('takes the grant action on that very object', async () => {
    const hand = (as: string, object: object | null, permission = 'post:view') =>
      service
        .as(as)
        .post('/api/v1/grants')
        .send({ subject: user('mallory'), permission, object });
    await expectRefused(hand('alice', post('b')), 404, 'not_found');
    await expectRefused(hand('alice', null), 403, 'forbidden');
    await hand('keeper', post('a')).expect(201);
    await expectRefused(hand('keeper', post('a'), 'post:change'), 403, 'cannot_hand_out');
  });

  it('says the same of a hidden object and of a missing one, whoever is named with it', async () => {
    const attempts = [post('b'), post('nowhere')].flatMap((object) =>
      [user('bob'), user('nobody-at-all')].map((subject) =>
        service.as('alice').post('/api/v1/grants').send({ subject, permission: 'post:view', object }),
      ),
    );
    const answers = await Promise.all(attempts);
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
  });

  it('knows no way round through a batch, and leaves none of it', async () => {
    const grants = [
      { subject: user('bob'), permission: 'post:delete', object: post('a') },
      { subject: user('bob'), permission: 'post:publish', object: post('a') },
    ];
    await expectRefused(service.as('alice').post('/api/v1/grants/batch').send({ grants }), 403, 'cannot_hand_out');
    const { body } = await service
      .as('root')
      .get('/api/v1/grants?subject=user:bob&permission=post:delete&object=post:a');
    expect(body.items).toEqual([]);
  });

  it('lets nobody take back what they could not give, or learn that it is there', async () => {
    const { body } = await service.as('root').get('/api/v1/grants?subject=user:strong').expect(200);
    const everywhere = body.items.find((grant: { permission: string }) => grant.permission === 'post:publish');
    await expectRefused(service.as('alice').delete(`/api/v1/grants/${everywhere.id}`), 404, 'not_found');
    await service.as('root').delete('/api/v1/grants/00000000-0000-7000-8000-000000000000').expect(404);
  });

  it('counts adding a member, or removing one, as handing out all that the group holds', async () => {
    const member = (verb: 'put' | 'delete', of: string) => mallory()[verb](`/api/v1/groups/${of}/members/user/mallory`);
    for (const name of ['publishers', 'above']) {
      await expectRefused(member('put', name), 403, 'cannot_hand_out');
      await expectRefused(member('delete', name), 403, 'cannot_hand_out');
    }
    await member('put', 'empty').expect(204);
    await member('delete', 'empty').expect(204);
    await expectRefused(mallory().put('/api/v1/groups/above/members/group/empty'), 403, 'cannot_hand_out');
  });

  it('counts what comes into a role, and what goes, as handing out', async () => {
    const change = (role: string, body: object) => mallory().patch(`/api/v1/roles/${role}`).send(body);
    await expectRefused(change('plain', { rules: [{ permission: 'post:publish' }] }), 403, 'cannot_hand_out');
    await expectRefused(change('plain', { includes: ['publisher'] }), 403, 'cannot_hand_out');
    await expectRefused(change('plain', { includes: ['chief'] }), 403, 'cannot_hand_out');
    await expectRefused(change('publisher', { rules: [] }), 403, 'cannot_hand_out');
    await expectRefused(change('chief', { includes: [] }), 403, 'cannot_hand_out');
    await expectRefused(
      mallory()
        .post('/api/v1/roles')
        .send({ id: 'own', rules: [{ permission: 'post:publish' }] }),
      403,
      'cannot_hand_out',
    );
    await expectRefused(
      mallory()
        .post('/api/v1/roles')
        .send({ id: 'own', includes: ['chief'] }),
      403,
      'cannot_hand_out',
    );
    await change('publisher', { description: 'A word about it changes nothing' }).expect(200);
    await change('plain', { rules: [{ permission: 'user:view' }] }).expect(200);
  });

  it('lets nobody assign, or unassign, a role that they do not hold', async () => {
    const assign = (role: string) =>
      mallory()
        .post('/api/v1/assignments')
        .send({ subject: user('mallory'), role });
    await expectRefused(assign('publisher'), 403, 'cannot_hand_out');
    await expectRefused(assign('chief'), 403, 'cannot_hand_out');
    await assign('plain').expect(201);
    const { body } = await mallory().get('/api/v1/assignments?subject=group:above').expect(200);
    await expectRefused(mallory().delete(`/api/v1/assignments/${body.items[0].id}`), 403, 'cannot_hand_out');
  });

  it('lets nobody become a stronger user by its password or its username, active or not', async () => {
    for (const id of ['strong', 'gone']) {
      for (const body of [{ password: 'a password of mine' }, { username: `not-${id}` }]) {
        await expectRefused(mallory().patch(`/api/v1/users/${id}`).send(body), 403, 'cannot_hand_out');
      }
    }
    await mallory().patch('/api/v1/users/keeper').send({ email: 'keeper@example.org' }).expect(200);
  });

  it('counts deleting a group, a role or a user, and switching a user off or on, as taking or giving what it holds', async () => {
    for (const path of [
      'groups/publishers',
      'groups/above',
      'roles/publisher',
      'roles/chief',
      'users/strong',
      'users/gone',
    ]) {
      await expectRefused(mallory().delete(`/api/v1/${path}`), 403, 'cannot_hand_out');
    }
    await expectRefused(mallory().patch('/api/v1/users/strong').send({ active: false }), 403, 'cannot_hand_out');
    await expectRefused(mallory().patch('/api/v1/users/gone').send({ active: true }), 403, 'cannot_hand_out');
  });

  it('says the same of a role that brings too much and of one that does not exist', async () => {
    for (const role of ['publisher', 'no-such-role']) {
      await expectRefused(
        mallory()
          .post('/api/v1/assignments')
          .send({ subject: user('mallory'), role }),
        403,
        'cannot_hand_out',
      );
      await expectRefused(
        mallory()
          .patch('/api/v1/roles/plain')
          .send({ includes: [role] }),
        403,
        'cannot_hand_out',
      );
    }
  });

  it('keeps superusers out of reach of everybody else', async () => {
    for (const id of ['root', 'retired']) {
      for (const body of [
        { password: 'a password of mine' },
        { email: null },
        { active: false },
        { superuser: false },
      ]) {
        await expectRefused(mallory().patch(`/api/v1/users/${id}`).send(body), 403, 'superuser_only');
      }
      await expectRefused(mallory().delete(`/api/v1/users/${id}`), 403, 'superuser_only');
    }
    await expectRefused(mallory().patch('/api/v1/users/mallory').send({ superuser: true }), 403, 'superuser_only');
    await expectRefused(
      mallory().post('/api/v1/users').send({ username: 'new', superuser: true }),
      403,
      'superuser_only',
    );
  });

  it('gives who makes a user, group, role or type its rights on that, and on nothing like it', async () => {
    await mallory().post('/api/v1/groups').send({ id: 'hers' }).expect(201);
    await service.arrange((unit) =>
      unit.grants.create([{ subject: user('keeper'), permission: 'group:add', object: null }]),
    );
    await service.as('keeper').post('/api/v1/groups').send({ id: 'his' }).expect(201);
    await service.as('keeper').get('/api/v1/groups/his').expect(200);
    await service.as('keeper').get('/api/v1/groups/hers').expect(404);
    await service.as('keeper').delete('/api/v1/groups/his').expect(204);
  });
});
