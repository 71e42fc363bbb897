import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/core/model.js';
import { rawRequest } from '../support/raw-request.js';
import { arrangeForBodies, BODY_ROUTES, bodyWith, partsOf } from '../support/request-bodies.js';
import { servedRoutes } from '../support/routes.js';
import { startTestService, type TestService } from '../support/service.js';

const RUNS = 300;
const headers = { 'content-type': 'application/json' };

// Texts that something below may take for more than a text.
const odd = fc.constantFrom(
  '',
  '\u0000',
  '\ud800',
  '__proto__',
  'constructor',
  'null',
  '*',
  '%',
  '%00',
  '..',
  '$1',
  "'",
  '{}',
  ':',
  'a:b',
  '-1',
  'anyone',
  'authenticated',
  'admin',
  'bob',
  'staff',
  'post',
  'user',
  '1e999',
  '1e200000',
  '9'.repeat(400),
  '😀',
);
const text = fc.oneof(odd, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme', maxLength: 300 }));
const json: fc.Arbitrary<Json> = fc.oneof(
  text,
  fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }) as fc.Arbitrary<Json>,
  fc.array(text, { maxLength: 4 }),
  fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)), { maxKeys: 4 }),
  fc.constantFrom<Json>(0, -1, 1e308, 5e-324, 1.5, true, false, null, [], {}),
);
// The superuser stays what it is: without it, all that comes after would only be refused at the door.
const param = text.filter((value) => value !== 'admin').map((value) => encodeURIComponent(value.toWellFormed()));
const caller = fc.constantFrom('admin', 'carol', undefined);

describe('whatever is sent', () => {
  let service: TestService;
  let routes: string[];

  beforeEach(async () => {
    service = await startTestService();
    await arrangeForBodies(service);
    await service.addUser('carol');
    routes = servedRoutes(service.app);
  });
  afterEach(() => service.stop());

  /** Sends it, and expects an answer that is none of a fault here: `stop` fails on what was reported, too. */
  async function expectAnswer(request: Parameters<typeof rawRequest>[1]): Promise<void> {
    const answer = await rawRequest(service.app, request);
    expect(answer.status, answer.text).toBeLessThan(500);
    expect(service.unexpected).toEqual([]);
    if (answer.status < 400 || request.method === 'HEAD') return;
    expect(answer.json).toMatchObject({ status: answer.status, code: expect.any(String) });
    expect(answer.text.length).toBeLessThan(8000);
  }

  async function expectAlive(): Promise<void> {
    await service.as().get('/health/live').expect(200, { status: 'ok' });
    await service.as('admin').get('/api/v1/auth/me').expect(200);
  }

  it('to any route, with any path, query and body, is answered and does no harm', async () => {
    const request = fc.record({
      route: fc.constantFrom(...routes),
      params: fc.array(param, { minLength: 3, maxLength: 3 }),
      query: fc.array(
        fc.tuple(fc.oneof(fc.constantFrom('limit', 'cursor', 'subject', 'action', 'attributes.a'), param), param),
        {
          maxLength: 3,
        },
      ),
      body: json,
      as: caller,
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ route, params, query, body, as }) => {
        const [method = '', pattern = ''] = route.split(' ');
        const rest = [...params];
        const path = pattern.replaceAll(/:\w+/g, () => rest.pop() || 'x');
        const search = query.map(([name, value]) => `${name}=${value}`).join('&');
        const hasBody = !['GET', 'HEAD'].includes(method);
        await expectAnswer({
          method,
          path: `${path}?${search}`,
          as,
          headers,
          ...(hasBody ? { body: JSON.stringify(body) } : {}),
        });
      }),
      { numRuns: RUNS * 2 },
    );
    await expectAlive();
  });

  it('in a body that is right but for one thing is answered and does no harm', async () => {
    const bent = fc.constantFrom(...BODY_ROUTES).chain((route) =>
      fc.record({
        route: fc.constant(route),
        path: fc.constantFrom(...partsOf(route.body).map(({ path }) => path), 'attributes', 'attributes.a'),
        value: json,
        as: caller,
      }),
    );
    await fc.assert(
      fc.asyncProperty(bent, async ({ route, path, value, as }) => {
        // The superuser's password stays, too.
        if (path === 'newPassword') return;
        const body = pathExists(route.body, path) ? bodyWith(route.body, path, value) : route.body;
        await expectAnswer({ method: route.method, path: route.path, as, headers, body: JSON.stringify(body) });
      }),
      { numRuns: RUNS * 2 },
    );
    await expectAlive();
  });

  it('as bytes is answered and does no harm', async () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      '\\u',
      ',',
      ':',
      '"id"',
      '1',
      '-',
      'e9',
      'null',
      '\u0000',
      '\n',
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
      fc.array(pieces, { maxLength: 60 }).map((list) => Buffer.from(list.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...BODY_ROUTES), bytes, caller, async ({ method, path }, body, as) => {
        await expectAnswer({ method, path, as, headers, body });
      }),
      { numRuns: RUNS },
    );
    await expectAlive();
  });
});

function pathExists(body: JsonObject, path: string): boolean {
  const names = path.split('.').slice(0, -1);
  let part: Json | undefined = body;
  for (const name of names) part = (part as Record<string, Json> | undefined)?.[name];
  return typeof part === 'object' && part !== null;
}
