import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import connectPgSimple from 'connect-pg-simple';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionContent, SessionStore } from '../../src/auth/sessions.js';
import { PgExecutor } from '../../src/store/executor.js';
import { PgSessionStore } from '../../src/store/session-store.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

let database: TestDatabase;
let pool: pg.Pool;
let store: PgSessionStore;
let alice: number;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.databaseUrl, max: 5 });
  // The connections that dropping the database cuts off.
  pool.on('error', () => {});
});

beforeEach(async () => {
  await pool.query('TRUNCATE castellan.subjects RESTART IDENTITY CASCADE');
  const { rows } = await pool.query(
    `INSERT INTO castellan.subjects (type, external_id, username) VALUES ('user', 'alice', 'alice') RETURNING id`,
  );
  alice = rows[0].id;
  await pool.query(`INSERT INTO castellan.credentials (subject_id, password_hash, version) VALUES ($1, 'x', $2)`, [
    alice,
    VERSION,
  ]);
  store = new PgSessionStore(pool, () => {});
  return () => store.close();
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const VERSION = '019abc00-0000-7000-8000-000000000001';
const origin = { address: '192.0.2.7', userAgent: 'a browser' };
const content = (): SessionContent => ({ stamp: { subjectKey: alice, version: VERSION }, csrfToken: 'token' });
const signsInAlice = { id: expect.any(String), subject: { type: 'user', id: 'alice' } };

/** Promises in the place of the callbacks that the session plugin passes. */
function call(name: 'get' | 'destroy', sid: string): Promise<unknown>;
function call(name: 'set' | 'touch', sid: string, session: object): Promise<unknown>;
function call(name: 'get' | 'set' | 'destroy' | 'touch', ...values: unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown, result: unknown): void => (error ? reject(error) : resolve(result));
    (store[name] as (...of: unknown[]) => void).call(store, ...values, done);
  });
}

async function opened(): Promise<string> {
  const sid = randomBytes(24).toString('base64url');
  expect(await store.open(sid, content(), alice, origin)).toBe(true);
  return sid;
}

/** Lets time pass for every session, as the database sees it. */
async function pass(interval: string): Promise<void> {
  await pool.query(
    `UPDATE castellan.sessions SET expire = expire - $1::interval, created_at = created_at - $1::interval`,
    [interval],
  );
}

async function minutesLeft(): Promise<number> {
  const { rows } = await pool.query(
    `SELECT extract(epoch FROM expire - now())::float / 60 AS left FROM castellan.sessions`,
  );
  return Math.round(rows[0].left);
}

async function rowCount(): Promise<number> {
  return (await pool.query('SELECT sid FROM castellan.sessions')).rowCount ?? 0;
}

describe('a session', () => {
  it('is found as it was opened, by the id it was opened under', async () => {
    const sid = await opened();
    expect(await call('get', sid)).toEqual({ ...content(), found: signsInAlice });
    expect(await call('get', `${sid}x`)).toBeNull();
  });

  it('is kept under a hash of its id, which opens nothing', async () => {
    const sid = await opened();
    const { rows } = await pool.query('SELECT sid, sess::text AS sess, subject_id FROM castellan.sessions');
    expect(rows).toEqual([
      { sid: createHash('sha256').update(sid).digest('base64url'), sess: JSON.stringify(content()), subject_id: alice },
    ]);
    expect(await call('get', rows[0].sid)).toBeNull();
  });

  it('keeps what is saved, and not the attributes of its cookie', async () => {
    const sid = await opened();
    await call('set', sid, { ...content(), csrfToken: 'another', cookie: { path: '/' } });
    expect(await call('get', sid)).toEqual({ ...content(), csrfToken: 'another', found: signsInAlice });
  });

  it('signs nobody in once its user has another password, or none, or is not active', async () => {
    const sid = await opened();
    for (const ended of [
      `UPDATE castellan.credentials SET version = gen_random_uuid()`,
      `DELETE FROM castellan.credentials`,
      `UPDATE castellan.subjects SET active = false`,
    ]) {
      const client = await pool.connect();
      await client.query('BEGIN');
      await client.query(ended);
      const within = new PgSessionStore(pool, () => {}, new PgExecutor(client));
      const found = await new Promise((resolve, reject) => {
        within.get(sid, (error: unknown, session: unknown) => (error ? reject(error) : resolve(session)));
      });
      expect(found).toMatchObject({ ...content(), found: { id: expect.any(String), subject: null } });
      await client.query('ROLLBACK');
      client.release();
      within.close();
    }
    expect(await call('get', sid)).toMatchObject({ found: signsInAlice });
  });

  it('that are asked for together are each found', async () => {
    const sids = [await opened(), await opened(), 'none', await opened()];
    const found = await Promise.all(sids.map((sid) => call('get', sid)));
    const ids = found.map((session) => (session as { found?: { id: string } } | null)?.found?.id);
    expect(ids[2]).toBeUndefined();
    expect(new Set(ids).size).toBe(4);
  });

  it('is not opened for a subject that is gone', async () => {
    expect(await store.open('sid', content(), alice + 1, origin)).toBe(false);
    expect(await rowCount()).toBe(0);
  });

  it('goes with its subject', async () => {
    const sid = await opened();
    await pool.query('DELETE FROM castellan.subjects WHERE id = $1', [alice]);
    expect(await call('get', sid)).toBeNull();
  });

  it('is not opened twice under one id', async () => {
    const sid = await opened();
    await expect(store.open(sid, content(), alice, origin)).rejects.toMatchObject({ code: '23505' });
  });
});

describe('an ended session', () => {
  it('stays ended, whatever a request that was under way with it saves or touches', async () => {
    for (let round = 0; round < 10; round++) {
      const sid = await opened();
      const session = (await call('get', sid)) as object;
      await Promise.all([call('destroy', sid), call('set', sid, session), call('touch', sid, session)]);
      await call('set', sid, session);
      await call('touch', sid, session);
      expect(await call('get', sid)).toBeNull();
      expect(await rowCount()).toBe(0);
    }
  });

  it('is ended once it has run out, whatever is saved', async () => {
    const sid = await opened();
    await pass('31 minutes');
    await call('set', sid, content());
    await call('touch', sid, content());
    expect(await call('get', sid)).toBeNull();
  });
});

describe('the store that this one extends', () => {
  it('brings an ended session back by saving it, which is why saving is done otherwise here', async () => {
    await pool.query(
      'CREATE TABLE public.session (sid text PRIMARY KEY, sess json NOT NULL, expire timestamp NOT NULL)',
    );
    const Upserting = connectPgSimple({ Store: EventEmitter } as never);
    const upserting = new Upserting({ pool, pruneSessionInterval: false });
    const session = { cookie: {} } as Parameters<typeof upserting.set>[1];
    await new Promise((resolve) => upserting.set('sid', session, resolve));
    await new Promise((resolve) => upserting.destroy('sid', resolve));
    await new Promise((resolve) => upserting.set('sid', session, resolve));
    expect((await pool.query('SELECT sid FROM public.session')).rows).toEqual([{ sid: 'sid' }]);
  });
});

describe('the time of a session', () => {
  it('runs out after thirty minutes without a request', async () => {
    const sid = await opened();
    expect(await minutesLeft()).toBe(30);
    await pass('29 minutes 50 seconds');
    expect(await call('get', sid)).not.toBeNull();
    await pass('30 minutes 10 seconds');
    expect(await call('get', sid)).toBeNull();
  });

  it('is prolonged by requests, and written down at most once a minute', async () => {
    const sid = await opened();
    const query = vi.spyOn(pool, 'query');
    for (let second = 0; second < 50; second += 10) {
      await call('get', sid);
      await pass('10 seconds');
    }
    const touches = (): number =>
      query.mock.calls.filter(([of]) => JSON.stringify(of).includes('session_touch')).length;
    expect(touches()).toBe(0);
    await pass('15 seconds');
    await call('get', sid);
    await call('get', sid);
    expect([touches(), await minutesLeft()]).toEqual([1, 30]);
  });

  it('ends twelve hours after it began, however often it is asked for', async () => {
    const sid = await opened();
    for (let hours = 0; hours < 11.75; hours += 0.25) {
      await pass('15 minutes');
      expect(await call('get', sid)).not.toBeNull();
    }
    expect(await minutesLeft()).toBe(15);
    await call('set', sid, content());
    await call('touch', sid, content());
    expect(await minutesLeft()).toBe(15);
    await pass('14 minutes');
    expect(await call('get', sid)).not.toBeNull();
    await pass('2 minutes');
    expect(await call('get', sid)).toBeNull();
  });

  it('is the database’s, not the process’s', async () => {
    const sid = await opened();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 365 * 86_400_000 });
    try {
      expect(await call('get', sid)).not.toBeNull();
      await call('set', sid, content());
    } finally {
      vi.useRealTimers();
    }
    expect(await minutesLeft()).toBe(30);
  });
});

describe('pruning', () => {
  it('removes what has run out, and nothing else', async () => {
    await opened();
    await pass('31 minutes');
    const sid = await opened();
    await new Promise((resolve) => store.pruneSessions(resolve));
    expect(await rowCount()).toBe(1);
    expect(await call('get', sid)).not.toBeNull();
  });

  it('happens by itself, tells when it fails, and holds up no process', async () => {
    const timers = vi.spyOn(globalThis, 'setInterval');
    const failures: unknown[] = [];
    const closed = new pg.Pool({ connectionString: database.databaseUrl });
    await closed.end();
    const pruning = new PgSessionStore(closed, (error) => failures.push(error));
    const [run] = timers.mock.calls[0] as [() => void];
    const timer = timers.mock.results[0] as { value: NodeJS.Timeout };
    expect(timer.value.hasRef()).toBe(false);
    run();
    await vi.waitFor(() => expect(failures).toHaveLength(1));
    pruning.close();
  });
});

describe('an error of the database', () => {
  it('reaches the caller as one', async () => {
    const nowhere = new pg.Pool({ connectionString: 'postgresql://127.0.0.1:1/nowhere' });
    const unreachable = new PgSessionStore(nowhere, () => {});
    const error = await new Promise((resolve) => unreachable.get('sid', resolve));
    expect(error).toMatchObject({ code: 'database_unavailable' });
    await expect(unreachable.open('sid', content(), alice, origin)).rejects.toMatchObject({
      code: 'database_unavailable',
    });
    unreachable.close();
    await nowhere.end();
  });
});

it('is a store that sign-in can use', () => {
  const typed: SessionStore = store;
  expect(typed).toBe(store);
});
