import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createService } from '../../src/app/service.js';
import { Passwords } from '../../src/auth/passwords.js';
import { operator } from '../../src/core/caller.js';
import { openStore, type Store } from '../../src/store/store.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { PASSWORD } from '../support/service.js';
import { stallingWay, type StallingWay } from '../support/stalling-way.js';

// What a request may take in all, and some for a busy machine.
const BUDGET_MS = 3000 + 1500;

let database: TestDatabase;
let way: StallingWay;
let store: Store;
let app: NestFastifyApplication;
const unexpected: unknown[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  way = await stallingWay(database.databaseUrl);
  store = openStore({ url: way.databaseUrl, connections: 4 });
  app = await createService({ store, publicUrl: undefined, report: (error) => unexpected.push(error) });
  await app.listen(0, '127.0.0.1');
  const passwordHash = await new Passwords().hash(PASSWORD);
  const admin = { id: 'admin', username: 'admin', email: null, active: true, superuser: true, attributes: {} };
  await store.writes.write(operator('test', 'test'), 'structure', (unit) =>
    unit.users.create({ ...admin, passwordHash }),
  );
});
afterAll(async () => {
  await app.close();
  await store.close();
  await way.close();
  await database.drop();
  expect(unexpected).toEqual([]);
});

const http = () => supertest(app.getHttpServer());
const requests: Record<string, () => supertest.Test> = {
  'a check': () =>
    http()
      .post('/access/v1/evaluation')
      .auth('admin', PASSWORD)
      .send({
        subject: { type: 'user', id: 'admin' },
        action: { name: 'view' },
        resource: { type: 'user', id: 'admin' },
      }),
  'a list': () => http().get('/api/v1/users').auth('admin', PASSWORD),
  'a user': () => http().get('/api/v1/users/admin').auth('admin', PASSWORD),
  'a change': () =>
    http()
      .patch('/api/v1/users/admin')
      .auth('admin', PASSWORD)
      .send({ attributes: { a: 1 } }),
  'the readiness': () => http().get('/health/ready'),
};
// More of each than there are connections, so that every one of these is in use.
const all = () => Object.entries(requests).flatMap(([name, send]) => [1, 2, 3, 4].map(() => ({ name, send })));
// A busy machine may refuse one of many at once for a moment; it must not stay so.
const expectAnswers = async () => {
  for (const { name, send } of all()) await expect.poll(async () => [name, (await send()).status]).toEqual([name, 200]);
};

describe('while the database does not say a word', () => {
  it('every request is refused within its budget, and answered again when the words come through', async () => {
    await expectAnswers();
    for (let round = 0; round < 2; round += 1) {
      await Promise.all(all().map(({ send }) => send()));
      way.stall();
      const refusals = all().map(async ({ name, send }) => {
        const start = Date.now();
        const { status } = await send();
        return { name, status, inTime: Date.now() - start < BUDGET_MS };
      });
      for (const refusal of await Promise.all(refusals)) {
        expect(refusal).toEqual({ name: refusal.name, status: 503, inTime: true });
      }
      await http().get('/health/live').expect(200);
      way.flow();
      await expectAnswers();
    }
  });
});
