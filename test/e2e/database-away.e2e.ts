import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, shutDatabase } from '../support/database-away.js';
import { Requests, type SessionClient } from '../support/requests.js';
import { PASSWORD, startTestService, type Client, type TestService } from '../support/service.js';

const evaluation = {
  subject: { type: 'user', id: 'alice' },
  action: { name: 'view' },
  resource: { type: 'post', id: '1' },
};

let service: TestService;
let alice: Client;
let session: SessionClient;

beforeEach(async () => {
  service = await startTestService();
  await service.addUser('alice');
  await service.addUser('bob');
  await service.arrange(async (unit) => {
    await unit.types.create({ id: 'post', actions: ['view', 'add', 'change', 'delete'], creatorActions: [] });
    await unit.objects.create({ type: 'post', id: '1', attributes: {} }, null);
    await unit.grants.create([
      { subject: { type: 'user', id: 'alice' }, permission: 'post:view', object: { type: 'post', id: '1' } },
    ]);
  });
  alice = service.as('alice');
  session = await new Requests(service.app).client('alice', PASSWORD);
  await alice.post('/access/v1/evaluation').send(evaluation).expect(200, { decision: true });
});
afterEach(async () => {
  await openDatabase(service.databaseUrl);
  await service.stop();
});

describe('while the database is away', () => {
  it('the process is live and not ready, says why, and is ready again by itself', async () => {
    await service.as().get('/health/ready').expect(200, { status: 'ok' });
    await shutDatabase(service.databaseUrl);
    for (let round = 0; round < 3; round += 1) {
      await service.as().get('/health/live').expect(200, { status: 'ok' });
      const { body, headers } = await service.as().get('/health/ready').expect(503);
      expect(body).toMatchObject({
        status: 503,
        code: 'database_unavailable',
        detail: expect.stringMatching(/database/),
      });
      expect(headers).toMatchObject({
        'retry-after': '1',
        'content-type': 'application/problem+json; charset=utf-8',
        'cache-control': 'no-store',
      });
      await service.as().head('/health/ready').expect(503);
    }
    await openDatabase(service.databaseUrl);
    await service.as().get('/health/ready').expect(200, { status: 'ok' });
  });

  it('nothing is allowed, and nothing is denied: every question waits for another time', async () => {
    await shutDatabase(service.databaseUrl);
    const requests: [string, () => PromiseLike<{ status: number; text: string; headers: Record<string, string> }>][] = [
      ['a check', () => alice.post('/access/v1/evaluation').send(evaluation)],
      ["a superuser's check", () => service.as('admin').post('/access/v1/evaluation').send(evaluation)],
      [
        'a check by who has not signed in before',
        () => service.as('bob').post('/access/v1/evaluation').send(evaluation),
      ],
      ['a wrong password', () => service.as().get('/api/v1/auth/me').auth('alice', 'wrong')],
      ['a list', () => alice.get('/api/v1/objects/post')],
      ['an object', () => alice.get('/api/v1/objects/post/1')],
      ['nobody', () => service.as().get('/api/v1/objects/post/1')],
      [
        'a change',
        () =>
          service
            .as('admin')
            .patch('/api/v1/objects/post/1')
            .send({ attributes: { a: 1 } }),
      ],
      ['a new user', () => service.as('admin').post('/api/v1/users').send({ username: 'new', password: PASSWORD })],
      ['a sign-in', () => service.as().post('/api/v1/auth/login').send({ username: 'alice', password: PASSWORD })],
    ];
    for (const [name, send] of requests) {
      const { status, text, headers } = await send();
      expect([name, status], text).toEqual([name, 503]);
      expect(JSON.parse(text)).toMatchObject({ code: 'database_unavailable' });
      expect(headers['retry-after']).toBe('1');
      expect(text).not.toMatch(/decision|postgres|connection|test_|ECONN|127\.0\.0\.1/i);
    }
    await openDatabase(service.databaseUrl);
    await alice.post('/access/v1/evaluation').send(evaluation).expect(200, { decision: true });
    expect((await alice.get('/api/v1/objects/post/1').expect(200)).body.attributes).toEqual({});
    await service.as('admin').get('/api/v1/users/new').expect(404);
  });

  it('nobody is signed out: a session goes on where it was', async () => {
    await shutDatabase(service.databaseUrl);
    const answer = await session.send('GET', '/api/v1/auth/me');
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'database_unavailable']);
    expect(answer.headers['set-cookie']).toBeUndefined();
    await openDatabase(service.databaseUrl);
    expect((await session.send('GET', '/api/v1/auth/me')).statusCode).toBe(200);
  });

  it('many questions at the same moment are refused one by one, and answered again after', async () => {
    const ask = () => alice.post('/access/v1/evaluation').send(evaluation);
    await shutDatabase(service.databaseUrl);
    const refused = await Promise.all(Array.from({ length: 60 }, ask));
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
    await openDatabase(service.databaseUrl);
    const answered = await Promise.all(Array.from({ length: 60 }, ask));
    expect(new Set(answered.map(({ status, body }) => `${status} ${body.decision}`))).toEqual(new Set(['200 true']));
  });

  it('a change that was under way is done whole or not at all', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `g${n}`);
    const making = names.map((id) => service.as('admin').post('/api/v1/groups').send({ id }));
    const answers = Promise.all(making.map((request) => request.then(({ status }) => status)));
    await shutDatabase(service.databaseUrl);
    const statuses = await answers;
    await openDatabase(service.databaseUrl);
    for (const [index, status] of statuses.entries()) {
      expect([201, 503]).toContain(status);
      const { status: found } = await service.as('admin').get(`/api/v1/groups/${names[index]}`);
      // An answer that is lost on its way back may stand for a change that was made; one that came is kept.
      if (status === 201) expect(found).toBe(200);
      else expect([200, 404]).toContain(found);
    }
  });
});
