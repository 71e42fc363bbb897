import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import pg from 'pg';
import { operator } from '../../src/core/caller.js';
import type { SignInAttempt, SignInOrigin } from '../../src/core/ports/sign-in-attempts.js';
import { PgExecutor } from '../../src/store/executor.js';
import { PostgresSignInAttempts } from '../../src/store/sign-in-attempts-store.js';
import { openStore, type Store } from '../../src/store/store.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';

const SECRET = 'a secret of this test';
const MINUTE = 60;
const alice = { type: 'user', id: 'alice' };

let database: TestDatabase;
let stores: [Store, Store];
let client: pg.Client;
let one: PostgresSignInAttempts;
let other: PostgresSignInAttempts;
let aliceKey: number;

beforeAll(async () => {
  database = await createTestDatabase();
  const open = (): Store =>
    openStore({ url: database.databaseUrl, connections: 8, acquireTimeout: 20_000, statementTimeout: 10_000 });
  stores = [open(), open()];
  [one, other] = [counting(stores[0]), counting(stores[1])];
  client = new pg.Client(database.databaseUrl);
  client.on('error', () => {});
  await client.connect();
});
beforeEach(async () => {
  aliceKey = await addAlice();
});
afterEach(() =>
  client.query("DELETE FROM castellan.sign_in_attempts; DELETE FROM castellan.subjects WHERE external_id = 'alice'"),
);
afterAll(async () => {
  await client.end();
  await Promise.all(stores.map((store) => store.close()));
  await database.drop();
});

const counting = (store: Store): PostgresSignInAttempts =>
  new PostgresSignInAttempts(new PgExecutor(store.database.pool), SECRET);

async function addAlice(): Promise<number> {
  const blank = { email: null, active: true, superuser: false, attributes: {} };
  await client.query("DELETE FROM castellan.objects WHERE external_id = 'alice'");
  await stores[0].writes.write(operator('test', 'test'), 'structure', (unit) =>
    unit.users.create({ id: 'alice', username: 'alice', ...blank }),
  );
  const { rows } = await client.query<{ id: number }>("SELECT id FROM castellan.subjects WHERE username = 'alice'");
  return rows[0]?.id ?? 0;
}

const from = (network: string, way: SignInOrigin['way'] = 'session'): SignInOrigin => ({
  address: network,
  network,
  way,
  requestId: 'r',
});

/** What a try comes to: it may be verified, or how many seconds it has to wait. */
async function tried(
  username: string,
  network: string,
  attempts: PostgresSignInAttempts = one,
): Promise<SignInAttempt | number> {
  return attempts.begin(username, from(network)).catch((error: { code?: string; retryAfter?: number }) => {
    if (error.code !== 'too_many_attempts' || error.retryAfter === undefined) throw error;
    return error.retryAfter;
  });
}

async function begun(username: string, network: string, attempts = one): Promise<SignInAttempt> {
  const attempt = await tried(username, network, attempts);
  if (typeof attempt === 'number') throw new Error(`has to wait ${attempt} s`);
  return attempt;
}

async function fail(username: string, network: string, times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1) await one.failed(await begun(username, network));
}

async function succeed(network: string): Promise<void> {
  await one.succeeded(await begun('alice', network), aliceKey, alice);
}

/** As if so much time had gone by: what there is, is so much older. */
async function pass(interval: string): Promise<void> {
  await client.query(`UPDATE castellan.sign_in_attempts SET since = since - interval '${interval}',
    blocked_until = blocked_until - interval '${interval}', expires_at = expires_at - interval '${interval}'`);
  await client.query(`UPDATE castellan.sign_in_places SET seen_at = seen_at - interval '${interval}'`);
}

async function waitOf(username: string, network: string): Promise<number> {
  const outcome = await tried(username, network);
  if (typeof outcome === 'number') return outcome;
  await one.abandoned(outcome);
  return 0;
}

const minutes = (seconds: number): number => Math.ceil(seconds / MINUTE);

describe('tries of one account from one network', () => {
  it('are ten, however many come at once to however many processes', async () => {
    const processes = Array.from({ length: 16 }, (_, n) => counting(stores[n % 2 === 0 ? 0 : 1]));
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, n) => tried('alice', '192.0.2.1', processes[n % 16])),
    );
    const begunTries = outcomes.filter((outcome) => typeof outcome !== 'number');
    expect(begunTries).toHaveLength(10);
    await Promise.all(begunTries.map((attempt) => one.failed(attempt)));
    expect(await tried('alice', '192.0.2.1', other)).toBeGreaterThan(14 * MINUTE);
    expect(await waitOf('bob', '192.0.2.1')).toBe(0);
    expect(await waitOf('alice', '192.0.2.2')).toBe(0);
  });

  it('are no more where several looked before any was counted', async () => {
    await fail('alice', '192.0.2.1', 9);
    await client.query('BEGIN; SELECT 1 FROM castellan.sign_in_attempts FOR UPDATE');
    const tries = Array.from({ length: 4 }, () => tried('alice', '192.0.2.1', counting(stores[0])));
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    await vi.waitUntil(async () => (await query(database.databaseUrl, waiting)).length === 4, { timeout: 10_000 });
    await client.query('COMMIT');
    const outcomes = await Promise.all(tries);
    expect(outcomes.filter((outcome) => typeof outcome !== 'number')).toHaveLength(1);
  });

  it('wait twice as long each time, an hour at most, and begin anew after a day', async () => {
    const waits: number[] = [];
    for (let time = 0; time < 4; time += 1) {
      await fail('alice', '192.0.2.1', 10);
      waits.push(minutes(await waitOf('alice', '192.0.2.1')));
      await pass(`${waits.at(-1)} minutes`);
    }
    expect(waits).toEqual([15, 30, 60, 60]);
    await pass('1 day');
    await fail('alice', '192.0.2.1', 10);
    expect(minutes(await waitOf('alice', '192.0.2.1'))).toBe(15);
  });

  it('may be made again when the wait is over, and not a moment before', async () => {
    await fail('alice', '192.0.2.1', 10);
    await pass('14 minutes 55 seconds');
    expect(minutes(await waitOf('alice', '192.0.2.1'))).toBe(1);
    await pass('5 seconds');
    expect(await waitOf('alice', '192.0.2.1')).toBe(0);
  });

  it('that failed a quarter of an hour ago are not counted', async () => {
    await fail('alice', '192.0.2.1', 9);
    await pass('15 minutes');
    await fail('alice', '192.0.2.1', 9);
    expect(await waitOf('alice', '192.0.2.1')).toBe(0);
    await fail('alice', '192.0.2.1', 1);
    expect(await waitOf('alice', '192.0.2.1')).toBeGreaterThan(0);
  });

  it('are not used up by those that succeed, nor given back by them', async () => {
    await fail('alice', '192.0.2.1', 9);
    for (let time = 0; time < 12; time += 1) await succeed('192.0.2.1');
    expect(await waitOf('alice', '192.0.2.1')).toBe(0);
    await fail('alice', '192.0.2.1', 1);
    expect(await waitOf('alice', '192.0.2.1')).toBeGreaterThan(14 * MINUTE);
  });

  it('are not shut by one that turns out to be right while the others fail', async () => {
    const attempts = await Promise.all(Array.from({ length: 10 }, () => begun('alice', '192.0.2.1')));
    const [right, ...wrong] = attempts as [SignInAttempt, ...SignInAttempt[]];
    for (const attempt of wrong) await one.failed(attempt);
    await one.succeeded(right, aliceKey, alice);
    expect(await waitOf('alice', '192.0.2.1')).toBe(0);
    await fail('alice', '192.0.2.1', 1);
    expect(minutes(await waitOf('alice', '192.0.2.1'))).toBe(15);
  });

  it('count where nobody said what became of them, until their time is over', async () => {
    for (let time = 0; time < 10; time += 1) await begun('alice', '192.0.2.1');
    expect(await waitOf('alice', '192.0.2.1')).toBe(1);
    await pass('15 minutes');
    expect(await waitOf('alice', '192.0.2.1')).toBe(0);
  });

  it('are given back to the count that they were in, and to no later one', async () => {
    const late = await begun('alice', '192.0.2.1');
    await pass('15 minutes');
    await fail('alice', '192.0.2.1', 9);
    await one.abandoned(late);
    await fail('alice', '192.0.2.1', 1);
    expect(await waitOf('alice', '192.0.2.1')).toBeGreaterThan(0);
  });
});

describe('tries from one network', () => {
  it('are a hundred, whatever the accounts are called', async () => {
    for (let n = 0; n < 100; n += 1) await fail(`name ${n}`, '192.0.2.1');
    expect(minutes(await waitOf('another', '192.0.2.1'))).toBe(15);
    expect(minutes(await waitOf('alice', '192.0.2.1'))).toBe(15);
    expect(await waitOf('alice', '192.0.2.2')).toBe(0);
  });

  it('are not won back by an own account that is signed in to in between', async () => {
    for (let n = 0; n < 100; n += 1) {
      await fail(`name ${n}`, '192.0.2.1');
      if (n < 99) await succeed('192.0.2.1');
    }
    expect(await waitOf('another', '192.0.2.1')).toBeGreaterThan(0);
  });
});

describe('tries of one account from many networks', () => {
  const failFrom = async (networks: number): Promise<void> => {
    for (let n = 0; n < networks; n += 1) await fail('alice', `198.51.100.${n}`);
  };

  it('only slow down: a minute at first, a quarter of an hour at most', async () => {
    const waits: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      for (let n = 0; n < 50; n += 1) await fail('alice', `net ${round} ${n}`);
      waits.push(minutes(await waitOf('alice', '192.0.2.1')));
      await pass(`${waits.at(-1)} minutes`);
    }
    expect(waits).toEqual([1, 2, 4, 8, 15, 15]);
  });

  it('hold nobody up who signed in rightly from there before', async () => {
    await succeed('192.0.2.1');
    await failFrom(50);
    expect(await waitOf('alice', '192.0.2.2')).toBeGreaterThan(0);
    expect(await waitOf('alice', '192.0.2.1')).toBe(0);
    await succeed('192.0.2.1');
    await fail('alice', '192.0.2.1', 10);
    expect(await waitOf('alice', '192.0.2.1')).toBeGreaterThan(14 * MINUTE);
  });

  it('hold up whoever signed in from there three months ago, or as another user of the name', async () => {
    await succeed('192.0.2.1');
    await pass('90 days');
    await failFrom(50);
    expect(await waitOf('alice', '192.0.2.1')).toBeGreaterThan(0);
    await pass('1 minute');
    await succeed('192.0.2.1');
    await client.query("DELETE FROM castellan.subjects WHERE external_id = 'alice'");
    await addAlice();
    await failFrom(50);
    expect(await waitOf('alice', '192.0.2.1')).toBeGreaterThan(0);
  });
});

describe('what is counted', () => {
  it('tells no name, no address, and nothing that was typed where a name belongs', async () => {
    await fail('my secret password', '192.0.2.77');
    await succeed('192.0.2.77');
    const { rows } = await client.query(
      'SELECT a::text AS row FROM castellan.sign_in_attempts a UNION ALL SELECT p::text FROM castellan.sign_in_places p',
    );
    expect(rows.length).toBeGreaterThanOrEqual(4);
    expect(JSON.stringify(rows)).not.toMatch(/secret|alice|192\.0/);
  });

  it('takes names that nobody can have', async () => {
    for (const name of ['', 'a\0b', 'a\ud800', 'x'.repeat(2000)]) await fail(name, '192.0.2.1');
    expect(await waitOf('alice', '192.0.2.1')).toBe(0);
  });

  it('goes away by itself', async () => {
    for (let n = 0; n < 5; n += 1) await fail(`name ${n}`, `192.0.2.${n}`);
    await fail('alice', '192.0.2.9', 10);
    await pass('20 minutes');
    await fail('bob', '192.0.2.100');
    const count = async (): Promise<number> =>
      (await client.query('SELECT 1 FROM castellan.sign_in_attempts')).rowCount ?? 0;
    // Of bob's try three rows; and of alice's the one that remembers how often it was shut.
    expect(await count()).toBe(4);
    await pass('2 days');
    await fail('bob', '192.0.2.100');
    expect(await count()).toBe(3);
  });

  it('leaves nothing behind of tries that succeed', async () => {
    await succeed('192.0.2.1');
    expect((await client.query('SELECT 1 FROM castellan.sign_in_attempts')).rows).toEqual([]);
  });

  it('is looked up for others while one network floods it: that one is turned away', async () => {
    const flood = Array.from({ length: 400 }, () =>
      tried('bob', '192.0.2.66').catch((error: { code: string }) => error.code),
    );
    const others = Promise.all(Array.from({ length: 20 }, (_, n) => tried(`name ${n}`, `198.51.100.${n}`)));
    expect((await others).filter((attempt) => typeof attempt === 'number')).toEqual([]);
    expect((await Promise.all(flood)).filter((outcome) => outcome === 'overloaded')).toHaveLength(150);
  });

  it('is right after many tries of all kinds at once, and none waits for another in a circle', async () => {
    const settle = async (n: number): Promise<void> => {
      const attempts = n % 2 === 0 ? one : other;
      const attempt = await begun(`name ${n % 7}`, `192.0.2.${n % 5}`, attempts);
      if (n % 3 === 0) await attempts.failed(attempt);
      else if (n % 3 === 1) await attempts.succeeded(attempt, aliceKey, alice);
      else await attempts.abandoned(attempt);
    };
    await Promise.all(Array.from({ length: 300 }, (_, n) => settle(n)));
    const { rows } = await client.query<{ counted: number }>('SELECT counted FROM castellan.sign_in_attempts');
    // A failure is counted for the account from there, for the network and for the account.
    expect(rows.reduce((sum, { counted }) => sum + counted, 0)).toBe(3 * 100);
  });
});
