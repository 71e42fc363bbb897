import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openStore, type Store } from '../../src/store/store.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { stories, type Story } from './arbitrary-worlds.js';
import { Telling } from './telling.js';

const worlds = inject('worlds');
const patience = 10_000 + 1000 * worlds;

describe('decisions and lists', () => {
  let database: TestDatabase;
  let store: Store;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    store = openStore({ url: database.databaseUrl });
    client = new pg.Client(database.databaseUrl);
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await store.close();
    await database.drop();
  });

  it(
    `are what a plain reading of the design says, after every write in ${worlds} worlds`,
    { timeout: 2 * patience },
    async () => {
      const sums = { asked: 0, allowed: 0 };
      const property = fc.asyncProperty(stories, async (story) => {
        const { asked, allowed } = await new Telling(store, client, story).tell();
        sums.asked += asked;
        sums.allowed += allowed;
      });
      // A failing world is made smaller until the time is up.
      const limits = { numRuns: worlds, interruptAfterTimeLimit: patience, markInterruptAsFailure: true };
      await fc.assert(property, { ...limits, asyncReporter: report });
      expect(sums.allowed / sums.asked).toBeGreaterThan(0.05);
    },
  );
});

function report({ failed, seed, counterexamplePath, errorInstance, numRuns }: fc.RunDetails<[Story]>): Promise<void> {
  if (!failed) return Promise.resolve();
  const reason = errorInstance instanceof Error ? errorInstance.message : 'The time was up.';
  return Promise.reject(new Error(`After ${numRuns} worlds (seed ${seed}, path ${counterexamplePath}):\n${reason}`));
}
