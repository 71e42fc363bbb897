import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { logTo } from '../../src/app/log/log.js';
import { query } from '../support/query.js';
import { rawRequest } from '../support/raw-request.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';

const SECRET = 'sEcReT-nObOdY-mAy-ReAd';
const json = { 'content-type': 'application/json' };

describe('the log of requests', () => {
  let service: TestService;
  const lines: string[] = [];
  const log = logTo({ write: (line) => void lines.push(line) }, 'debug');
  const requests = (): Record<string, unknown>[] =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === 'request');

  beforeAll(async () => {
    service = await startTestService({
      operations: { log },
      report: (error, requestId) => log.error({ request_id: requestId, error }, 'unexpected error'),
    });
    await service.addUser('alice');
    await service.arrange(async (unit) => {
      await unit.types.create({ id: 'post', actions: ['view', 'change'], creatorActions: [] });
      await unit.objects.create({ type: 'post', id: 'p1', attributes: {} }, null);
      await unit.grants.create([
        { subject: { type: 'user', id: 'alice' }, permission: 'post:view', object: { type: 'post', id: 'p1' } },
      ]);
    });
  });
  beforeEach(() => lines.splice(0));
  afterAll(() => service.stop());

  it('has one line a request: its route, who made it, and how the guard decided', async () => {
    const headers = { 'x-request-id': 'the-id-of-the-caller' };
    await rawRequest(service.app, { path: '/api/v1/objects/post/p1?a=b', as: 'alice', headers });
    await rawRequest(service.app, { path: '/api/v1/objects/post/p1', as: 'alice' });
    await service.as('alice').patch('/api/v1/objects/post/p1').send({}).expect(403);
    expect(requests()).toMatchObject([
      {
        request_id: 'the-id-of-the-caller',
        level: 'info',
        method: 'GET',
        route: '/api/v1/objects/:type/:id',
        status: 200,
      },
      {
        status: 200,
        subject: 'user:alice',
        duration_ms: expect.any(Number) as number,
        decision: { permission: 'post:view', object: 'post:p1', allowed: true, reason: 'rule_allows' },
      },
      {
        method: 'PATCH',
        status: 403,
        decision: { permission: 'post:change', object: 'post:p1', allowed: false, reason: 'no_rule_allows' },
      },
    ]);
  });

  it('names nobody, and decides nothing, where nobody signed in', async () => {
    await service.as().get('/api/v1/users').expect(401);
    const [line] = requests();
    expect(line).toMatchObject({ status: 401, subject: 'anonymous' });
    expect(line).not.toHaveProperty('decision');
  });

  it('tells of health checks at the level debug', async () => {
    await service.as().get('/health/live').expect(200);
    expect(requests()).toMatchObject([{ level: 'debug', route: '/health/live', status: 200 }]);
  });

  it('holds none of what a request brings along', async () => {
    const basic = `Basic ${Buffer.from(`alice:${SECRET}`).toString('base64')}`;
    const everywhere = { ...json, authorization: basic, cookie: `castellan.sid=${SECRET}`, 'x-api-key': SECRET };
    const body = JSON.stringify({ username: SECRET, password: SECRET, attributes: { [SECRET]: SECRET } });
    const sent = [
      { method: 'POST', path: `/api/v1/auth/login?token=${SECRET}`, headers: json, body },
      { method: 'POST', path: '/api/v1/users', headers: everywhere, body },
      { method: 'POST', path: '/api/v1/users', headers: json, as: 'admin', body: `{"${SECRET}":` },
      { method: 'PATCH', path: '/api/v1/users/alice', headers: json, as: 'admin', body },
      { path: `/${SECRET}/x?${SECRET}=${SECRET}`, headers: everywhere },
      { path: `/api/v1/objects/post/${SECRET}`, as: 'alice' },
      { path: `/api/v1/objects/post/${SECRET}`, as: 'admin' },
      { path: `/api/v1/objects/${SECRET.toLowerCase()}/p1`, as: 'admin' },
      { method: 'PATCH', path: `/api/v1/objects/${SECRET.toLowerCase()}/p1`, as: 'alice', headers: json, body: '{}' },
      { path: `/api/v1/users/%zz${SECRET}` },
      { path: '/api/v1/users', headers: { authorization: `Bearer ${SECRET}` } },
      { path: '/metrics', headers: { authorization: `Bearer castellan_${SECRET}`, 'x-forwarded-for': SECRET } },
      { path: '/api/v1/users', headers: { 'x-request-id': `${SECRET}\u00e9` } },
    ];
    for (const request of sent) await rawRequest(service.app, request);
    await rawRequest(service.app, { path: '/api/v1/users', as: 'admin' });
    const written = lines.join('');
    expect(requests().length).toBeGreaterThan(sent.length - 2);
    expect(written.toLowerCase()).not.toContain(SECRET.toLowerCase());
    for (const secret of [btoa(`alice:${SECRET}`), PASSWORD, btoa(`admin:${PASSWORD}`)])
      expect(written).not.toContain(secret);
  });

  it('tells what an unexpected error was and where, without SQL or values', async () => {
    await query(service.databaseUrl, 'ALTER TABLE castellan.memberships RENAME TO away');
    try {
      const answer = await service.as('admin').get('/api/v1/groups/anyone/members').expect(500);
      expect(answer.text).not.toMatch(/memberships| at /);
    } finally {
      await query(service.databaseUrl, 'ALTER TABLE castellan.away RENAME TO memberships');
    }
    const error = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find(({ level }) => level === 'error');
    expect(error).toMatchObject({
      msg: 'unexpected error',
      error: { stack: expect.stringMatching(/^\s+at /) as string },
    });
    expect(error?.['request_id']).toBe(requests()[0]?.['request_id']);
    expect(lines.join('')).not.toMatch(/SELECT|castellan\.memberships/);
  });

  it('is one line for each request, whatever its ids hold', async () => {
    const id = 'a "quoted"\u2028 id {"level":"error"}';
    await service.arrange((unit) => unit.groups.create({ id, description: null }));
    await service
      .as('admin')
      .get(`/api/v1/groups/${encodeURIComponent(id)}`)
      .expect(200);
    const forged = 'GET /api/v1/users HTTP/1.1\n{"level":"info","msg":"forged"}';
    await rawRequest(service.app, { path: `/api/v1/groups/${encodeURIComponent(forged)}`, as: 'admin' });
    expect(lines).toHaveLength(2);
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(requests()[0]).toMatchObject({ level: 'info', decision: { object: `group:${id}` } });
    expect(lines.join('')).not.toContain('forged');
  });
});
