import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createService } from '../../src/app/service.js';
import { openStore, type Store } from '../../src/store/store.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';

const post = (id: string) => ({ type: 'post', id });

// Whatever held one connection and waited for a second would wait for good, once as many did as there are connections.
describe('a service with one connection for each purpose', () => {
  let arranged: TestService;
  let store: Store;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    arranged = await startTestService();
    await arranged.arrange(async (unit) => {
      await unit.types.create({ id: 'post', actions: ['view', 'add', 'grant'], creatorActions: ['view'] });
      for (const id of ['1', '2']) await unit.objects.create({ ...post(id), attributes: {} }, null);
    });
    const patience = {
      acquireTimeout: 20_000,
      statementTimeout: 20_000,
      lockTimeout: 20_000,
      transactionTimeout: 40_000,
    };
    store = openStore({ url: arranged.databaseUrl, connections: 1, decisionConnections: 1, ...patience });
    app = await createService({ store, publicUrl: undefined, report: (error) => arranged.unexpected.push(error) });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(async () => {
    await app.close();
    await store.close();
    await arranged.stop();
  });

  it('answers many requests of every kind at once', async () => {
    const admin = supertest.agent(app.getHttpServer()).auth('admin', PASSWORD);
    const subject = { type: 'user', id: 'admin' };
    const question = { subject, action: { name: 'view' }, resource: post('1') };
    const grant = (n: number) => ({ subject, permission: 'post:view', object: post(n % 2 === 0 ? '1' : '2') });
    const kinds: ((n: number) => supertest.Test)[] = [
      () => admin.post('/access/v1/evaluation').send(question),
      () => admin.post('/access/v1/evaluations').send({ ...question, evaluations: [{}, { resource: post('2') }] }),
      () => admin.post('/access/v1/search/resource').send({ ...question, resource: { type: 'post' } }),
      () => admin.post('/access/v1/search/subject').send({ ...question, subject: { type: 'user' } }),
      () => admin.post('/access/v1/search/action').send({ subject, resource: post('1') }),
      () => admin.post('/api/v1/access/explain').send({ subject, permission: 'post:view', object: post('1') }),
      () => admin.get('/api/v1/objects/post?total=true'),
      () => admin.get('/api/v1/users'),
      () => admin.get('/api/v1/grants'),
      () => admin.get('/api/v1/changes'),
      () => admin.get('/api/v1/auth/sessions'),
      (n) => admin.post('/api/v1/grants').send(grant(n)),
      (n) => admin.post('/api/v1/groups').send({ id: `g${n}` }),
      (n) => admin.post('/api/v1/objects/post').send({ id: `p${n}`, attributes: {} }),
      () => supertest(app.getHttpServer()).post('/api/v1/auth/login').send({ username: 'admin', password: PASSWORD }),
    ];
    await admin.get('/api/v1/auth/me').expect(200);
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, round) =>
        kinds.map(async (send, kind) => [kind, (await send(round)).status]),
      ).flat(),
    );
    expect(answers.filter(([, status]) => status !== 200 && status !== 201)).toEqual([]);
  }, 60_000);
});
