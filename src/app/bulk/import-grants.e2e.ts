import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { query } from '../../../test/support/query.js';
import { temporaryFolder, type TemporaryFolder } from '../../../test/support/temporary-folder.js';
import { examine } from '../../store/doctor.js';
import { importAsOperator, openSource, type ImportState } from './operator-import.js';

const OBJECTS = 40;
const SURROUNDINGS = [
  '{"kind":"type","id":"post"}',
  '{"kind":"user","username":"root","superuser":true}',
  ...Array.from({ length: 3 }, (_, n) => `{"kind":"user","username":"u${n}"}`),
  ...Array.from({ length: OBJECTS }, (_, n) => `{"kind":"object","type":"post","id":"${n}"}`),
];
const grant = (n: number, more = ''): string =>
  `{"kind":"grant","subject":"user:u${n % 3}","permission":"post:view","object":"post:${n}"${more}}`;
const grants = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, n) => grant(from + n));

describe('an import of grants', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;
  let other: pg.Client;

  beforeEach(async () => {
    database = await createTestDatabase();
    folder = await temporaryFolder('bulk-grants');
    await run(SURROUNDINGS, { batchSize: 1000 });
    other = new pg.Client(database.databaseUrl);
    await other.connect();
  });
  afterEach(async () => {
    await other.end();
    await database.drop();
    await folder.remove();
  });

  const rows = (sql: string): Promise<Record<string, unknown>[]> => query(database.databaseUrl, sql);
  const faults = async (): Promise<unknown> => (await examine(database.databaseUrl)).faults;
  const made = (): Promise<unknown> =>
    rows(
      `SELECT count(*)::int AS grants, count(DISTINCT (subject_id, place_id))::int AS different FROM castellan.grants`,
    );
  // As they are dumped.
  const order = async (): Promise<number[]> =>
    (
      await rows(
        `SELECT o.external_id::int AS n FROM castellan.grants g JOIN castellan.objects o ON o.id = g.object_id ORDER BY g.id`,
      )
    ).map(({ n }) => Number(n));
  const run = async (
    lines: readonly string[],
    {
      batchSize = 10,
      url = database.databaseUrl,
      stop = new AbortController(),
    }: { batchSize?: number; url?: string; stop?: AbortController } = {},
  ): Promise<ImportState> => {
    const file = join(folder.path, 'rows.ndjson');
    await writeFile(file, `${lines.join('\n')}\n`);
    const asked = { file, batchSize };
    return importAsOperator({ url }, await openSource(asked), asked, stop.signal, () => {});
  };
  /** Begins a transaction that has made the grant, so that whoever makes the same one waits for its end. */
  const makeBefore = (n: number): Promise<unknown> =>
    other.query(`BEGIN; INSERT INTO castellan.grants (id, subject_id, permission_id, object_id)
      SELECT gen_random_uuid(), s.id, p.id, o.id FROM castellan.subjects s, castellan.permissions p, castellan.objects o
        JOIN castellan.types t ON t.id = o.type_id
      WHERE s.external_id = 'u${n % 3}' AND p.type_id = t.id AND p.action = 'view' AND t.name = 'post' AND o.external_id = '${n}'`);
  /** Until the first batch waits for that transaction, and the one behind it is made. */
  const untilAhead = async (): Promise<void> => {
    const states = `SELECT count(*) FILTER (WHERE wait_event_type = 'Lock')::int AS waiting,
        count(*) FILTER (WHERE state = 'idle in transaction' AND query LIKE 'COPY castellan.grants%')::int AS ahead
      FROM pg_stat_activity WHERE application_name = 'castellan import' AND datname = current_database()`;
    await expect.poll(async () => (await rows(states))[0], { timeout: 20_000 }).toEqual({ waiting: 1, ahead: 1 });
  };

  it('leaves those that stand, and takes the first of those told twice, in one batch and in two at once', async () => {
    await run(grants(15, 18));
    const twice = [...grants(0, 20), grant(3), ...grants(20, 30), grant(25), grant(3), ...grants(30, OBJECTS)];
    expect(await run(twice)).toMatchObject({ counts: { grant: { created: 37, unchanged: 6, rejected: 0 } } });
    expect(await made()).toEqual([{ grants: OBJECTS, different: OBJECTS }]);
    const others = Array.from({ length: OBJECTS }, (_, n) => n).filter((n) => n < 15 || n > 17);
    expect(await order()).toEqual([15, 16, 17, ...others]);
    expect(await faults()).toEqual([]);
    expect(await run(twice)).toMatchObject({ counts: { grant: { created: 0, unchanged: 43 } } });
  });

  it('makes a batch ahead of its turn, and keeps each in its turn', async () => {
    await makeBefore(5);
    const importing = run([...grants(0, 10), grant(99), ...grants(10, 19), ...grants(19, 35)]);
    await untilAhead();
    expect(await made()).toEqual([{ grants: 0, different: 0 }]);
    await other.query('ROLLBACK');
    expect(await importing).toMatchObject({ counts: { grant: { created: 35, unchanged: 0, rejected: 1 } } });
    expect(await order()).toEqual(Array.from({ length: 35 }, (_, n) => n));
    const trail = `SELECT (after ->> 'fromLine')::int AS "from", (after -> 'counts' -> 'grant' ->> 'created')::int AS created FROM castellan.changes
      WHERE action = 'import.batch' AND after -> 'counts' ? 'grant' ORDER BY id`;
    expect(await rows(trail)).toEqual([
      { from: 1, created: 10 },
      { from: 11, created: 9 },
      { from: 21, created: 10 },
      { from: 31, created: 6 },
    ]);
    expect(await faults()).toEqual([]);
  });

  it('undoes what was made ahead where the batch before it turns out otherwise, or is broken off', async () => {
    await makeBefore(5);
    const importing = run(grants(0, 20));
    await untilAhead();
    await other.query('COMMIT');
    expect(await importing).toMatchObject({ counts: { grant: { created: 19, unchanged: 1 } } });
    expect(await made()).toEqual([{ grants: 20, different: 20 }]);

    await makeBefore(20);
    const stop = new AbortController();
    const broken = run(grants(20, OBJECTS), { stop });
    await untilAhead();
    stop.abort();
    await expect(broken).rejects.toMatchObject({ code: 'interrupted' });
    await other.query('ROLLBACK');
    expect(await made()).toEqual([{ grants: 20, different: 20 }]);
    expect(await run(grants(20, OBJECTS))).toMatchObject({ resumed: 0, counts: { grant: { created: 20 } } });
    expect(await faults()).toEqual([]);
  });

  it('lets nobody take away what a batch made ahead refers to', async () => {
    await makeBefore(5);
    const importing = run(grants(0, 20));
    await untilAhead();
    const third = new pg.Client(database.databaseUrl);
    await third.connect();
    try {
      const deleting = third.query(`DELETE FROM castellan.objects WHERE external_id = '15'`);
      const waits = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE 'DELETE FROM castellan.objects%' AND wait_event_type = 'Lock'
        AND datname = current_database()`;
      await expect.poll(async () => (await rows(waits))[0]).toEqual({ n: 1 });
      await other.query('ROLLBACK');
      expect(await importing).toMatchObject({ counts: { grant: { created: 20 } } });
      expect((await deleting).rowCount).toBe(1);
    } finally {
      await third.end();
    }
    expect(await made()).toEqual([{ grants: 19, different: 19 }]);
    expect(await faults()).toEqual([]);
  });

  it('keeps whatever a grant says, whether others like it stand or not', async () => {
    const rules = [
      ',"effect":"deny"',
      String.raw`,"condition":{"resource.x":"a\"b\\\tc"},"fields":["a\"b\\","x,y{}","NULL"]`,
      ',"startsAt":"2030-01-02T03:04:05.678Z","expiresAt":"2031-01-01T00:00:00Z"',
    ];
    const lines = [
      grant(0),
      ...rules.map((more) => grant(0, more)),
      '{"kind":"grant","subject":"user:u1","permission":"post:view"}',
    ];
    const told = `SELECT effect, condition ->> 'resource.x' AS x, fields, extract(epoch FROM starts_at)::float8 AS starts, expires_at IS NULL AS open,
      object_id IS NULL AS everywhere FROM castellan.grants ORDER BY id`;
    const plain = { effect: 'allow', x: null, fields: [], starts: null, open: true, everywhere: false };
    const expected = [
      plain,
      { ...plain, effect: 'deny' },
      { ...plain, x: 'a"b\\\tc', fields: ['a"b\\', 'x,y{}', 'NULL'] },
      { ...plain, starts: Date.UTC(2030, 0, 2, 3, 4, 5, 678) / 1000, open: false },
      { ...plain, everywhere: true },
    ];
    const byLine = (all: readonly object[]): string[] => all.map((each) => JSON.stringify(each)).toSorted();
    expect(await run(lines)).toMatchObject({ counts: { grant: { created: 5 } } });
    expect(byLine(await rows(told))).toEqual(byLine(expected));
    await rows(`DELETE FROM castellan.grants WHERE effect = 'deny' OR fields <> '{}' OR starts_at IS NOT NULL`);
    expect(await run(lines)).toMatchObject({ counts: { grant: { created: 3, unchanged: 2 } } });
    expect(byLine(await rows(told))).toEqual(byLine(expected));
  });

  it('goes in by a role that is no superuser, also where a policy of the table says what it sees', async () => {
    const role = `importer_${randomUUID().slice(0, 8)}`;
    await rows(`CREATE ROLE ${role} LOGIN PASSWORD 'importer'; GRANT ALL ON SCHEMA castellan TO ${role};
      GRANT ALL ON ALL TABLES IN SCHEMA castellan TO ${role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA castellan TO ${role}`);
    const url = new URL(database.databaseUrl);
    [url.username, url.password] = [role, 'importer'];
    try {
      expect(await run(grants(0, 20), { url: url.href })).toMatchObject({ counts: { grant: { created: 20 } } });
      await rows(
        'ALTER TABLE castellan.grants ENABLE ROW LEVEL SECURITY; CREATE POLICY everything ON castellan.grants USING (true)',
      );
      expect(await run(grants(10, OBJECTS), { url: url.href })).toMatchObject({
        counts: { grant: { created: 20, unchanged: 10 } },
      });
    } finally {
      await rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
    expect(await made()).toEqual([{ grants: OBJECTS, different: OBJECTS }]);
  });
});
