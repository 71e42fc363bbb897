import type supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RouteDocs, RouteExample } from '../../src/api/route-docs.js';
import { statusOf } from '../../src/app/openapi/answers.js';
import { DESCRIBED_ROUTES } from '../../src/app/openapi/described-routes.js';
import { startDocumentedWorld } from '../support/documented-world.js';
import { PASSWORD, type TestService } from '../support/service.js';

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Example = RouteExample & { readonly route: string; readonly name: string; readonly docs: RouteDocs };

const WITHOUT_END = '2999-01-01T00:00:00.000Z';

// What is only asked goes before what changes something, and what is inside of something before that.
const RANKS: readonly RegExp[] = [
  /^GET /,
  /^POST \/(api\/v1\/)?access\//,
  /^POST /,
  /^PUT .*\/members\//,
  /^PATCH /,
  /^DELETE /,
  // Nobody signs in by the old one any more.
  /^PUT .*\/password$/,
];
const rank = (route: string): number => RANKS.findIndex((pattern) => pattern.test(route));

const examples = [...DESCRIBED_ROUTES]
  .flatMap(([route, docs]) =>
    Object.entries(docs.examples).map(([name, example]): Example => ({ ...example, route, name, docs })),
  )
  .toSorted(
    (one, other) =>
      rank(one.route) - rank(other.route) ||
      (one.route.startsWith('DELETE') ? other.route.length - one.route.length : 0),
  );

describe('every example of the description', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startDocumentedWorld();
  });
  afterAll(() => service.stop());

  const signIn = async () => {
    const { body, headers } = await service
      .as()
      .post('/api/v1/auth/login')
      .send({ username: 'alice', password: PASSWORD });
    return { cookie: String(headers['set-cookie']).split(';')[0] ?? '', 'x-csrf-token': String(body.csrfToken) };
  };

  // Ids that the service makes are not those of the examples: the thing is made, and named by its own.
  const own: Record<string, () => Promise<Record<string, string>>> = {
    'DELETE /api/v1/grants/:id': async () => {
      const grant = { subject: { type: 'user', id: 'bob' }, permission: 'folder:view', object: null };
      const [made] = await service.arrange((unit) => unit.grants.create([grant]));
      return { id: made?.record.id ?? '' };
    },
    'DELETE /api/v1/assignments/:id': async () => {
      const assignment = { subject: { type: 'user', id: 'bob' }, role: 'reader' };
      return { id: (await service.arrange((unit) => unit.assignments.create(assignment))).record.id };
    },
    'DELETE /api/v1/users/:id/tokens/:tokenId': async () => {
      const token = { user: 'alice', name: 'another', hash: 'of-no-other-token', expiresAt: WITHOUT_END };
      return { tokenId: (await service.arrange((unit) => unit.tokens.create(token))).id };
    },
    'DELETE /api/v1/auth/sessions/:id': async () => {
      const session = await signIn();
      const list = await service.as().get('/api/v1/auth/sessions').set(session);
      return { id: list.body.items.find((each: { current: boolean }) => each.current).id };
    },
  };

  const send = async ({ route, params = {}, query = {}, body }: Example): Promise<supertest.Response> => {
    const [verb = '', pattern = ''] = route.split(' ');
    const named = { ...params, ...(await own[route]?.()) };
    const path = pattern.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(named[name] ?? ''));
    const session = route.endsWith('/logout') || route.includes('/auth/sessions') ? await signIn() : {};
    const client = 'cookie' in session || route.endsWith('/login') ? service.as() : service.as(userOf(route));
    const request = client[verb.toLowerCase() as Verb](path).query(query).set(session);
    return body === undefined ? request : request.send(body as object);
  };

  it.each(examples)('$route: $name', async (example) => {
    const { route, answer, docs } = example;
    const sent = await send(example);
    expect(sent.status, sent.text).toBe(statusOf(example, docs.answers));
    if (route === 'GET /openapi.json')
      expect(Object.keys(sent.body)).toEqual(expect.arrayContaining(Object.keys(answer ?? {})));
    else if (answer !== undefined) expect(withoutWhatIsMade(sent.body)).toEqual(withoutWhatIsMade(answer));
  });
});

function userOf(route: string): string {
  return route.includes('/auth/') ? 'alice' : 'admin';
}

const MADE: readonly [RegExp, string][] = [
  [/^[0-9a-f]{8}-[0-9a-f-]{27}$/, 'an id'],
  [/^castellan_[\w-]{48}$/, 'a token'],
  [/^2[01]\d\d-\d\d-\d\dT[\d:.]+Z$/, 'a time'],
];

/** The same without what the service makes anew for each: ids, times, tokens and cursors. */
function withoutWhatIsMade(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body), (name, value: unknown) => {
    if (typeof value !== 'string') return value;
    if (name === 'next' || name === 'csrfToken') return 'a secret of the service';
    if (name === 'id' && /^\d+$/.test(value)) return 'a number';
    return MADE.find(([pattern]) => pattern.test(value))?.[1] ?? value;
  }) as unknown;
}
