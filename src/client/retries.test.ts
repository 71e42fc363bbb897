import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  fakeFetch,
  jsonAnswer,
  networkFailure,
  problemAnswer,
  type Attempt,
  type Outcome,
} from '../../test/support/fake-fetch.js';
import { CastellanClient, type CallOptions } from './index.js';

const url = 'http://service.test';
const page = { items: [], next: null };
const question = {
  subject: { type: 'user', id: 'a' },
  action: { name: 'view' },
  resource: { type: 'post', id: '1' },
};
const { subject } = question;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

interface Told {
  readonly attempts: Attempt[];
  readonly result: unknown;
}

/** Carries a call out to its end, however long it pauses; what it answers or throws is its result. */
async function carryOut(
  call: (client: CastellanClient) => Promise<unknown>,
  outcomes: (Outcome | (() => Outcome))[],
  options: { retries?: number; timeout?: number } = {},
): Promise<Told> {
  const { fetch, attempts } = fakeFetch(...outcomes);
  const settled = call(new CastellanClient({ url, fetch, timeout: 60_000, ...options })).catch(
    (error: unknown) => error,
  );
  await vi.runAllTimersAsync();
  return { attempts, result: await settled };
}

type Calls = Readonly<Record<string, (client: CastellanClient) => Promise<unknown>>>;

const HARMLESS: Calls = {
  'a list': (client) => client.users.list(),
  'a single thing': (client) => client.users.get('a'),
  'a deletion': (client) => client.users.delete('a'),
  'a new member': (client) => client.groups.members.add('g', { type: 'user', id: 'a' }),
  'an evaluation': (client) => client.authzen.evaluation(question),
  evaluations: (client) => client.authzen.evaluations({ evaluations: [question] }),
  'a search for subjects': (client) => client.authzen.searchSubjects({ ...question, subject: { type: 'user' } }),
  'a search for resources': (client) => client.authzen.searchResources({ ...question, resource: { type: 'post' } }),
  'a search for actions': (client) => client.authzen.searchActions(question),
  'an ability': (client) => client.access.ability(subject),
  'an explanation': (client) => client.access.explain({ subject, permission: 'post:view' }),
};
const DOUBLING: Calls = {
  'a new user': (client) => client.users.create({ username: 'a' }),
  'a new object': (client) => client.objects('post').create({ id: 'a' }),
  'a new grant': (client) => client.grants.create({ subject: { type: 'user', id: 'a' }, permission: 'post:view' }),
  'a batch of grants': (client) => client.grants.createBatch([]),
  'a new assignment': (client) => client.assignments.create({ subject: { type: 'user', id: 'a' }, role: 'r' }),
  'a change': (client) => client.users.update('a', { active: false }),
};
const SINGLE: Calls = {
  'a new password': (client) => client.auth.changePassword({ oldPassword: 'a', newPassword: 'b' }),
  'a sign-in': (client) => client.auth.login({ username: 'a', password: 'b' }),
  'a sign-out': (client) => client.auth.logout(),
};
const FAILURES: Readonly<Record<string, () => Outcome>> = {
  'a broken connection': () => networkFailure('ECONNRESET'),
  'no connection': () => networkFailure('ECONNREFUSED'),
  'no such host': () => networkFailure('ENOTFOUND'),
  overloaded: () => problemAnswer('overloaded', 503),
  database_unavailable: () => problemAnswer('database_unavailable', 503),
  'a gateway without a service': () => new Response('<h1>Bad Gateway</h1>', { status: 502 }),
  'a gateway that is busy': () => new Response('busy', { status: 503 }),
  'a gateway that waited too long': () => new Response('<h1>Timeout</h1>', { status: 504 }),
};
/** After which the first attempt surely did nothing. */
const NOTHING_DONE = new Set(['no connection', 'no such host', 'overloaded']);
const REFUSALS: Readonly<Record<string, () => Outcome>> = {
  ...Object.fromEntries(
    [400, 401, 403, 404, 408, 409, 413, 415, 422, 429].map((status) => [
      String(status),
      () => problemAnswer('some_code', status, { 'retry-after': '1' }),
    ]),
  ),
  '404 of a proxy': () => new Response('no', { status: 404 }),
  '429 of a proxy': () => new Response('slow down', { status: 429, headers: { 'retry-after': '1' } }),
  'internal, which it would meet again': () => problemAnswer('internal', 500),
  'a redirect': () => new Response(null, { status: 307, headers: { location: 'https://other.test' } }),
  'a page in place of the answer': () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
};

describe('a call that does no harm twice', () => {
  it.each(Object.entries(HARMLESS))('is tried again after each failure: %s', async (_, call) => {
    for (const [about, failure] of Object.entries(FAILURES)) {
      const { attempts } = await carryOut(call, [failure, failure, failure, failure]);
      expect(attempts.length, about).toBe(3);
    }
  });

  it('answers what a later attempt is answered', async () => {
    const outcomes = [networkFailure('ECONNRESET'), problemAnswer('overloaded', 503), jsonAnswer(page)];
    expect(await carryOut((client) => client.users.list(), outcomes)).toMatchObject({ result: page });
  });

  it('is refused by the last error, which says how often it was tried', async () => {
    const failure = (): Outcome => problemAnswer('database_unavailable', 503);
    const { result } = await carryOut((client) => client.users.delete('a'), [failure, failure, failure]);
    expect(result).toMatchObject({ name: 'UnavailableError', attempts: 3 });
    expect((result as Error).message).toBe(
      'DELETE /api/v1/users/a: database_unavailable: It is database_unavailable. (attempt 3)',
    );
  });

  it('tells by its attempts that what a deletion does not find may be its own work', async () => {
    const outcomes = [networkFailure('ECONNRESET'), problemAnswer('not_found', 404)];
    const { result } = await carryOut((client) => client.users.delete('a'), outcomes);
    expect(result).toMatchObject({ name: 'NotFoundError', attempts: 2 });
  });
});

describe('a call that makes or changes something', () => {
  it.each(Object.entries(DOUBLING))('is tried again only where nothing was done: %s', async (_, call) => {
    for (const [about, failure] of Object.entries(FAILURES)) {
      const { attempts } = await carryOut(call, [failure, failure, failure, failure]);
      expect(attempts.length, about).toBe(NOTHING_DONE.has(about) ? 3 : 1);
    }
  });

  it('sends the same each time', async () => {
    const failure = (): Outcome => problemAnswer('overloaded', 503);
    const { attempts } = await carryOut(
      (client) => client.users.create({ username: 'a' }),
      [failure, jsonAnswer({ id: 'a' }, 201)],
    );
    expect(attempts.map(({ init }) => [init.method, init.body])).toEqual([
      ['POST', '{"username":"a"}'],
      ['POST', '{"username":"a"}'],
    ]);
  });

  it.each(Object.entries(SINGLE))('is never tried again when sign-ins hang on it: %s', async (_, call) => {
    for (const [about, failure] of Object.entries(FAILURES)) {
      const { attempts } = await carryOut(call, [failure, failure]);
      expect(attempts.length, about).toBe(1);
    }
  });
});

describe('a refusal', () => {
  it.each(Object.entries(REFUSALS))('is never asked again: %s', async (_, refusal) => {
    for (const call of Object.values({ ...HARMLESS, ...DOUBLING })) {
      const { attempts, result } = await carryOut(call, [refusal, refusal]);
      expect(attempts).toHaveLength(1);
      // A deletion takes any answer but 204 for none.
      expect(result).toBeInstanceOf(Error);
    }
  });
});

describe('the pauses', () => {
  const pausesOf = (attempts: Attempt[]): number[] =>
    attempts.slice(1).map(({ at }, index) => at - (attempts[index]?.at ?? 0));
  const list = (client: CastellanClient, options?: CallOptions): Promise<unknown> => client.users.list({}, options);

  it('grow from attempt to attempt, up to two seconds', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const outcomes = Array.from({ length: 8 }, () => () => networkFailure('ECONNRESET'));
    const { attempts } = await carryOut(list, outcomes, { retries: 7 });
    expect(pausesOf(attempts)).toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
  });

  it('are spread, so that clients that were refused together do not come back together', async () => {
    const failure = (): Outcome => networkFailure('ECONNRESET');
    const firsts: (number | undefined)[] = [];
    for (const random of [0, 0.5, 1]) {
      vi.spyOn(Math, 'random').mockReturnValue(random);
      firsts.push(pausesOf((await carryOut(list, [failure, failure, failure])).attempts)[0]);
    }
    expect(firsts).toEqual([50, 75, 100]);
  });

  it.each([
    ['seconds', () => '7'],
    ['a date', () => new Date(Date.now() + 7000).toUTCString()],
  ])('keep to what Retry-After says in %s', async (_, retryAfter) => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    vi.setSystemTime('2026-01-01T00:00:00.000Z');
    const busy = (): Outcome => problemAnswer('overloaded', 503, { 'retry-after': retryAfter() });
    const { attempts } = await carryOut(list, [busy, jsonAnswer(page)]);
    expect(pausesOf(attempts)).toEqual([7100]);
  });

  it.each(['soon', '-5', '', '1.5', '99999999999999'])('take no notice of the Retry-After %j', async (retryAfter) => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const busy = problemAnswer('overloaded', 503, { 'retry-after': retryAfter });
    const { attempts } = await carryOut(list, [busy, jsonAnswer(page)]);
    const [pause = NaN] = pausesOf(attempts);
    expect(pause).toBe(100);
  });

  it('are left out when they would end after the time of the call', async () => {
    const busy = problemAnswer('overloaded', 503, { 'retry-after': '30' });
    const started = Date.now();
    const { attempts, result } = await carryOut(list, [busy], { timeout: 10_000 });
    expect(attempts).toHaveLength(1);
    expect(result).toMatchObject({ name: 'UnavailableError', retryAfter: 30 });
    expect(Date.now()).toBe(started);
  });

  it('end with the signal of the caller', async () => {
    const { fetch, attempts } = fakeFetch(networkFailure('ECONNRESET'), jsonAnswer(page));
    const controller = new AbortController();
    const client = new CastellanClient({ url, fetch });
    const settled = list(client, { signal: controller.signal }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10);
    controller.abort(new Error('enough'));
    expect(await settled).toEqual(new Error('enough'));
    await vi.runAllTimersAsync();
    expect(attempts).toHaveLength(1);
  });
});

describe('the number of retries', () => {
  it('is two unless told, and none for zero', async () => {
    const failure = (): Outcome => networkFailure('ECONNRESET');
    const failures = Array.from({ length: 12 }, () => failure);
    const list = (client: CastellanClient): Promise<unknown> => client.users.list();
    expect((await carryOut(list, failures)).attempts).toHaveLength(3);
    expect((await carryOut(list, failures, { retries: 0 })).attempts).toHaveLength(1);
    expect((await carryOut(list, failures, { retries: 5 })).attempts).toHaveLength(6);
    const once = (client: CastellanClient): Promise<unknown> => client.users.list({}, { retries: 0 });
    expect((await carryOut(once, failures, { retries: 5 })).attempts).toHaveLength(1);
  });

  it.each([-1, 1.5, 11, NaN, Infinity])('can not be %s', async (retries) => {
    expect(() => new CastellanClient({ url, retries })).toThrow('retries must be a whole number from 0 to 10');
    const { fetch, attempts } = fakeFetch();
    await expect(new CastellanClient({ url, fetch }).users.list({}, { retries })).rejects.toThrow(/^retries must/);
    expect(attempts).toEqual([]);
  });
});
