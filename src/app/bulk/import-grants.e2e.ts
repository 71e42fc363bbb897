import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importRows } from '../../../test/support/imported-rows.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { query } from '../../../test/support/query.js';
import { temporaryFolder, type TemporaryFolder } from '../../../test/support/temporary-folder.js';
import { examine } from '../../store/doctor.js';
import type { ImportState } from './operator-import.js';

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

  beforeEach(async () => {
    database = await createTestDatabase();
    folder = await temporaryFolder('bulk-grants');
    await run(SURROUNDINGS, { batchSize: 1000 });
  });
  afterEach(async () => {
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
  const run = (
    lines: readonly string[],
    { batchSize = 10, url = database.databaseUrl }: { batchSize?: number; url?: string } = {},
  ): Promise<ImportState> => importRows(lines, { url, folder: folder.path, batchSize });

  it('leaves those that stand, and takes the first of those told twice, in one batch and in two', async () => {
    await run(grants(15, 18));
    const twice = [...grants(0, 20), grant(3), ...grants(20, 30), grant(25), grant(3), ...grants(30, OBJECTS)];
    expect(await run(twice)).toMatchObject({ counts: { grant: { created: 37, unchanged: 6, rejected: 0 } } });
    expect(await made()).toEqual([{ grants: OBJECTS, different: OBJECTS }]);
    const others = Array.from({ length: OBJECTS }, (_, n) => n).filter((n) => n < 15 || n > 17);
    expect(await order()).toEqual([15, 16, 17, ...others]);
    expect(await faults()).toEqual([]);
    expect(await run(twice)).toMatchObject({ counts: { grant: { created: 0, unchanged: 43 } } });
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
