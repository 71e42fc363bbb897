import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.js';
import type { Json, JsonObject } from '../../src/core/model.js';
import { contentsOf } from '../support/contents.js';
import { expectProblem } from '../support/problem.js';
import { rawRequest, type RawAnswer } from '../support/raw-request.js';
import { arrangeForBodies, BODY_ROUTES, bodyWith, partsOf, type BodyRoute } from '../support/request-bodies.js';
import { startTestService, type TestService } from '../support/service.js';

// Among the wrong values, so that none is echoed.
const SECRET = 'hunter2-of-the-body';
const headers = { 'content-type': 'application/json' };
const huge = `${SECRET}${'x'.repeat(50_000)}`;
const codeOf = ({ authzen }: BodyRoute): ErrorCode => (authzen ? 'malformed_request' : 'invalid_request');

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
  await arrangeForBodies(service);
});
afterAll(() => service.stop());

const send = ({ method, path }: Pick<BodyRoute, 'method' | 'path'>, body: Json): Promise<RawAnswer> =>
  rawRequest(service.app, {
    method,
    path,
    as: path.includes('/auth/me/') ? 'bob' : 'admin',
    headers,
    body: JSON.stringify(body),
  });

async function expectNothingWritten(work: () => Promise<void>): Promise<void> {
  const before = await contentsOf(service.databaseUrl);
  await work();
  expect(await contentsOf(service.databaseUrl)).toEqual(before);
}

/** What is no value for a place that holds such a one; Prisma, for one, reads an object where a string is meant as a filter. */
function wrongFor(value: Json): Json[] {
  if (Array.isArray(value)) return [{}, { 0: SECRET, length: 1 }, SECRET, 1, true, null];
  if (typeof value === 'object' && value !== null) return [[], [SECRET], SECRET, 1, true, null];
  if (typeof value === 'boolean') return [0, 1, 'true', '', SECRET, null, [], [true], {}];
  return [
    '',
    0,
    1,
    1.5,
    true,
    false,
    null,
    [],
    [SECRET],
    {},
    { contains: SECRET },
    { not: null },
    { toString: 1 },
    huge,
  ];
}

describe.each(BODY_ROUTES)('$method $path', (route) => {
  const parts = partsOf(route.body);

  it('names the field that has a value of the wrong kind', async () => {
    await expectNothingWritten(async () => {
      for (const { path, value } of parts) {
        for (const wrong of wrongFor(value)) {
          if (isRightAfterAll(route, path, wrong)) continue;
          const answer = await send(route, bodyWith(route.body, path, wrong));
          expectProblem(answer, { code: codeOf(route), path }, `${path} = ${JSON.stringify(wrong).slice(0, 40)}`);
          expect(answer.text).not.toContain(SECRET);
        }
      }
    });
  });

  it('names the field that is missing', async () => {
    await expectNothingWritten(async () => {
      const required = parts.filter(({ path }) => !route.optional.includes(path) && !/\.\d+$/.test(path));
      for (const { path } of required) {
        expectProblem(await send(route, bodyWith(route.body, path)), { code: codeOf(route), path });
      }
    });
  });

  it('is not taken from anything but an object', async () => {
    await expectNothingWritten(async () => {
      for (const body of [null, true, 1, 'text', [], [route.body]]) {
        expectProblem(await send(route, body), { code: codeOf(route), path: 'body' });
      }
      const none = await rawRequest(service.app, { method: route.method, path: route.path, as: 'admin', headers });
      expectProblem(none, { code: codeOf(route), path: 'body' });
    });
  });
});

describe.each(BODY_ROUTES.filter(({ authzen }) => !authzen))('$method $path', (route) => {
  it('refuses fields that it does not know, and names them', async () => {
    await expectNothingWritten(async () => {
      const objects = [
        '',
        ...partsOf(route.body).flatMap(({ path, value }) => (isOpen(path, value) ? [`${path}.`] : [])),
      ];
      for (const at of objects) {
        for (const name of ['surprise', 'constructor', 'prototype', 'toString', 'ID', 'superUser', '']) {
          const answer = await send(route, bodyWith(route.body, at + name, SECRET));
          expectProblem(answer, { code: 'invalid_request', path: at + name }, at + name);
          expect(answer.text).not.toContain(SECRET);
        }
      }
    });
  });

  it('names many unknown fields in an answer of a bounded size', async () => {
    await expectNothingWritten(async () => {
      const long = 'n'.repeat(30_000);
      const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`field${index}`, index]));
      for (const extra of [{ [long]: 1 }, many]) {
        expectProblem(await send(route, { ...route.body, ...extra }), { code: 'invalid_request' });
      }
    });
  });
});

describe('the bodies that are bent here', () => {
  let other: TestService;

  beforeAll(async () => {
    other = await startTestService();
    await arrangeForBodies(other);
  });
  afterAll(() => other.stop());

  it.each(BODY_ROUTES)('are taken as they stand: $method $path', async ({ method, path, body }) => {
    const request = { method, path, as: 'admin', headers, body: JSON.stringify(body) };
    const { status, text } = await rawRequest(other.app, request);
    expect([200, 201, 204], text).toContain(status);
  });
});

function isRightAfterAll(route: BodyRoute, path: string, value: Json): boolean {
  if (value === null) return route.nullable?.includes(path) === true;
  if (value === '') return route.emptyable?.includes(path) === true;
  // In AuthZEN any text may be an id, and it is denied what it names.
  if (value === huge) return route.authzen === true;
  return false;
}

function isOpen(path: string, value: Json): boolean {
  return isObject(value) && !/(^|\.)(attributes|condition)$/.test(path);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
