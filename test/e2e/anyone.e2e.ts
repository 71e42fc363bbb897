import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/service.js';

const group = (id: string) => ({ type: 'group', id });

describe('what anyone may do', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.stop());

  it('is done for nobody in particular too, who owns nothing of it afterwards', async () => {
    await service.arrange(async (unit) => {
      await unit.types.create({ id: 'wish', actions: ['view', 'add', 'change'], creatorActions: ['view', 'change'] });
      await unit.grants.create([{ subject: group('anyone'), permission: 'wish:add', object: null }]);
    });
    await service.as().post('/api/v1/objects/wish').send({ id: 'w' }).expect(201);
    await service
      .as()
      .patch('/api/v1/objects/wish/w')
      .send({ attributes: { more: true } })
      .expect(401);
    await service.as('admin').get('/api/v1/objects/wish/w').expect(200);
    const { rows } = await service.store.database.pool.query(
      `SELECT actor_type, actor_id FROM castellan.changes WHERE action = 'object.create'`,
    );
    expect(rows).toEqual([{ actor_type: 'anonymous', actor_id: 'anonymous' }]);
  });
});
