import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { query } from '../../../test/support/query.js';
import { PgExecutor } from '../executor.js';
import { LoadWatch } from './load-watch.js';

describe('the watch over a load', () => {
  let database: TestDatabase;
  let watched: pg.Client;
  let watch: LoadWatch;

  beforeEach(async () => {
    database = await createTestDatabase();
    await query(
      database.databaseUrl,
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = 700', current_database()); END $$`,
    );
    watched = new pg.Client(database.databaseUrl);
    watched.on('error', () => {});
    await watched.connect();
    await watched.query('SET statement_timeout = 0');
    watch = new LoadWatch(database.databaseUrl, new AbortController().signal, 1);
    await watched.query('BEGIN; CREATE TEMPORARY TABLE taken (n int)');
    expect(await watch.begin(new PgExecutor(watched))).toBe(true);
  });
  afterEach(async () => {
    await watch.close(new PgExecutor(watched));
    await watched.end().catch(() => {});
    await database.drop();
  });

  const ended = (): Promise<void> => new Promise((resolve) => watched.once('end', resolve));
  const atWork = async (): Promise<number> =>
    (
      await query(
        database.databaseUrl,
        `SELECT 1 FROM pg_stat_activity WHERE pid = ${watch.pid ?? 0} AND state = 'active'`,
      )
    ).length;
  const untilAtRest = async (): Promise<void> => {
    while ((await atWork()) > 0) await watched.query('SELECT pg_sleep(0.1)');
  };

  it('ends the connection of a process that sends no more of the rows that Postgres waits for', async () => {
    const copy = watched.query(copyFrom('COPY pg_temp.taken FROM STDIN'));
    copy.on('error', () => {});
    copy.write('1\n');
    await ended();
    expect(
      await query(
        database.databaseUrl,
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%'`,
      ),
    ).toEqual([]);
  });

  it('waits for rows that come slowly', async () => {
    const copy = watched.query(copyFrom('COPY pg_temp.taken FROM STDIN'));
    for (let n = 0; n < 15; n += 1) {
      copy.write(`${n}\n`);
      await pause(200);
    }
    copy.end();
    await finished(copy);
    expect((await watched.query('SELECT count(*)::int AS rows FROM pg_temp.taken')).rows).toEqual([{ rows: 15 }]);
  });

  it('leaves no connection of its own behind when it has ended another', async () => {
    const gone = watch.pid ?? 0;
    await ended();
    const at = `SELECT 1 FROM pg_stat_activity WHERE pid = ${gone}`;
    while ((await query(database.databaseUrl, at)).length > 0) await pause(20);
    expect(watch.pid).toBeNull();
  });

  it('ends the connection of a process that does nothing within its transaction', async () => {
    await ended();
    await expect(watched.query('SELECT 1')).rejects.toThrow(/not queryable/);
  });

  it('leaves alone whoever is at work, however long, and ends with the transaction', async () => {
    await watched.query('SELECT pg_sleep(3)');
    expect(await atWork()).toBe(1);
    for (let n = 0; n < 8; n += 1) await watched.query('SELECT pg_sleep(0.3)');
    await watched.query('COMMIT');
    await untilAtRest();
    expect((await watched.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});
