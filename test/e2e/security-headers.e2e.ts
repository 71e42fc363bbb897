import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AddressInfo } from 'node:net';
import { openDatabase, shutDatabase } from '../support/database-away.js';
import { query } from '../support/query.js';
import { rawRequest, type RawRequest } from '../support/raw-request.js';
import { rawSocket } from '../support/raw-socket.js';
import { startTestService, type TestService } from '../support/service.js';

const json = { 'content-type': 'application/json' };
const SAFE = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
const HSTS = 'max-age=31536000; includeSubDomains';

const ANSWERS: Readonly<Record<string, readonly [number, RawRequest]>> = {
  'what was asked for': [200, { path: '/api/v1/users', as: 'admin' }],
  'nothing to say': [204, { method: 'PUT', path: '/api/v1/groups/staff/members/user/admin', as: 'admin' }],
  'a route that is public': [200, { path: '/health/live' }],
  'the figures': [200, { path: '/metrics', as: 'admin' }],
  'a body that is no JSON': [400, { method: 'POST', path: '/api/v1/users', as: 'admin', headers: json, body: '{' }],
  'a path that can not be decoded': [400, { path: '/api/v1/users/%zz' }],
  'nobody signed in': [401, { path: '/api/v1/users' }],
  'a wrong password': [401, { path: '/api/v1/users', headers: { authorization: `Basic ${btoa('nobody:nothing')}` } }],
  'another site': [403, { method: 'POST', path: '/api/v1/auth/login', headers: { 'sec-fetch-site': 'cross-site' } }],
  'nothing there': [404, { path: '/api/v1/users/none', as: 'admin' }],
  'no route there': [404, { path: '/nowhere', as: 'admin' }],
  'a method that no route has': [404, { method: 'TRACE', path: '/api/v1/users', as: 'admin' }],
  'a body that is too large': [
    413,
    { method: 'POST', path: '/api/v1/users', as: 'admin', headers: json, body: `{"a":"${'x'.repeat(70_000)}"}` },
  ],
  'a body of another type': [
    415,
    { method: 'POST', path: '/api/v1/users', as: 'admin', headers: { 'content-type': 'text/plain' }, body: 'x' },
  ],
  'a body that does not fit': [422, { method: 'POST', path: '/api/v1/users', as: 'admin', headers: json, body: '{}' }],
};

describe.each([
  ['plain HTTP', undefined],
  ['HTTPS', new URL('https://castellan.example')],
])('the headers of an answer by %s', (_, publicUrl) => {
  let service: TestService;
  const expectSafe = (headers: Readonly<Record<string, unknown>>): void => {
    expect(headers).toMatchObject({ ...SAFE, 'x-request-id': expect.any(String) as string });
    expect(headers['strict-transport-security']).toBe(publicUrl ? HSTS : undefined);
    for (const told of ['x-powered-by', 'server', 'access-control-allow-origin'])
      expect(headers).not.toHaveProperty(told);
  };

  beforeAll(async () => {
    service = await startTestService({ publicUrl });
    await service.arrange((unit) => unit.groups.create({ id: 'staff', description: null }));
  });
  afterAll(() => service.stop());

  it.each(Object.entries(ANSWERS))('are safe with %s', async (_name, [status, request]) => {
    const answer = await rawRequest(service.app, request);
    expect(answer.status).toBe(status);
    expectSafe(answer.headers);
  });

  it('are safe with a fault of the service', async () => {
    await query(service.databaseUrl, 'ALTER TABLE castellan.memberships RENAME TO away');
    try {
      const answer = await rawRequest(service.app, { path: '/api/v1/groups/staff/members', as: 'admin' });
      expect(answer.status).toBe(500);
      expectSafe(answer.headers);
    } finally {
      await query(service.databaseUrl, 'ALTER TABLE castellan.away RENAME TO memberships');
      service.unexpected.length = 0;
    }
  });

  it('are safe while the database is away', async () => {
    await shutDatabase(service.databaseUrl);
    try {
      const answer = await rawRequest(service.app, { path: '/health/ready' });
      expect(answer.status).toBe(503);
      expectSafe(answer.headers);
    } finally {
      await openDatabase(service.databaseUrl);
    }
  });

  it.each([
    ['no HTTP', 'what is this\r\n\r\n', 400],
    ['headers that are too large', `GET / HTTP/1.1\r\nHost: a\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`, 413],
  ])('are safe with what is %s', async (_name, text, status) => {
    const socket = await rawSocket(`http://127.0.0.1:${(service.app.getHttpServer().address() as AddressInfo).port}`);
    socket.write(text);
    await socket.ended;
    const [head = ''] = socket.received().split('\r\n\r\n');
    const [line, ...headers] = head.split('\r\n');
    expect(line).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const named = Object.fromEntries(headers.map((header) => header.split(': ') as [string, string]));
    expect(named).toMatchObject(SAFE);
    expect(named['strict-transport-security']).toBe(publicUrl ? HSTS : undefined);
  });
});
