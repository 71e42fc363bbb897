import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.js';
import { contentsOf } from '../support/contents.js';
import { expectRefusal } from '../support/problem.js';
import { startTestService, type TestService } from '../support/service.js';

const user = (id: string) => ({ type: 'user', id });
const pathOf = (id: string): string => `/api/v1/users/${id}/tokens`;

let service: TestService;
let target: string;
let tokenId: string;
let made = 0;

const give = (id: string, permissions: string) =>
  service.arrange((unit) =>
    unit.grants.create(permissions.split(' ').map((permission) => ({ subject: user(id), permission, object: null }))),
  );

beforeAll(async () => {
  service = await startTestService();
  await service.arrange((unit) => unit.types.create({ id: 'doc', actions: ['view', 'publish'], creatorActions: [] }));
  await service.addUser('stranger');
  await service.addUser('viewer');
  await service.addUser('manager');
  await give('viewer', 'user:view');
  await give('manager', 'user:view user:change doc:view');
  await service.addUser('root', { superuser: true });
});
afterAll(() => service.stop());

beforeEach(async () => {
  target = `target-${(made += 1)}`;
  await service.addUser(target);
  tokenId = (await service.as(target).post(pathOf(target)).send({ name: 'own' }).expect(201)).body.id;
});

/** Whatever can be asked about the tokens of a user. */
const attempts = (as: string, id: string) => [
  service.as(as).get(pathOf(id)),
  service.as(as).post(pathOf(id)).send({ name: 'of somebody else' }),
  service.as(as).delete(`${pathOf(id)}/${tokenId}`),
];

async function expectNone(as: string, id: string, code: ErrorCode): Promise<void> {
  const before = await contentsOf(service.databaseUrl);
  for (const attempt of attempts(as, id)) await expectRefusal(attempt, code);
  expect(await contentsOf(service.databaseUrl)).toEqual(before);
}

describe('the tokens of another user', () => {
  it('are not there for whoever may not view the user, who is told the same of a user that is not there', async () => {
    await expectNone('stranger', target, 'not_found');
    await expectNone('stranger', 'nobody', 'not_found');
    const texts = await Promise.all(
      [target, 'nobody'].flatMap((id) => attempts('stranger', id)).map(async (answer) => (await answer).text),
    );
    expect(new Set(texts).size).toBe(1);
  });

  it('are refused to whoever may view the user and not change it', async () => {
    await expectNone('viewer', target, 'forbidden');
    await expectNone('manager', 'nobody', 'not_found');
  });

  it('are looked after by whoever may set its password, and by nobody whom the user outdoes', async () => {
    const passwordOf = () =>
      service.as('manager').patch(`/api/v1/users/${target}`).send({ password: 'of the manager' });
    await give(target, 'doc:view');
    await passwordOf().expect(200);
    const { body } = await service.as('manager').post(pathOf(target)).send({ name: 'by the manager' }).expect(201);
    const listed = await service.as('manager').get(pathOf(target)).expect(200);
    expect(listed.body.items.map(({ id }: { id: string }) => id)).toEqual([tokenId, body.id]);
    await service
      .as('manager')
      .delete(`${pathOf(target)}/${body.id}`)
      .expect(204);
    await give(target, 'doc:publish');
    await expectRefusal(passwordOf(), 'cannot_hand_out');
    await expectNone('manager', target, 'cannot_hand_out');
    await service.as('admin').get(pathOf(target)).expect(200);
  });

  it('are for superusers only when the user is one, also when it is not active', async () => {
    await service.addUser(`${target}-retired`, { superuser: true, active: false });
    for (const id of ['root', `${target}-retired`]) {
      await expectNone('manager', id, 'superuser_only');
      const { body } = await service.as('admin').post(pathOf(id)).send({ name: 'of a superuser' }).expect(201);
      await service
        .as('admin')
        .delete(`${pathOf(id)}/${body.id}`)
        .expect(204);
    }
  });

  it('are made by an administrator’s token as by its password', async () => {
    const { body } = await service.as('manager').post(pathOf('manager')).send({ name: 'own' }).expect(201);
    const headers = { authorization: `Bearer ${body.token}` };
    await service.as().post(pathOf(target)).set(headers).send({ name: 'rotated' }).expect(201);
    await expectRefusal(service.as().post(pathOf('root')).set(headers).send({ name: 'x' }), 'superuser_only');
    await expectRefusal(service.as().post(pathOf('manager')).set(headers).send({ name: 'x' }), 'forbidden');
  });

  it('are not outlasted by a password that a token would set: its own user’s takes the password', async () => {
    const { body } = await service.as('manager').post(pathOf('manager')).send({ name: 'found' }).expect(201);
    const headers = { authorization: `Bearer ${body.token}` };
    const patch = (id: string, change: object) => service.as().patch(`/api/v1/users/${id}`).set(headers).send(change);
    await expectRefusal(patch('manager', { password: 'a password of whoever found it' }), 'forbidden');
    await service.as('manager').get('/api/v1/auth/me').expect(200);
    await patch('manager', { attributes: { seen: true } }).expect(200);
    await patch(target, { password: 'a password that was lost' }).expect(200);
  });

  it('are nobody’s who is not signed in, whatever anyone may', async () => {
    const rights = await service.arrange((unit) =>
      unit.grants.create(
        ['user:view', 'user:change'].map((permission) => ({
          subject: { type: 'group', id: 'anyone' },
          permission,
          object: null,
        })),
      ),
    );
    for (const attempt of [
      service.as().get(pathOf(target)),
      service.as().post(pathOf(target)).send({ name: 'x' }),
      service.as().delete(`${pathOf(target)}/${tokenId}`),
    ])
      await expectRefusal(attempt, 'not_authenticated');
    await service.arrange(async (unit) => {
      for (const { record } of rights) await unit.grants.delete(record.id);
    });
  });
});

describe('a user', () => {
  it('needs no permission for its own tokens', async () => {
    await service.as('stranger').get(pathOf('stranger')).expect(200);
    const { body } = await service.as('stranger').post(pathOf('stranger')).send({ name: 'own' }).expect(201);
    await service
      .as('stranger')
      .delete(`${pathOf('stranger')}/${body.id}`)
      .expect(204);
  });

  it('is known by its id, and not by the username that another one may have', async () => {
    await service.arrange((unit) => unit.users.update(target, { username: `${target}-renamed` }));
    await service.addUser(`${target}-next`);
    await service.arrange((unit) => unit.users.update(`${target}-next`, { username: target }));
    // Signed in by the username `target`, it is still the user `target-next`.
    await expectRefusal(service.as(target).get(pathOf(target)), 'not_found');
    await expectRefusal(service.as(target).post(pathOf(target)).send({ name: 'x' }), 'not_found');
    await service
      .as(target)
      .get(pathOf(`${target}-next`))
      .expect(200);
  });
});
