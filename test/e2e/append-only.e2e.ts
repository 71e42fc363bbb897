import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

describe('what is in the audit trail', () => {
  it.each([
    "UPDATE castellan.changes SET actor_id = 'somebody else'",
    'UPDATE castellan.changes SET after = NULL WHERE false',
    'DELETE FROM castellan.changes',
    'DELETE FROM castellan.changes WHERE id = 0',
    'TRUNCATE castellan.changes',
    'TRUNCATE castellan.changes, castellan.sessions CASCADE',
    'MERGE INTO castellan.changes c USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE',
    "INSERT INTO castellan.changes SELECT * FROM castellan.changes ON CONFLICT (id) DO UPDATE SET actor_id = 'me'",
  ])('stays: %s', async (statement) => {
    const client = new pg.Client(service.databaseUrl);
    await client.connect();
    const count = async () =>
      (await client.query('SELECT count(*), md5(string_agg(c::text, $1)) FROM castellan.changes c', [','])).rows;
    const before = await count();
    await expect(client.query(statement)).rejects.toThrow(/append-only/);
    expect(await count()).toEqual(before);
    await client.end();
  });
});
