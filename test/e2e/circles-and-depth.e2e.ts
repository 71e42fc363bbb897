import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/service.js';

const user = (id: string) => ({ type: 'user', id });
const group = (id: string) => ({ type: 'group', id });

describe('circles and depth', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
    await service.addUser('deep');
  });
  afterAll(() => service.stop());

  it('refuses a group or role that would contain itself, also when two writes close the circle at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [a, b] = [`a${round}`, `b${round}`];
      for (const id of [a, b]) {
        await service.as('admin').post('/api/v1/groups').send({ id }).expect(201);
        await service.as('admin').post('/api/v1/roles').send({ id }).expect(201);
      }
      const groups = await Promise.all([
        service.as('admin').put(`/api/v1/groups/${a}/members/group/${b}`),
        service.as('admin').put(`/api/v1/groups/${b}/members/group/${a}`),
      ]);
      expect(groups.map((answer) => answer.status).toSorted((x, y) => x - y)).toEqual([204, 409]);
      const roles = await Promise.all([
        service
          .as('admin')
          .patch(`/api/v1/roles/${a}`)
          .send({ includes: [b] }),
        service
          .as('admin')
          .patch(`/api/v1/roles/${b}`)
          .send({ includes: [a] }),
      ]);
      expect(roles.map((answer) => answer.status).toSorted((x, y) => x - y)).toEqual([200, 409]);
    }
    const own = await service.as('admin').put('/api/v1/groups/a0/members/group/a0').expect(409);
    expect(own.body.code).toBe('cycle');
  });

  it('decides through 32 nested groups, and refuses one more', async () => {
    await service.arrange(async (unit) => {
      await unit.types.create({ id: 'note', actions: ['view'], creatorActions: [] });
      await unit.objects.create({ type: 'note', id: 'n', attributes: {} }, null);
      for (let level = 1; level <= 33; level += 1)
        await unit.groups.create({ id: `level-${level}`, description: null });
      await unit.groups.addMember('level-1', user('deep'));
      for (let level = 2; level <= 32; level += 1)
        await unit.groups.addMember(`level-${level}`, group(`level-${level - 1}`));
      await unit.grants.create([
        { subject: group('level-32'), permission: 'note:view', object: { type: 'note', id: 'n' } },
      ]);
    });
    await service.as('deep').get('/api/v1/objects/note/n').expect(200);
    const answer = await service.as('admin').put('/api/v1/groups/level-33/members/group/level-32').expect(422);
    expect(answer.body.code).toBe('too_deep');
  });
});
