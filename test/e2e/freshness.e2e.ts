import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createService } from '../../src/app/service.js';
import { openStore, type Store } from '../../src/store/store.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';

const alice = { type: 'user', id: 'alice' };
const note = { type: 'note', id: 'n' };

// Every write goes to one process, every question to another: what one has answered, the other has to know.
describe('a write that has returned, seen from another process on the same database', () => {
  let writing: TestService;
  let store: Store;
  let asking: NestFastifyApplication;

  beforeAll(async () => {
    writing = await startTestService();
    store = openStore({ url: writing.databaseUrl, connections: 3 });
    asking = await createService({ store, publicUrl: undefined, report: (error) => writing.unexpected.push(error) });
    await asking.listen(0, '127.0.0.1');
    await writing.addUser('alice');
    await writing.addUser('bob');
    await writing.arrange(async (unit) => {
      await unit.types.create({ id: 'note', actions: ['view', 'read'], creatorActions: ['view'] });
      await unit.objects.create({ ...note, attributes: {} }, null);
      await unit.groups.create({ id: 'inner', description: null });
      await unit.groups.create({ id: 'outer', description: null });
      await unit.groups.addMember('inner', alice);
      await unit.roles.create({ id: 'reader', description: null, rules: [], includes: [] });
      await unit.assignments.create({ subject: { type: 'group', id: 'outer' }, role: 'reader' });
    });
  });
  afterAll(async () => {
    await asking.close();
    await store.close();
    await writing.stop();
  });

  const admin = () => writing.as('admin');
  const asked = (password = PASSWORD) =>
    supertest(asking.getHttpServer()).get('/api/v1/objects/note/n').auth('alice', password);
  const listed = async (): Promise<number> => {
    const { body } = await supertest(asking.getHttpServer())
      .get('/api/v1/objects/note')
      .auth('alice', PASSWORD)
      .expect(200);
    return body.items.length;
  };
  const expectSeen = async (seen: boolean): Promise<void> => {
    await asked().expect(seen ? 200 : 404);
    expect(await listed()).toBe(seen ? 1 : 0);
  };

  it('is a grant and its end', async () => {
    for (let round = 0; round < 5; round += 1) {
      await expectSeen(false);
      const { body } = await admin()
        .post('/api/v1/grants')
        .send({ subject: alice, permission: 'note:view', object: note })
        .expect(201);
      await expectSeen(true);
      await admin().delete(`/api/v1/grants/${body.id}`).expect(204);
    }
    await expectSeen(false);
  });

  it('is a membership of a group in a group, a rule of a role, and their ends', async () => {
    await admin().put('/api/v1/groups/outer/members/group/inner').expect(204);
    await expectSeen(false);
    await admin()
      .patch('/api/v1/roles/reader')
      .send({ rules: [{ permission: 'note:view' }] })
      .expect(200);
    await expectSeen(true);
    await admin().delete('/api/v1/groups/outer/members/group/inner').expect(204);
    await expectSeen(false);
    await admin().put('/api/v1/groups/outer/members/group/inner').expect(204);
    await expectSeen(true);
    await admin().delete('/api/v1/groups/outer').expect(204);
    await expectSeen(false);
  });

  it('is an assignment, and an action taken from its type', async () => {
    const { body } = await admin().post('/api/v1/assignments').send({ subject: alice, role: 'reader' }).expect(201);
    await expectSeen(true);
    await admin().delete(`/api/v1/assignments/${body.id}`).expect(204);
    await expectSeen(false);
    await admin().post('/api/v1/assignments').send({ subject: alice, role: 'reader' }).expect(201);
    await writing.arrange((unit) => unit.types.update('note', { actions: ['read'], creatorActions: [] }));
    await expectSeen(false);
    await admin()
      .patch('/api/v1/types/note')
      .send({ actions: ['read', 'view'] })
      .expect(200);
    await expectSeen(false);
  });

  it('is an object that was deleted: made again, it starts with nothing', async () => {
    await admin().post('/api/v1/grants').send({ subject: alice, permission: 'note:view', object: note }).expect(201);
    await expectSeen(true);
    await writing.arrange(async (unit) => {
      await unit.objects.delete(note);
      await unit.objects.create({ ...note, attributes: {} }, null);
    });
    await expectSeen(false);
  });

  it('is a password that was changed, and a user that was deactivated, also where the old one is remembered', async () => {
    await asked().expect(404);
    await admin().patch('/api/v1/users/alice').send({ password: 'quite another one' }).expect(200);
    await asked().expect(401);
    await asked('quite another one').expect(404);
    await admin().patch('/api/v1/users/alice').send({ active: false }).expect(200);
    await asked('quite another one').expect(401);
    await admin().patch('/api/v1/users/alice').send({ active: true }).expect(200);
    await asked('quite another one').expect(404);
    await admin().delete('/api/v1/users/alice').expect(204);
    await asked('quite another one').expect(401);
  });
});
