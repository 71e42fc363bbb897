import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { operator } from '../../src/core/caller.js';
import { PgExecutor } from '../../src/store/executor.js';
import { PostgresSignInAttempts } from '../../src/store/sign-in-attempts-store.js';
import { openStore } from '../../src/store/store.js';
import { createTestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';

describe('a sign-in of a user who is just being removed', () => {
  it('comes to its end, and remembers nothing of them', async () => {
    const database = await createTestDatabase();
    const store = openStore({ url: database.databaseUrl });
    const other = new pg.Client(database.databaseUrl);
    try {
      await store.writes.write(operator('test', 'test'), 'structure', (unit) =>
        unit.users.create({
          id: 'alice',
          username: 'alice',
          email: null,
          active: true,
          superuser: false,
          attributes: {},
        }),
      );
      const attempts = new PostgresSignInAttempts(new PgExecutor(store.database.pool), 'a secret of this test');
      const [alice] = await query(
        database.databaseUrl,
        `SELECT id FROM castellan.subjects WHERE external_id = 'alice'`,
      );
      const origin = { address: '192.0.2.1', network: '192.0.2.1', way: 'session', requestId: 'test' } as const;
      const attempt = await attempts.begin('alice', origin);
      await other.connect();
      await other.query(`BEGIN; DELETE FROM castellan.subjects WHERE external_id = 'alice'`);
      const ending = attempts.succeeded(attempt, Number(alice?.['id']), { type: 'user', id: 'alice' });
      // Until it waits for the one that removes.
      const waits = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      while ((await query(database.databaseUrl, waits)).length === 0);
      await other.query('COMMIT');
      await ending;
      expect(await query(database.databaseUrl, 'SELECT 1 FROM castellan.sign_in_places')).toEqual([]);
    } finally {
      await other.end();
      await store.close();
      await database.drop();
    }
  });
});
