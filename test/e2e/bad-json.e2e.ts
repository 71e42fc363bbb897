import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf } from '../support/contents.js';
import { expectProblem, type Refusal } from '../support/problem.js';
import { rawRequest } from '../support/raw-request.js';
import { arrangeForBodies, BODY_ROUTES, type BodyRoute } from '../support/request-bodies.js';
import { startTestService, type TestService } from '../support/service.js';

// No refusal may hold it: what a body says is not for an answer, a log or a proxy's error page.
const SECRET = 'hunter2-of-the-body';
const KIB = 1024;
const json = { 'content-type': 'application/json' };
const bytes = (...parts: (string | number)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));

// AuthZEN knows no 415.
const notJson = ({ authzen }: BodyRoute): Refusal => ({
  code: authzen ? 'malformed_request' : 'unsupported_media_type',
});

const MALFORMED: Readonly<Record<string, string | Buffer>> = {
  'an object that does not end': `{"id":"${SECRET}"`,
  'a string that does not end': `{"id":"${SECRET}`,
  'a string that ends in a backslash': `{"id":"${SECRET}\\`,
  'a comma too many': `{"id":"${SECRET}",}`,
  'single quotes': `{'id':'${SECRET}'}`,
  'a comment': `{"id":"${SECRET}"/* */}`,
  'two values': `{"id":"${SECRET}"}{}`,
  NaN: `{"id":NaN,"other":"${SECRET}"}`,
  'a form': `id=${SECRET}`,
  'white space alone': '   ',
  'a byte order mark': `\u{feff}{"id":"${SECRET}"}`,
  'a raw line feed in a string': `{"id":"${SECRET}\n"}`,
  'a raw NUL in a string': `{"id":"${SECRET}\u0000"}`,
  'an escaped NUL': `{"id":"${SECRET}\\u0000"}`,
  'an escaped NUL in a name': `{"${SECRET}\\u0000":1}`,
  'half a surrogate pair': `{"id":"${SECRET}\\ud800"}`,
  'the other half of a surrogate pair': `{"id":"${SECRET}\\udc00x"}`,
  'half a surrogate pair in a name': `{"attributes":{"${SECRET}\\ud800":1}}`,
  'bytes that are no UTF-8': bytes(`{"id":"${SECRET}`, 0xff, '"}'),
  'half a character': bytes(`{"id":"${SECRET}`, 0xc3, '"}'),
  'an overlong character': bytes(`{"id":"${SECRET}`, 0xc0, 0xaf, '"}'),
  'a surrogate as UTF-8': bytes(`{"id":"${SECRET}`, 0xed, 0xa0, 0x80, '"}'),
  'UTF-16': Buffer.from(`{"id":"${SECRET}"}`, 'utf16le'),
  'UTF-16 with a byte order mark': Buffer.from(`\u{feff}{"id":"${SECRET}"}`, 'utf16le'),
  gzip: bytes(0x1f, 0x8b, 0x08, 0x00, 'xxxx'),
  'a name twice': `{"id":"a","id":"${SECRET}"}`,
  'a name twice, once escaped': `{"id":"a","\\u0069d":"${SECRET}"}`,
  'a name twice inside': `{"attributes":{"a":{"b":1,"c":[{"d":"${SECRET}"}],"b":2}}}`,
  'a name twice in an element': `{"grants":[{},{"permission":"a:b","permission":"${SECRET}"}]}`,
  __proto__: `{"__proto__":{"superuser":true},"id":"${SECRET}"}`,
  'an escaped __proto__': `{"\\u005f_proto__":{"superuser":true},"id":"${SECRET}"}`,
  '__proto__ inside': `{"attributes":{"a":[{"__proto__":"${SECRET}"}]}}`,
  'objects 17 deep': `${'{"a":'.repeat(17)}"${SECRET}"${'}'.repeat(17)}`,
  'arrays 17 deep': `${'['.repeat(17)}"${SECRET}"${']'.repeat(17)}`,
  'arrays 60,000 deep': '['.repeat(60_000),
  'objects 10,000 deep': '{"a":'.repeat(10_000),
  '60,000 closing brackets': ']'.repeat(60_000),
  'a million backslashes, in part': `"${'\\'.repeat(60_000)}`,
};

describe('a body that is no JSON, or JSON that readers disagree on', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
    await arrangeForBodies(service);
  });
  afterAll(() => service.stop());

  const expectRefusals = async (
    body: string | Buffer,
    headers: Record<string, string>,
    refusalBy: (route: BodyRoute) => Refusal,
  ) => {
    const before = await contentsOf(service.databaseUrl);
    for (const route of BODY_ROUTES) {
      const { method, path } = route;
      const answer = await rawRequest(service.app, { method, path, as: 'admin', headers, body });
      expectProblem(answer, refusalBy(route), `${method} ${path}`);
      expect(answer.text).not.toContain(SECRET);
    }
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  };

  it.each(Object.entries(MALFORMED))('is refused by every route: %s', async (_, body) => {
    await expectRefusals(body, json, () => ({ code: 'malformed_request', path: 'body' }));
  });

  it.each([
    ['none', {}],
    ['text', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a form of parts', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['XML', { 'content-type': 'application/xml' }],
    ['JSON by another name', { 'content-type': 'text/json' }],
    ['nearly JSON', { 'content-type': 'application/jsonp' }],
    ['JSON behind a comma', { 'content-type': 'text/plain, application/json' }],
    ['no type at all', { 'content-type': 'x' }],
  ])('is refused by every route when its type is %s', async (_, headers) => {
    await expectRefusals(`{"id":"${SECRET}"}`, headers, notJson);
  });

  it.each(['gzip', 'deflate', 'br', 'identity, gzip'])('is refused by every route when it is %s', async (encoding) => {
    await expectRefusals(`{"id":"${SECRET}"}`, { ...json, 'content-encoding': encoding }, notJson);
  });

  it.each(['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/merge-patch+json'])(
    'is taken as %s',
    async (type) => {
      const headers = { 'content-type': type };
      const request = { method: 'PATCH', path: '/api/v1/groups/staff', as: 'admin', headers, body: '{}' };
      await expect(rawRequest(service.app, request)).resolves.toMatchObject({ status: 200 });
    },
  );

  it('is refused when its length is said in two ways', async () => {
    const headers = { ...json, 'transfer-encoding': 'chunked', 'content-length': '2' };
    const answer = await rawRequest(service.app, { method: 'POST', path: '/api/v1/groups', headers, body: '{}' });
    expectProblem(answer, { code: 'malformed_request' });
  });

  it('may nest 16 deep', async () => {
    const body = `{"attributes":${'{"a":'.repeat(14)}[]${'}'.repeat(14)}}`;
    const request = { method: 'PATCH', path: '/api/v1/objects/post/1', as: 'admin', headers: json, body };
    await expect(rawRequest(service.app, request)).resolves.toMatchObject({ status: 200 });
  });

  it('is refused in the same way from nobody', async () => {
    const before = await contentsOf(service.databaseUrl);
    for (const { method, path } of BODY_ROUTES) {
      for (const body of ['{', '{"__proto__":1}', '['.repeat(60_000)]) {
        const answer = await rawRequest(service.app, { method, path, headers: json, body });
        expectProblem(answer, { code: 'malformed_request', path: 'body' });
      }
    }
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it('needs no body where nothing is said in one', async () => {
    const path = '/api/v1/groups/staff/members/user/bob';
    for (const headers of [{}, json]) {
      const put = await rawRequest(service.app, { method: 'PUT', path, as: 'admin', headers });
      expect([put.status, put.text]).toEqual([204, '']);
      const taken = await rawRequest(service.app, { method: 'DELETE', path, as: 'admin', headers });
      expect([taken.status, taken.text]).toEqual([204, '']);
    }
  });
});

describe('the size of a body', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
    await arrangeForBodies(service);
  });
  afterAll(() => service.stop());

  const padded = (text: string, size: number): string => text + ' '.repeat(size - text.length);
  const send = (route: { method: string; path: string; body: object }, size: number) =>
    rawRequest(service.app, { ...route, as: 'admin', headers: json, body: padded(JSON.stringify(route.body), size) });

  it.each(BODY_ROUTES)('is at most 64 KiB, and 1 MiB for a batch: $method $path', async (route) => {
    const limit = (/\/(batch|evaluations)$/.test(route.path) ? 1024 : 64) * KIB;
    const before = await contentsOf(service.databaseUrl);
    for (const size of [limit + 1, 1024 * KIB + 1]) {
      expectProblem(await send(route, size), { code: 'too_large' }, `${size} bytes`);
    }
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
    // At the limit it is read, and says what it says.
    expect((await send(route, limit)).status).toBeLessThan(300 + Number(route.path.endsWith('login')) * 200);
  });

  it('is counted as it comes in where it was not said before', async () => {
    const headers = { ...json, 'transfer-encoding': 'chunked' };
    for (const [path, limit] of [
      ['/api/v1/groups', 64 * KIB],
      ['/api/v1/grants/batch', 1024 * KIB],
      ['/access/v1/evaluation', 64 * KIB],
      ['/access/v1/evaluations', 1024 * KIB],
    ] as const) {
      const body = padded('{"id":"big"}', limit + 1);
      const answer = await rawRequest(service.app, { method: 'POST', path, as: 'admin', headers, body });
      expectProblem(answer, { code: 'too_large' });
    }
    await service.as('admin').get('/api/v1/groups/big').expect(404);
  });
});
