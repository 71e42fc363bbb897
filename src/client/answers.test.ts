import { describe, expect, it } from 'vitest';
import { fakeFetch, jsonAnswer, problemAnswer } from '../../test/support/fake-fetch.js';
import { ERRORS, type ErrorCode } from '../core/errors.js';
import { CLASS_OF_CODE } from './api-error-classes.js';
import {
  CastellanApiError,
  CastellanClient,
  CastellanClientError,
  ConflictError,
  ForbiddenError,
  InternalError,
  InvalidRequestError,
  NotAuthenticatedError,
  NotFoundError,
  TooManyAttemptsError,
  UnavailableError,
  UnexpectedAnswerError,
} from './index.js';

const url = 'http://service.test';
const question = {
  subject: { type: 'user', id: 'a' },
  action: { name: 'view' },
  resource: { type: 'post', id: '1' },
};
const codes = Object.entries(ERRORS) as [ErrorCode, { status: number }][];
const FAMILIES: Readonly<Record<number, typeof CastellanApiError>> = {
  400: InvalidRequestError,
  401: NotAuthenticatedError,
  403: ForbiddenError,
  404: NotFoundError,
  409: ConflictError,
  412: ConflictError,
  413: InvalidRequestError,
  415: InvalidRequestError,
  422: InvalidRequestError,
  429: TooManyAttemptsError,
  500: InternalError,
  503: UnavailableError,
};

/** A client that is answered this, and what its call answers or throws. */
async function answered(
  answer: Response,
  call: (client: CastellanClient) => Promise<unknown> = (client) => client.users.list(),
): Promise<unknown> {
  const { fetch } = fakeFetch(answer);
  return call(new CastellanClient({ url, fetch, retries: 0 })).catch((error: unknown) => error);
}

describe('the errors of the service', () => {
  it('have a class each, and no class is for a code that is none', () => {
    expect(Object.keys(CLASS_OF_CODE).toSorted()).toEqual(codes.map(([code]) => code).toSorted());
  });

  it.each(codes)('%s is an error of its class, and of that of its status', async (code, { status }) => {
    const error = await answered(problemAnswer(code, status, { 'x-request-id': 'r1' }));
    expect(error).toBeInstanceOf(CLASS_OF_CODE[code]);
    expect(error).toBeInstanceOf(FAMILIES[status]);
    expect(error).toBeInstanceOf(CastellanClientError);
    expect(error).toMatchObject({
      name: CLASS_OF_CODE[code].name,
      code,
      status,
      detail: `It is ${code}.`,
      errors: [],
      requestId: 'r1',
      request: 'GET /api/v1/users',
      message: `GET /api/v1/users: ${code}: It is ${code}.`,
    });
  });

  it.each(Object.entries(FAMILIES))(
    'of a code that is not known yet has the class of its status: %s',
    async (status) => {
      const error = await answered(problemAnswer('brand_new', Number(status)));
      expect(error).toBeInstanceOf(FAMILIES[Number(status)]);
      expect(error).toMatchObject({ code: 'brand_new' });
    },
  );

  it('of a code and a status that are not known is an error of the service all the same', async () => {
    for (const code of ['brand_new', 'constructor', '__proto__']) {
      const error = await answered(problemAnswer(code, 418));
      expect(error).toBeInstanceOf(CastellanApiError);
      expect(error).toMatchObject({ name: 'CastellanApiError', code, status: 418 });
    }
  });

  it('say what is at fault, where the answer says it', async () => {
    const errors = [{ path: 'limit', message: 'must be a number' }, 'nonsense', null, { path: 1 }];
    const answer = new Response(JSON.stringify({ code: 'invalid_request', detail: 'limit: must be.', errors }), {
      status: 422,
      headers: { 'content-type': 'application/problem+json' },
    });
    expect(await answered(answer)).toMatchObject({ errors: [errors[0]], requestId: null });
  });
});

describe('an answer that is none of a Castellan service', () => {
  const html = { 'content-type': 'text/html; charset=utf-8' };
  const problem = { 'content-type': 'application/problem+json' };
  const json = { 'content-type': 'application/json' };
  const STRANGE: Readonly<Record<string, [Response, string]>> = {
    'a page of a proxy': [
      new Response('<h1>Bad Gateway</h1>', { status: 502, headers: html }),
      '502, of the type text/html',
    ],
    'a page with 404': [
      new Response('<h1>Not Found</h1>', { status: 404, headers: html }),
      '404, of the type text/html',
    ],
    'a page in place of JSON': [new Response('<html>', { headers: html }), '200, of the type text/html'],
    'no content type': [new Response(new Uint8Array(), { status: 500 }), '500, without a content type'],
    'JSON that is none': [new Response('{"items":', { headers: json }), '200, of the type application/json'],
    'JSON of another kind': [new Response('[]', { headers: json }), '200, of the type application/json'],
    'no list': [new Response('{"users":[]}', { headers: json }), '200, of the type application/json'],
    'a list without its end': [new Response('{"items":[]}', { headers: json }), '200, of the type application/json'],
    'an error as plain JSON': [
      new Response('{"code":"not_found"}', { status: 404, headers: json }),
      '404, of the type application/json',
    ],
    'a problem without a code': [
      new Response('{"title":"Nope"}', { status: 403, headers: problem }),
      '403, of the type application/problem+json',
    ],
    'a problem that is no JSON': [
      new Response('nope', { status: 403, headers: problem }),
      '403, of the type application/problem+json',
    ],
    nothing: [new Response(null, { status: 204 }), '204, without a content type'],
  };

  it.each(Object.entries(STRANGE))('is told as such: %s', async (_, [answer, told]) => {
    const error = await answered(answer);
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect((error as Error).message).toBe(
      `GET /api/v1/users: the answer (${told}) is none of a Castellan service; is the url right, and what stands in between?`,
    );
    expect(error).toMatchObject({ status: answer.status, attempts: 1 });
  });

  it('is not repeated, as it may hold anything', async () => {
    const error = await answered(new Response('<p>Authorization: Basic c2VjcmV0</p>', { status: 500, headers: html }));
    expect(JSON.stringify(error) + String(error)).not.toContain('c2VjcmV0');
  });

  it.each([200, 201, 202])('is not taken for a deletion: %i', async (status) => {
    const page = new Response('<html>', { status, headers: html });
    expect(await answered(page, (client) => client.users.delete('a'))).toBeInstanceOf(UnexpectedAnswerError);
    const said = jsonAnswer({ deleted: true }, status);
    expect(await answered(said, (client) => client.users.delete('a'))).toBeInstanceOf(UnexpectedAnswerError);
  });

  it.each(['"false"', '"true"', '1', 'null', '{}', '[]'])('is never an allow: a decision of %s', async (decision) => {
    const answer = () => new Response(`{"decision":${decision}}`, { headers: json });
    const one = await answered(answer(), (client) => client.authzen.evaluation(question));
    expect(one).toBeInstanceOf(UnexpectedAnswerError);
    const many = new Response(`{"evaluations":[{"decision":false},{"decision":${decision}}]}`, { headers: json });
    const all = await answered(many, (client) => client.authzen.evaluations({ evaluations: [question, question] }));
    expect(all).toBeInstanceOf(UnexpectedAnswerError);
  });

  it.each([0, 1, 3])('has not as many decisions as there were questions: %i for two', async (count) => {
    const evaluations = Array.from({ length: count }, () => ({ decision: true }));
    const ask = (client: CastellanClient) => client.authzen.evaluations({ evaluations: [question, question] });
    expect(await answered(jsonAnswer({ evaluations }), ask)).toBeInstanceOf(UnexpectedAnswerError);
    const upTo = (client: CastellanClient) =>
      client.authzen.evaluations({
        evaluations: [question, question],
        options: { evaluations_semantic: 'permit_on_first_permit' },
      });
    const result = await answered(jsonAnswer({ evaluations }), upTo);
    if (count === 1) expect(result).toEqual({ evaluations });
    else expect(result).toBeInstanceOf(UnexpectedAnswerError);
  });
});

describe('JSON of something else', () => {
  const CALLS: Readonly<Record<string, (client: CastellanClient) => Promise<unknown>>> = {
    'a user': ({ users }) => users.get('a'),
    'a user that was made': ({ users }) => users.create({ username: 'a' }),
    'a token that was made': ({ users }) => users.tokens('a').create({ name: 'deploy' }),
    'a group': ({ groups }) => groups.get('a'),
    'a role': ({ roles }) => roles.get('a'),
    'a role that was changed': ({ roles }) => roles.update('a', { rules: [] }),
    'a type': ({ types }) => types.get('a'),
    'an object': (client) => client.objects('post').get('a'),
    'an assignment': ({ assignments }) => assignments.create({ subject: { type: 'user', id: 'a' }, role: 'r' }),
    'a grant': ({ grants }) => grants.create({ subject: { type: 'user', id: 'a' }, permission: 'post:view' }),
    'an explanation': ({ access }) => access.explain({ subject: question.subject, permission: 'post:view' }),
    health: ({ health }) => health.ready(),
  };
  const LISTS: typeof CALLS = {
    users: ({ users }) => users.list(),
    tokens: ({ users }) => users.tokens('a').list(),
    groups: ({ groups }) => groups.list(),
    members: ({ groups }) => groups.members.list('a'),
    roles: ({ roles }) => roles.list(),
    types: ({ types }) => types.list(),
    objects: (client) => client.objects('post').list(),
    assignments: ({ assignments }) => assignments.list(),
    grants: ({ grants }) => grants.list(),
    'grants that were made': ({ grants }) => grants.createBatch([]),
    changes: ({ changes }) => changes.list(),
  };

  it.each(Object.entries(CALLS))('is not taken for %s', async (_, call) => {
    for (const body of [{ hello: 'world' }, { id: 7, rules: {}, includes: {} }, { status: 'UP' }])
      expect(await answered(jsonAnswer(body), call)).toBeInstanceOf(UnexpectedAnswerError);
  });

  it.each(Object.entries(LISTS))('is not taken for %s', async (_, call) => {
    for (const item of [{ hello: 'world' }, { id: 7 }, 'a', null, ['a']])
      expect(await answered(jsonAnswer({ items: [item], next: null }), call)).toBeInstanceOf(UnexpectedAnswerError);
  });
});

describe('an answer', () => {
  it('may hold more than is known of it', async () => {
    const user = { id: 'a', username: 'a', brandNew: { deep: true } };
    expect(await answered(jsonAnswer({ items: [user], next: null, more: 1 }))).toEqual({
      items: [user],
      next: null,
      more: 1,
    });
    const decided = jsonAnswer({ decision: true, context: { reason: 'x' } });
    const result = await answered(decided, (client) => client.authzen.evaluation(question));
    expect(result).toMatchObject({ decision: true });
  });

  it('to no question at all is not asked for', async () => {
    const { fetch, attempts } = fakeFetch();
    const client = new CastellanClient({ url, fetch });
    const { subject, action, resource } = question;
    await expect(client.authzen.evaluations({ subject, action, resource, evaluations: [] })).resolves.toEqual({
      evaluations: [],
    });
    expect(attempts).toEqual([]);
  });
});

describe('a redirect', () => {
  const LOCATIONS = ['https://other.test/api/v1/users?key=1', '/elsewhere', '', 'http://[', 'javascript:alert(1)'];

  it.each([301, 302, 303, 307, 308].flatMap((status) => LOCATIONS.map((location) => [status, location] as const)))(
    'is not followed: %i to %j',
    async (status, location) => {
      const answer = new Response(null, { status, headers: { location } });
      const { fetch, attempts } = fakeFetch(answer);
      const client = new CastellanClient({ url, fetch, token: 'abc' });
      const error: unknown = await client.users.list().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UnexpectedAnswerError);
      expect((error as Error).message).toMatch(/the answer is a redirect.*, which is not followed/);
      expect((error as Error).message).not.toContain('key=');
      expect(attempts).toHaveLength(1);
      expect(attempts[0]?.init.redirect).toBe('manual');
    },
  );

  it('names the origin that it leads to', async () => {
    const answer = new Response(null, { status: 308, headers: { location: 'https://other.test/x?secret=1' } });
    expect(await answered(answer)).toMatchObject({
      message: expect.stringContaining('is a redirect to https://other.test, which'),
    });
  });

  it('is known as one where the browser hides it, or where something followed it already', async () => {
    const opaque = Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' });
    const followed = Object.defineProperty(jsonAnswer({ items: [], next: null }), 'redirected', { value: true });
    for (const answer of [opaque, followed]) {
      expect(await answered(answer)).toMatchObject({ message: expect.stringContaining('is a redirect, which') });
    }
  });
});
