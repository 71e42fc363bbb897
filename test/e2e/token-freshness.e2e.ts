import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TokensService } from '../../src/api/users/tokens.service.js';
import { newTokenSecret } from '../../src/auth/token-secret.js';
import { DECISION_PLANS } from '../../src/store/connections.js';
import { HOLDER_OF_ONE, HOLDERS_OF_MANY } from '../../src/store/token-store.js';
import { query } from '../support/query.js';
import type { TestService } from '../support/service.js';
import { startTwoProcesses, type TwoProcesses } from '../support/two-processes.js';

const me = '/api/v1/auth/me';

// Both processes have signed the user in by the token; the change is made in the first.
describe('a token, in every process', () => {
  let processes: TwoProcesses;
  let service: TestService;
  let other: NestFastifyApplication;
  let name: string;
  let id: string;
  let token: string;
  let made = 0;

  beforeAll(async () => {
    processes = await startTwoProcesses();
    ({ service, other } = processes);
  });
  afterAll(() => processes.stop());
  beforeEach(async () => {
    name = `user-${(made += 1)}`;
    await service.addUser(name);
    ({ id, token } = await newToken());
    await expectSignIn(200);
  });
  afterEach(() => vi.useRealTimers());

  const newToken = async (body: object = {}): Promise<{ id: string; token: string }> => {
    const answer = await service
      .as(name)
      .post(`/api/v1/users/${name}/tokens`)
      .send({ name: 'script', ...body })
      .expect(201);
    return answer.body;
  };
  const expectSignIn = async (status: number, by = token): Promise<void> => {
    for (const app of [service.app, other])
      await supertest(app.getHttpServer()).get(me).set('authorization', `Bearer ${by}`).expect(status);
  };
  const change = (body: object) => service.as('admin').patch(`/api/v1/users/${name}`).send(body).expect(200);
  const expiring = (when: string) =>
    query(service.databaseUrl, `UPDATE castellan.tokens SET expires_at = ${when} WHERE id = '${id}'`);

  it('ends when it is deleted, and no other one does', async () => {
    const kept = await newToken();
    await service.as(name).delete(`/api/v1/users/${name}/tokens/${id}`).expect(204);
    await expectSignIn(401);
    await expectSignIn(200, kept.token);
  });

  it('ends with deactivation, and counts again when its user does', async () => {
    await change({ active: false });
    await expectSignIn(401);
    await change({ active: true });
    await expectSignIn(200);
  });

  it('ends with its user, also when one of the same id is made', async () => {
    await service.as('admin').delete(`/api/v1/users/${name}`).expect(204);
    await expectSignIn(401);
    await service.addUser(name);
    await expectSignIn(401);
    expect((await service.as(name).get(`/api/v1/users/${name}/tokens`)).body.items).toEqual([]);
  });

  it('stays with a new password and a new username', async () => {
    await change({ password: 'quite another one', username: `${name}-renamed` });
    await expectSignIn(200);
  });

  it('ends at its expiry by the clock of the database, whatever that of the process says', async () => {
    await expiring("now() + interval '1 hour'");
    await expectSignIn(200);
    await expiring('now()');
    await expectSignIn(401);
    await expiring("now() + interval '1 hour'");
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2500-01-01T00:00:00Z') });
    await expectSignIn(200);
    vi.setSystemTime(new Date('2001-01-01T00:00:00Z'));
    await expiring('now()');
    await expectSignIn(401);
  });

  it('of which many come at once is each answered for itself', async () => {
    const others = await Promise.all(Array.from({ length: 5 }, (_, n) => newToken({ name: `${n}` })));
    await service.as(name).delete(`/api/v1/users/${name}/tokens/${others[2]?.id}`).expect(204);
    const unknown = newTokenSecret().token;
    const sent = Array.from({ length: 120 }, (_, n) => (n % 6 === 5 ? unknown : (others[n % 6]?.token ?? '')));
    const answers = await Promise.all(
      sent.map((by) => service.app.inject({ url: me, headers: { authorization: `Bearer ${by}` } })),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(
      sent.map((_, n) => (n % 6 === 5 || n % 6 === 2 ? 401 : 200)),
    );
  });

  it('is not made for a user who was deactivated between the sign-in and the write', async () => {
    await change({ active: false });
    const subject = { type: 'user', id: name };
    const author = { subject, operator: false, requestId: 'late' };
    const late = service.app
      .get(TokensService, { strict: false })
      .create({ subject, signedIn: true }, author, name, { name: 'late' });
    await expect(late).rejects.toMatchObject({ code: 'not_authenticated' });
  });

  it.each([
    [HOLDER_OF_ONE, "'hash'"],
    [HOLDERS_OF_MANY, "ARRAY['one', 'other']"],
  ])('is found by an index, alone and among others: $name', async ({ text }, value) => {
    const settings = DECISION_PLANS.map((setting) => `SET ${setting}`).join('; ');
    const plan = await query(
      service.databaseUrl,
      `${settings}; PREPARE asked AS ${text}; EXPLAIN EXECUTE asked(${value})`,
    );
    const lines = plan.map((line) => String(line['QUERY PLAN'])).join('\n');
    expect(lines).toMatch(/Index Scan (using|on) tokens_hash_key/);
    expect(lines).not.toContain('Seq Scan');
  });
});
