import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../support/query.js';
import { rawRequest } from '../support/raw-request.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

describe('the id of a request', () => {
  it.each(['a', 'A-1_2.3:4', 'x'.repeat(128)])('is the one that the caller gave: %s', async (id) => {
    const request = {
      method: 'POST',
      path: '/api/v1/groups',
      as: 'admin',
      body: JSON.stringify({ id: `of-${id.length}` }),
    };
    const headers = { 'content-type': 'application/json', 'x-request-id': id };
    expect((await rawRequest(service.app, { ...request, headers })).headers['x-request-id']).toBe(id);
    const [row] = await query(service.databaseUrl, 'SELECT request_id FROM castellan.changes ORDER BY id DESC LIMIT 1');
    expect(row).toEqual({ request_id: id });
  });

  it.each(['', ' ', 'a b', '<script>', 'a\tb', 'é', "a'; --", 'x'.repeat(129), 'a, b'])(
    'is a new one where what the caller gave could do harm: %j',
    async (id) => {
      const headers = { 'x-request-id': id };
      const answers = [1, 2].map(() => rawRequest(service.app, { path: '/health/live', headers }));
      const [one, two] = (await Promise.all(answers)).map((answer) => answer.headers['x-request-id']);
      expect(one).toMatch(/^[\da-f-]{36}$/);
      expect(one).not.toBe(two);
    },
  );

  it.each(['a b', '<script>', 'a, b', 'x'.repeat(500)])(
    'is given back by AuthZEN as it came, and by no other route: %j',
    async (id) => {
      const headers = { 'content-type': 'application/json', 'x-request-id': id };
      const asked = { method: 'POST', path: '/access/v1/evaluation', as: 'admin', headers, body: '{}' };
      expect((await rawRequest(service.app, asked)).headers['x-request-id']).toBe(id);
      const written = { ...asked, path: '/api/v1/groups', body: JSON.stringify({ id: `by-${id.length}` }) };
      const { status, headers: answered } = await rawRequest(service.app, written);
      expect([status, answered['x-request-id']]).toEqual([201, expect.stringMatching(/^[\da-f-]{36}$/)]);
    },
  );
});
