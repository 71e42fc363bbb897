import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, shutDatabase } from '../support/database-away.js';
import { rawRequest } from '../support/raw-request.js';
import { startTestService, type TestService } from '../support/service.js';

const TOKEN = 'a-token-for-prometheus';

describe('the metrics', () => {
  let service: TestService;
  const metrics = async (): Promise<string> => (await service.as('admin').get('/metrics').expect(200)).text;
  const withToken = (authorization = `Bearer ${TOKEN}`) =>
    rawRequest(service.app, { path: '/metrics', headers: { authorization } });
  const valueOf = (text: string, series: string): number => {
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return line === undefined ? Number.NaN : Number(line.slice(series.length + 1));
  };

  beforeAll(async () => {
    service = await startTestService({ operations: { metricsToken: TOKEN } });
    await service.addUser('alice');
    await service.addUser('auditor');
    await service.arrange(async (unit) => {
      await unit.types.create({ id: 'post', actions: ['view', 'change'], creatorActions: [] });
      await unit.objects.create({ type: 'post', id: 'a-post', attributes: {} }, null);
      await unit.grants.create([
        { subject: { type: 'user', id: 'alice' }, permission: 'post:view', object: { type: 'post', id: 'a-post' } },
        { subject: { type: 'user', id: 'auditor' }, permission: 'audit:view', object: null },
      ]);
    });
  });
  afterAll(() => service.stop());

  it('are for who may view the audit trail, and for nobody else', async () => {
    await service.as().get('/metrics').expect(401);
    await service.as('alice').get('/metrics').expect(403);
    const answer = await service.as('auditor').get('/metrics').expect(200);
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('are for who has the token of the settings, also while the database is away', async () => {
    expect((await withToken()).status).toBe(200);
    for (const wrong of [`Bearer ${TOKEN}x`, 'Bearer ', `Basic ${TOKEN}`, TOKEN, `Bearer ${TOKEN.slice(1)}`])
      expect((await withToken(wrong)).status, wrong).toBe(401);
    await shutDatabase(service.databaseUrl);
    try {
      const answer = await withToken();
      expect(answer.status).toBe(200);
      expect(answer.text).not.toMatch(/^castellan_sessions_open /m);
      expect((await service.as('admin').get('/metrics')).status).toBe(503);
    } finally {
      await openDatabase(service.databaseUrl);
    }
  });

  it('open nothing but the figures to who has the token', async () => {
    const answer = await rawRequest(service.app, {
      path: '/api/v1/users',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(answer).toMatchObject({ status: 401, json: { code: 'invalid_token' } });
  });

  it('count decisions by type, action and verdict', async () => {
    const before = await metrics();
    await service.as('alice').get('/api/v1/objects/post/a-post').expect(200);
    await service.as('alice').get('/api/v1/objects/post/none').expect(404);
    await service.as('alice').patch('/api/v1/objects/post/a-post').send({}).expect(403);
    const after = await metrics();
    const counted = (action: string, verdict: string): number => {
      const series = `castellan_decisions_total{type="post",action="${action}",verdict="${verdict}"}`;
      return valueOf(after, series) - (valueOf(before, series) || 0);
    };
    expect([counted('view', 'allow'), counted('view', 'deny'), counted('change', 'deny')]).toEqual([1, 1, 1]);
    expect(valueOf(after, 'castellan_decision_duration_seconds_count')).toBeGreaterThanOrEqual(3);
  });

  it('name no type, action, object or subject that somebody made up, and none that is there', async () => {
    const question = (subject: string, action: string, type: string) => ({
      subject: { type: 'user', id: subject },
      action: { name: action },
      resource: { type, id: 'made-up-object' },
    });
    for (const user of ['admin', 'alice']) {
      const questions = [question(user, 'made-up-action', 'post'), question(user, 'view', 'made-up-type')];
      for (const body of questions) await service.as(user).post('/access/v1/evaluation').send(body).expect(200);
    }
    await service.as('admin').get('/made-up-path').expect(404);
    const text = await metrics();
    expect(text).not.toMatch(/made-up|alice|auditor|a-post/);
    expect(valueOf(text, 'castellan_decisions_total{type="unknown",action="unknown",verdict="deny"}')).toBeGreaterThan(
      1,
    );
  });

  it('measure requests by the pattern of their route, and tell what waits for what', async () => {
    await service.as('alice').get('/api/v1/objects/post/a-post').expect(200);
    const text = await metrics();
    const route = 'method="GET",route="/api/v1/objects/:type/:id",status="200"';
    const count = valueOf(text, `castellan_http_request_duration_seconds_count{${route}}`);
    expect(count).toBeGreaterThan(0);
    expect(valueOf(text, `castellan_http_request_duration_seconds_bucket{${route},le="+Inf"}`)).toBe(count);
    expect(valueOf(text, 'castellan_http_requests_under_way')).toBe(1);
    for (const pool of ['decisions', 'writes'])
      expect(valueOf(text, `castellan_pool_connections{pool="${pool}",state="waiting"}`)).toBe(0);
    for (const asks of ['decisions', 'credentials', 'tokens'])
      expect(valueOf(text, `castellan_shared_statement_questions_waiting{asks="${asks}"}`)).toBe(0);
    expect(valueOf(text, 'castellan_password_hashes{state="running"}')).toBe(0);
    expect(valueOf(text, 'castellan_password_hashes_refused_total')).toBe(0);
    expect(valueOf(text, 'nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
    expect(valueOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  it('count the sessions that are open', async () => {
    const before = valueOf(await metrics(), 'castellan_sessions_open');
    const body = { username: 'alice', password: 'correct horse battery' };
    await service.as().post('/api/v1/auth/login').send(body).expect(200);
    expect(valueOf(await metrics(), 'castellan_sessions_open')).toBe(before + 1);
  });
});
