import { setTimeout as pause } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { logTo } from '../../src/app/log/log.js';
import { HALF_A_SIGN_IN, OTHER_HALF, rawSocket, type RawSocket } from '../support/raw-socket.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';

const AT_ONCE = 3;
const LARGE = { attributes: { text: 'x'.repeat(60_000) } };

describe('a service under more load than it takes', () => {
  let service: TestService;
  let address: string;
  const sockets: RawSocket[] = [];
  const connect = async (): Promise<RawSocket> => {
    const made = await rawSocket(address);
    sockets.push(made);
    return made;
  };
  const underWay = async (): Promise<number> => {
    const { text } = await service.as('admin').get('/metrics').expect(200);
    return Number(/^castellan_http_requests_under_way (\d+)$/m.exec(text)?.[1]);
  };
  const until = async (condition: () => Promise<boolean>): Promise<void> => {
    while (!(await condition())) await pause(20);
  };

  beforeAll(async () => {
    service = await startTestService({
      operations: {
        limits: { atOnce: AT_ONCE, budget: 1500 },
      },
    });
    address = `http://127.0.0.1:${(service.app.getHttpServer().address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    for (const { socket } of sockets.splice(0)) socket.destroy();
    await until(async () => (await underWay()) === 1);
  });
  afterAll(() => service.stop());

  it('refuses what is too much at once, with 503 and Retry-After, and takes it again afterwards', async () => {
    const held = await Promise.all(Array.from({ length: AT_ONCE }, connect));
    for (const { write } of held) write(HALF_A_SIGN_IN);
    await until(async () => (await underWay()) === AT_ONCE + 1);
    const refused = await service.as('admin').get('/api/v1/users').set('x-request-id', 'mine');
    expect(refused.status).toBe(503);
    expect(refused.headers).toMatchObject({
      'retry-after': '1',
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'mine',
    });
    expect(refused.body).toMatchObject({ code: 'overloaded', status: 503 });
    const head = await service.as('admin').head('/api/v1/users').expect(503);
    expect(head.text ?? '').toBe('');
    await service.as().get('/health/live').expect(200);
    await service.as().get('/health/ready').expect(200);
    for (const { write } of held) write(OTHER_HALF);
    for (const { until: untilSocket } of held) expect(await untilSocket(/\r\n\r\n\{/)).toMatch(/^HTTP\/1.1 4\d\d /);
    await service.as('admin').get('/api/v1/users').expect(200);
    const { text } = await service.as('admin').get('/metrics').expect(200);
    expect(text).toMatch(/^castellan_http_requests_refused_total\{why="overloaded"\} 2$/m);
  });

  it('gives a place back when a client goes away in the middle of its request', async () => {
    const held = await Promise.all(Array.from({ length: AT_ONCE }, connect));
    for (const { write } of held) write(HALF_A_SIGN_IN);
    await until(async () => (await underWay()) === AT_ONCE + 1);
    for (const { socket } of held) socket.destroy();
    await until(async () => (await underWay()) === 1);
    await service.as('admin').get('/api/v1/users').expect(200);
  });

  it('answers a read that takes too long with 503, and lets a write go on to its end', async () => {
    const client = new pg.Client(service.databaseUrl);
    await client.connect();
    try {
      await client.query('BEGIN; LOCK TABLE castellan.types IN ACCESS EXCLUSIVE MODE');
      const writing = service
        .as('admin')
        .post('/api/v1/types')
        .send({ id: 'later' })
        .then(({ status }) => status);
      const reading = await service.as('admin').get('/api/v1/types');
      expect([reading.status, reading.body.code, reading.headers['retry-after']]).toEqual([503, 'overloaded', '1']);
      await client.query('COMMIT');
      expect(await writing).toBe(201);
    } finally {
      await client.end();
    }
    await service.as('admin').get('/api/v1/types/later').expect(200);
  });
});

describe('a client that sends a byte now and then', () => {
  let service: TestService;
  let address: string;

  beforeAll(async () => {
    service = await startTestService();
    address = `http://127.0.0.1:${(service.app.getHttpServer().address() as AddressInfo).port}`;
  });
  afterAll(() => service.stop());

  it('holds nobody up, and is cut off', async () => {
    const slow = await Promise.all([rawSocket(address), rawSocket(address)]);
    const [inHeaders, inBody] = slow;
    inHeaders?.write('GET /api/v1/users HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
    inBody?.write(HALF_A_SIGN_IN.replace('Content-Length: 2', 'Content-Length: 1000'));
    const dripping = setInterval(() => slow.forEach(({ write }) => write('x')), 500);
    try {
      await service.as('admin').get('/api/v1/users').expect(200);
      for (const { ended, received } of slow) {
        await ended;
        expect(received()).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[\s\S]*"code":"malformed_request"/);
      }
      await service.as('admin').get('/api/v1/users').expect(200);
    } finally {
      clearInterval(dripping);
    }
  });
});

describe('a client that does not take its answer', () => {
  let service: TestService;
  const lines: string[] = [];

  beforeAll(async () => {
    service = await startTestService({
      operations: {
        limits: { budget: 30_000, taking: 300 },
        log: logTo({ write: (line) => void lines.push(line) }, 'info'),
      },
    });
    await service.arrange(async (unit) => {
      await unit.types.create({ id: 'page', actions: ['view'], creatorActions: [] });
      // More than the sockets of both sides hold.
      for (let n = 0; n < 120; n += 1) await unit.objects.create({ type: 'page', id: `p${n}`, ...LARGE }, null);
    });
  });
  afterAll(() => service.stop());

  it('holds nobody up, and is cut off', async () => {
    const slow = await rawSocket(`http://127.0.0.1:${(service.app.getHttpServer().address() as AddressInfo).port}`);
    slow.socket.pause();
    const basic = btoa(`admin:${PASSWORD}`);
    slow.write(`GET /api/v1/objects/page?limit=120 HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ${basic}\r\n\r\n`);
    await service.as('admin').get('/api/v1/users').expect(200);
    const isAborted = (line: string): boolean => line.includes('"aborted":true');
    while (!lines.some(isAborted)) await pause(20);
    const line = JSON.parse(lines.find(isAborted) ?? '') as object;
    expect(line).toMatchObject({ route: '/api/v1/objects/:type', status: 200, subject: 'user:admin' });
    slow.socket.destroy();
  });
});
