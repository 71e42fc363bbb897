import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuthzEngine } from '../../src/core/ports/engine.js';
import { openEngine, type AuthzSource } from '../../src/embed/authz-options.js';
import { plantDocuments } from '../support/embedding/documents-world.js';
import { startTestService, type TestService } from '../support/service.js';
import { stallingWay } from '../support/stalling-way.js';

const alice = { type: 'user', id: 'alice' };
const object = { type: 'document', id: '1' };
const question = { subject: alice, permission: { type: 'document', action: 'view' }, object };
const asking: Readonly<Record<string, (engine: AuthzEngine) => Promise<unknown>>> = {
  'a decision': async (engine) => (await engine.decideAll([question])).map(({ allowed }) => allowed),
  'a snapshot': (engine) => engine.actions({ subject: alice, object }),
};
const answers: Readonly<Record<string, unknown>> = {
  'a decision': [true],
  'a snapshot': ['view', 'change', 'publish'],
};

let service: TestService;
let engine: AuthzEngine;
const pools: pg.Pool[] = [];
const uncaught: Error[] = [];
const onUncaught = (error: Error): void => void uncaught.push(error);

beforeAll(async () => {
  service = await startTestService();
  await plantDocuments(service);
});
afterAll(() => service.stop());
beforeEach(() => {
  process.on('uncaughtException', onUncaught);
});
afterEach(async () => {
  process.off('uncaughtException', onUncaught);
  await engine.close();
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
  expect(uncaught.splice(0)).toEqual([]);
});

function poolOf(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 1 });
  pools.push(pool);
  return pool;
}

const SOURCES: Readonly<Record<string, () => AuthzSource>> = {
  "the app's own pool": () => ({ pool: poolOf(service.databaseUrl) }),
  "connections of the module's own": () => ({ databaseUrl: service.databaseUrl }),
};

/** Lets the work wait in the database, and ends the connection that it waits on there. */
async function whileItsConnectionEnds(work: () => Promise<unknown>): Promise<unknown> {
  const holder = new pg.Client(service.databaseUrl);
  // In a transaction, what is seen of others stays as it was.
  const watcher = new pg.Client(service.databaseUrl);
  await Promise.all([holder.connect(), watcher.connect()]);
  try {
    await holder.query('BEGIN; LOCK TABLE castellan.types IN ACCESS EXCLUSIVE MODE');
    const outcome = work().catch((error: unknown) => error);
    const end = `SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await expect.poll(async () => (await watcher.query(end)).rows, { interval: 5 }).toContainEqual({ ended: true });
    return await outcome;
  } finally {
    await Promise.all([holder.end(), watcher.end()]);
  }
}

describe.each(Object.entries(SOURCES))('%s, where the database ends one in use', (_source, source) => {
  it.each(Object.entries(asking))('fail what was asked on it, and nothing else: %s', async (what, ask) => {
    engine = openEngine(source());
    expect(await whileItsConnectionEnds(() => ask(engine))).toMatchObject({ code: 'database_unavailable' });
    expect(await ask(engine)).toEqual(answers[what]);
  });
});

describe("an app's own pool, on which the database does not say a word", () => {
  it.each(Object.entries(asking))('keeps nobody waiting for ever: %s', async (what, ask) => {
    const way = await stallingWay(service.databaseUrl);
    try {
      engine = openEngine({ pool: poolOf(way.databaseUrl) });
      expect(await ask(engine)).toEqual(answers[what]);
      way.stall();
      await expect(ask(engine)).rejects.toMatchObject({ code: 'database_unavailable' });
      way.flow();
      // The silent connection was given up: the pool's only one is another.
      expect(await ask(engine)).toEqual(answers[what]);
    } finally {
      await way.close();
    }
  });
});
