import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Passwords } from '../../src/auth/passwords.js';
import * as client from '../../src/client/index.js';
import { ERRORS, type ErrorCode } from '../../src/core/errors.js';
import { openDatabase, shutDatabase } from '../support/database-away.js';
import { query } from '../support/query.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';
import { TestIdentityProvider } from '../support/identity-provider.js';
import { addressOf, clientOf, fetchWithCookies } from '../support/service-client.js';

const bob = { type: 'user', id: 'bob' } as const;
const post = (id: string) => ({ type: 'post', id });
const readsPost = { subject: bob, permission: 'post:view', object: post('1') };

let provider: TestIdentityProvider;
let service: TestService;
let admin: client.CastellanClient;
let alice: client.CastellanClient;

beforeAll(async () => {
  provider = await TestIdentityProvider.start();
  service = await startTestService({ identityProvider: provider.options() });
  await service.addUser('alice');
  await service.addUser('bob');
  admin = clientOf(service, 'admin');
  alice = clientOf(service, 'alice');
  await admin.types.create({ id: 'post', creatorActions: [] });
  await admin.objects('post').create({ id: '1' });
  await admin.objects('post').create({ id: '2', parent: post('1') });
  await admin.roles.create({ id: 'r' });
  await admin.groups.create({ id: 'outer' });
  await admin.groups.create({ id: 'inner' });
  await admin.groups.members.add('outer', { type: 'group', id: 'inner' });
  await admin.grants.createBatch([
    { subject: { type: 'user', id: 'alice' }, permission: 'post:view', object: post('1') },
    { subject: { type: 'user', id: 'alice' }, permission: 'post:grant', object: post('1') },
    { subject: { type: 'user', id: 'alice' }, permission: 'user:view' },
    { subject: { type: 'user', id: 'alice' }, permission: 'user:change' },
  ]);
  await service.arrange(async (unit) => {
    for (let depth = 0; depth <= 33; depth += 1) await unit.groups.create({ id: `g${depth}`, description: null });
  });
});
afterAll(() => service.stop());

/** Sends what the client sends with other headers: what stands in between may do so. */
const withHeaders =
  (headers: Record<string, string>): client.Fetch =>
  async (url, init) =>
    fetch(url, { ...init, headers: { ...Object.fromEntries(new Headers(init.headers)), ...headers } });

/** How each error of the service comes about, and the class that it is to have. */
const PROVOKED: Readonly<Record<ErrorCode, readonly [Error: unknown, () => Promise<unknown>]>> = {
  malformed_request: [
    client.InvalidRequestError,
    () => admin.authzen.evaluation({ subject: bob, action: { name: '' }, resource: post('1') }),
  ],
  invalid_cursor: [client.InvalidCursorError, () => admin.users.list({ cursor: 'nonsense' })],
  not_authenticated: [client.NotAuthenticatedError, () => clientOf(service).users.list()],
  invalid_credentials: [
    client.InvalidCredentialsError,
    () =>
      new client.CastellanClient({ url: addressOf(service), username: 'admin', password: 'no such word' }).users.list(),
  ],
  invalid_token: [
    client.InvalidCredentialsError,
    () => new client.CastellanClient({ url: addressOf(service), token: 'no-such-token' }).users.list(),
  ],
  forbidden: [client.ForbiddenError, () => alice.objects('post').update('1', { attributes: {} })],
  cannot_hand_out: [client.CannotHandOutError, () => alice.grants.create({ ...readsPost, permission: 'post:delete' })],
  superuser_only: [client.ForbiddenError, () => alice.users.update('admin', { email: null })],
  cross_site: [
    client.ForbiddenError,
    () =>
      clientOf(service, 'admin', { fetch: withHeaders({ origin: 'https://evil.test' }) }).groups.create({ id: 'x' }),
  ],
  csrf_token: [
    client.CsrfTokenError,
    async () => {
      const cookies = fetchWithCookies();
      await clientOf(service, undefined, { fetch: cookies }).auth.login({ username: 'admin', password: PASSWORD });
      return clientOf(service, undefined, { fetch: cookies }).groups.create({ id: 'x' });
    },
  ],
  not_found: [client.NotFoundError, () => admin.users.get('nobody')],
  already_exists: [client.AlreadyExistsError, () => admin.users.create({ username: 'bob' })],
  built_in: [client.ConflictError, () => admin.groups.delete('anyone')],
  cycle: [client.ConflictError, () => admin.groups.members.add('inner', { type: 'group', id: 'outer' })],
  has_children: [client.HasChildrenError, () => admin.objects('post').delete('1')],
  limit_reached: [
    client.ConflictError,
    async () => {
      await query(
        service.databaseUrl,
        `INSERT INTO castellan.tokens (id, subject_id, name, hash)
        SELECT gen_random_uuid(), s.id, 'of many', n::text FROM castellan.subjects s, generate_series(1, 100) n WHERE s.username = 'bob'`,
      );
      return admin.users.tokens('bob').create({ name: 'one more' });
    },
  ],
  last_superuser: [client.ConflictError, () => admin.users.delete('admin')],
  changed_meanwhile: [
    client.ConflictError,
    () => clientOf(service, 'admin', { fetch: withHeaders({ 'if-match': '"x"' }) }).roles.update('r', {}),
  ],
  too_large: [
    client.TooLargeError,
    () => admin.objects('post').create({ id: 'large', attributes: { text: 'x'.repeat(70_000) } }),
  ],
  unsupported_media_type: [
    client.InvalidRequestError,
    () =>
      clientOf(service, 'admin', { fetch: withHeaders({ 'content-type': 'text/plain' }) }).groups.create({ id: 'x' }),
  ],
  invalid_request: [client.InvalidRequestError, () => admin.users.list({ limit: 0 })],
  unknown_reference: [client.UnknownReferenceError, () => admin.grants.create({ ...readsPost, object: post('none') })],
  too_deep: [
    client.InvalidRequestError,
    async () => {
      for (let depth = 0; depth < 33; depth += 1)
        await admin.groups.members.add(`g${depth}`, { type: 'group', id: `g${depth + 1}` });
    },
  ],
  too_many_attempts: [
    client.TooManyAttemptsError,
    async () => {
      const page = clientOf(service);
      const guess = (n: number) => page.auth.login({ username: 'somebody', password: `guess ${n}` });
      for (let n = 0; n < 10; n += 1) await guess(n).catch(() => {});
      return guess(10);
    },
  ],
  internal: [
    client.InternalError,
    async () => {
      await query(service.databaseUrl, 'ALTER TABLE castellan.memberships RENAME TO away');
      try {
        return await admin.groups.members.list('outer');
      } finally {
        await query(service.databaseUrl, 'ALTER TABLE castellan.away RENAME TO memberships');
        service.unexpected.length = 0;
      }
    },
  ],
  overloaded: [
    client.UnavailableError,
    async () => {
      // Each takes a while to check, and only so many may wait.
      const passwords = service.app.get(Passwords);
      const waiting = Array.from({ length: 52 }, () => passwords.verifyNothing('any'));
      try {
        return await clientOf(service, undefined, { retries: 0 }).auth.login({ username: 'bob', password: PASSWORD });
      } finally {
        await Promise.all(waiting);
      }
    },
  ],
  identity_provider_unavailable: [
    client.UnavailableError,
    async () => {
      const token = await provider.tokenFor('bob');
      await provider.stop();
      try {
        return await new client.CastellanClient({ url: addressOf(service), token, retries: 0 }).auth.me();
      } finally {
        service.unexpected.length = 0;
      }
    },
  ],
  database_unavailable: [
    client.UnavailableError,
    async () => {
      await shutDatabase(service.databaseUrl);
      try {
        return await admin.health.ready({ retries: 0 });
      } finally {
        await openDatabase(service.databaseUrl);
      }
    },
  ],
};

async function errorOf(call: () => Promise<unknown>): Promise<unknown> {
  return call().then(
    () => new Error('it went well'),
    (error: unknown) => error,
  );
}

describe('each error of the service', () => {
  it.each(Object.entries(PROVOKED))('is met as one of its class: %s', async (code, [ErrorClass, call]) => {
    const error = await errorOf(call);
    expect(error).toMatchObject({ code, status: ERRORS[code as ErrorCode].status });
    expect(error).toBeInstanceOf(ErrorClass);
    expect((error as client.CastellanApiError).detail).not.toBe('');
    expect((error as client.CastellanApiError).requestId).toMatch(/^[\da-f-]{36}$/);
  });

  it('names what is at fault', async () => {
    const error = await errorOf(() => admin.roles.create({ id: 'r', rules: [{ permission: 'none' }] }));
    expect(error).toMatchObject({
      code: 'invalid_request',
      errors: [{ path: 'rules.0.permission', message: 'must be of the form type:action' }],
    });
  });

  it('that will pass says when to come back', async () => {
    const error = await errorOf(PROVOKED.database_unavailable[1]);
    expect(error).toMatchObject({ retryAfter: 1 });
    expect(await errorOf(PROVOKED.too_many_attempts[1])).toMatchObject({ retryAfter: expect.any(Number) });
  });
});

describe('what stands in for the service', () => {
  const servers: Server[] = [];
  const listening = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const credentials = { username: 'admin', password: PASSWORD };

  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    }
  });

  it('leads nobody to another origin with the credentials', async () => {
    const led: unknown[] = [];
    const other = await listening((request, response) => {
      led.push(request.headers);
      response.setHeader('content-type', 'application/json').end('{"items":[],"next":null}');
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await listening((_, response) => {
        response.writeHead(status, { location: `${other}/api/v1/users` }).end();
      });
      const error = await errorOf(() => new client.CastellanClient({ url, ...credentials }).users.list());
      expect(error).toBeInstanceOf(client.UnexpectedAnswerError);
      expect((error as Error).message).toContain(`is a redirect to ${other}, which is not followed`);
    }
    expect(led).toEqual([]);
  });

  it('and answers with a page is told from the service', async () => {
    const url = await listening((_, response) => {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
    });
    const error = await errorOf(() =>
      new client.CastellanClient({ url, ...credentials }).users.create({ username: 'x' }),
    );
    expect(error).toMatchObject({ name: 'UnexpectedAnswerError', status: 502, attempts: 1 });
  });

  it('and never answers is given up in time', async () => {
    const url = await listening(() => {});
    const error = await errorOf(() => new client.CastellanClient({ url, timeout: 50 }).users.list());
    expect(error).toBeInstanceOf(client.TimeoutError);
  });

  it('and breaks off in the middle of an answer gives no answer', async () => {
    const url = await listening((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"items":[');
      setImmediate(() => response.destroy());
    });
    const error = await errorOf(() => new client.CastellanClient({ url, retries: 0 }).users.list());
    expect(error).toMatchObject({ name: 'NetworkError', neverSent: false });
  });

  it('and is not there at all surely saw nothing: then also what is new is tried again', async () => {
    const url = await listening(() => {});
    const server = servers.pop();
    await new Promise((resolve) => server?.close(resolve));
    const error = await errorOf(() => new client.CastellanClient({ url, retries: 1 }).users.create({ username: 'x' }));
    expect(error).toMatchObject({ name: 'NetworkError', code: 'ECONNREFUSED', neverSent: true, attempts: 2 });
    expect((error as Error).message).toMatch(/^POST \/api\/v1\/users: fetch failed: connect ECONNREFUSED .*attempt 2/);
  });

  it('and cuts a connection once is asked again, with what is answered then', async () => {
    let count = 0;
    const url = await listening((request, response) => {
      count += 1;
      if (count === 1) request.socket.destroy();
      else response.setHeader('content-type', 'application/json').end('{"items":[],"next":null}');
    });
    expect(await new client.CastellanClient({ url }).users.list()).toEqual({ items: [], next: null });
    expect(count).toBe(2);
  });
});
