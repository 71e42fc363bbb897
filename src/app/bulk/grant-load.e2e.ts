import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importRows, type ImportSetting } from '../../../test/support/imported-rows.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { query } from '../../../test/support/query.js';
import { temporaryFolder, type TemporaryFolder } from '../../../test/support/temporary-folder.js';
import { examine } from '../../store/doctor.js';
import { prismaView } from '../prisma-view.js';
import type { ImportEvent, ImportState } from './operator-import.js';

const PEOPLE = 7;
const POSTS = 1000;
const GRANTS = PEOPLE * POSTS;
const SURROUNDINGS = [
  '{"kind":"type","id":"post"}',
  '{"kind":"user","username":"root","superuser":true}',
  ...Array.from({ length: PEOPLE }, (_, n) => `{"kind":"user","username":"u${n}"}`),
  ...Array.from({ length: POSTS }, (_, n) => `{"kind":"object","type":"post","id":"${n}"}`),
];
const grant = (n: number): string =>
  `{"kind":"grant","subject":"user:u${n % PEOPLE}","permission":"post:view","object":"post:${Math.floor(n / PEOPLE)}"}`;
const grants = (from = 0, to = GRANTS): string[] => Array.from({ length: to - from }, (_, n) => grant(from + n));

describe('grants that come in numbers to a database that nobody else is connected to', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;
  let events: ImportEvent[];
  let kept: ImportState | undefined;

  beforeEach(async () => {
    database = await createTestDatabase();
    folder = await temporaryFolder('grant-load');
    await run(SURROUNDINGS, { batchSize: 2000 });
  });
  afterEach(async () => {
    await database.drop();
    await folder.remove();
  });

  const run = (lines: readonly string[], setting: Partial<ImportSetting> = {}): Promise<ImportState> => {
    events = [];
    kept = undefined;
    return importRows(lines, {
      url: database.databaseUrl,
      folder: folder.path,
      batchSize: 200,
      ...setting,
      tell: (state, event, stop) => {
        events.push(event);
        if (event === 'kept') kept = state;
        setting.tell?.(state, event, stop);
      },
    });
  };
  const rows = (sql: string): Promise<Record<string, unknown>[]> => query(database.databaseUrl, sql);
  const count = async (what: string): Promise<unknown> =>
    (await rows(`SELECT count(*)::int AS n FROM ${what}`))[0]?.['n'];
  const faults = async (): Promise<unknown> => (await examine(database.databaseUrl)).faults;
  const happened = (event: ImportEvent): number => events.filter((each) => each === event).length;
  const definitions = (): Promise<unknown> =>
    rows(`SELECT pg_get_indexdef(indexrelid) AS definition, indisunique, indisprimary, indisvalid, NULL AS validated FROM pg_index WHERE indrelid = 'castellan.grants'::regclass
      UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid), NULL, NULL, NULL, convalidated FROM pg_constraint WHERE conrelid = 'castellan.grants'::regclass
      ORDER BY 1`);
  const inTrail = async (): Promise<unknown> =>
    (
      await rows(`SELECT sum((after -> 'counts' -> 'grant' ->> 'created')::int)::int AS created,
      sum((after -> 'counts' -> 'grant' ->> 'unchanged')::int)::int AS unchanged, count(*)::int AS batches
      FROM castellan.changes WHERE action = 'import.batch' AND after -> 'counts' ? 'grant'`)
    )[0];

  it('go in together, and leave indexes and keys, the trail and the order as if they had come batch by batch', async () => {
    const before = await definitions();
    expect(await run(grants())).toMatchObject({
      rows: GRANTS,
      rejected: 0,
      counts: { grant: { created: GRANTS, unchanged: 0, rejected: 0 } },
    });
    expect([happened('indexing'), happened('taken')]).toEqual([1, GRANTS / 200 - 1]);
    expect(await definitions()).toEqual(before);
    expect(await count('castellan.grants')).toBe(GRANTS);
    expect(
      await rows(
        `SELECT (array_agg(o.external_id ORDER BY g.id))[1:8] AS first FROM castellan.grants g JOIN castellan.objects o ON o.id = g.object_id`,
      ),
    ).toEqual([{ first: ['0', '0', '0', '0', '0', '0', '0', '1'] }]);
    expect(await inTrail()).toEqual({ created: GRANTS, unchanged: 0, batches: GRANTS / 200 });
    expect(await count('castellan.imports')).toBe(0);
    expect(await faults()).toEqual([]);
  });

  it('that are told twice, or stand already, stay as the first of them, and are counted in their batch', async () => {
    await rows(`INSERT INTO castellan.grants (id, subject_id, permission_id, object_id, created_at) SELECT 'ffffffff-ffff-7fff-bfff-ffffffffffff', s.id, p.id, o.id, '2020-01-01'
      FROM castellan.subjects s, castellan.permissions p, castellan.objects o WHERE s.external_id = 'u6' AND p.action = 'view' AND o.external_id = '999'
        AND p.type_id = o.type_id`);
    const rule = grant(20).replace('}', ',"effect":"deny"}');
    const lines = [
      ...grants(0, 100),
      grant(3),
      ...grants(100, 3000),
      grant(5),
      rule,
      grant(2999),
      ...grants(3000),
      rule,
      grant(3001),
    ];
    const expected = { created: GRANTS, unchanged: 6, rejected: 0 };
    expect(await run(lines)).toMatchObject({ rows: GRANTS + 6, counts: { grant: expected } });
    expect(happened('taken')).toBeGreaterThan(20);
    expect(kept).toMatchObject({ counts: { grant: expected } });
    expect(await inTrail()).toMatchObject({ created: GRANTS, unchanged: 6 });
    expect(await count(`castellan.grants WHERE effect = 'deny'`)).toBe(1);
    expect(
      await rows(
        `SELECT extract(year FROM created_at)::int AS year FROM castellan.grants WHERE id = 'ffffffff-ffff-7fff-bfff-ffffffffffff'`,
      ),
    ).toEqual([{ year: 2020 }]);
    expect(await faults()).toEqual([]);
    expect(await run(lines)).toMatchObject({ counts: { grant: { created: 0, unchanged: GRANTS + 6 } } });
    expect(happened('taken')).toBe(0);
  });

  it('go in batch by batch while anybody else is connected', async () => {
    const other = new pg.Client(database.databaseUrl);
    await other.connect();
    try {
      expect(await run(grants())).toMatchObject({ counts: { grant: { created: GRANTS } } });
    } finally {
      await other.end();
    }
    expect(happened('taken')).toBe(0);
  });

  it('are kept early for whoever comes and waits, and go on batch by batch', async () => {
    const other = new pg.Client(database.databaseUrl);
    let seen: Promise<number> | undefined;
    const look = async (): Promise<number> => {
      await other.connect();
      const found = await other.query<{ n: number }>('SELECT count(*)::int AS n FROM castellan.grants');
      return found.rows[0]?.n ?? 0;
    };
    try {
      const importing = run(grants(), {
        tell: (_state, event) => {
          if (event === 'taken') seen ??= look();
        },
      });
      expect(await importing).toMatchObject({ counts: { grant: { created: GRANTS, unchanged: 0 } } });
      const reached = (await seen) ?? 0;
      expect(reached).toBeGreaterThan(200);
      expect(reached).toBeLessThan(GRANTS);
      expect(reached % 200).toBe(0);
    } finally {
      await other.end();
    }
    expect(happened('indexing')).toBe(1);
    expect(happened('kept')).toBeGreaterThan(3);
    expect(await count('castellan.grants')).toBe(GRANTS);
    expect(await faults()).toEqual([]);
  });

  it('are none of them kept when it is broken off, and the import goes on behind what was', async () => {
    const before = await definitions();
    const lines = [...grants(0, 4000), grant(1).replace('post:0', 'post:none'), ...grants(4000)];
    const stopping = run(lines, {
      tell: (state, _event, stop) => {
        if (state.rows >= 5000) stop.abort();
      },
    });
    await expect(stopping).rejects.toMatchObject({ code: 'interrupted' });
    expect(kept).toMatchObject({ rows: 200 });
    expect(await count('castellan.grants')).toBe(200);
    expect(await definitions()).toEqual(before);
    expect(await run(lines)).toMatchObject({
      resumed: 200,
      rows: GRANTS + 1,
      rejected: 1,
      counts: { grant: { created: GRANTS, rejected: 1 } },
    });
    const told = await readFile(join(folder.path, 'rows.ndjson.rejects.ndjson'), 'utf8');
    expect(told.trim().split('\n')).toHaveLength(1);
    expect(await count('castellan.grants')).toBe(GRANTS);
  });

  it('stay up to the batch that strictness stops at', async () => {
    const lines = [...grants(0, 4090), grant(1).replace('post:0', 'post:none'), ...grants(4090)];
    await expect(run(lines, { strict: true })).rejects.toMatchObject({ reject: { line: 4091 } });
    expect(kept).toMatchObject({ rows: 4000 });
    expect(await count('castellan.grants')).toBe(4000);
    expect(await rows('SELECT rows::int AS rows FROM castellan.imports')).toEqual([{ rows: 4000 }]);
    expect(await faults()).toEqual([]);
  });

  it('make room for rows of other kinds between them, which may be what they are for', async () => {
    const late = Array.from({ length: 5 }, (_, n) => `{"kind":"object","type":"post","id":"late ${n}"}`);
    const forLate = late.map(
      (_, n) => `{"kind":"grant","subject":"user:u0","permission":"post:view","object":"post:late ${n}"}`,
    );
    const lines = [...grants(0, 2000), ...forLate, ...late, ...grants(2000, 6000), ...forLate, ...grants(6000)];
    expect(await run(lines)).toMatchObject({
      rejected: 0,
      counts: { grant: { created: GRANTS + 5, unchanged: 5 }, object: { created: 5 } },
    });
    expect(happened('indexing')).toBe(2);
    expect(await faults()).toEqual([]);
  });

  it('keep what an operator has added to the table, or leave it alone where its definition does not say all', async () => {
    await rows(
      'CREATE INDEX added ON castellan.grants (created_at DESC) WITH (fillfactor = 70) WHERE expires_at IS NULL',
    );
    const before = await definitions();
    await run(grants(0, 6000));
    expect(happened('indexing')).toBe(1);
    expect(await definitions()).toEqual(before);
    await rows(`COMMENT ON INDEX castellan.added IS 'of ours'; DELETE FROM castellan.grants`);
    await run(grants(0, 6000));
    expect(happened('indexing')).toBe(0);
    expect(await rows(`SELECT obj_description('castellan.added'::regclass) AS text`)).toEqual([{ text: 'of ours' }]);
  });

  it('leave keys alone that have settings of their own, and indexes where they are', async () => {
    const space = `space_${randomUUID().slice(0, 8)}`;
    const operator = new pg.Client(database.databaseUrl);
    await operator.connect();
    await operator.query('SET allow_in_place_tablespaces = on');
    await operator.query(`CREATE TABLESPACE ${space} LOCATION ''`);
    await operator.end();
    const inDatabase = (change: string): Promise<unknown> =>
      rows(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I ${change}', current_database()); END $$`);
    try {
      await inDatabase(`SET default_tablespace = ${space}`);
      await run(grants(0, 5000));
      expect(happened('indexing')).toBe(1);
    } finally {
      await inDatabase('RESET default_tablespace');
      // Fails where anything has gone there.
      await rows(`DROP TABLESPACE ${space}`);
    }
    await rows('ALTER INDEX castellan.grants_pkey SET (fillfactor = 70)');
    await run(grants(5000));
    expect(happened('indexing')).toBe(0);
    expect(await rows(`SELECT reloptions FROM pg_class WHERE relname = 'grants_pkey'`)).toEqual([
      { reloptions: ['fillfactor=70'] },
    ]);
  });

  it('are told to whoever replicates the table, those that were told twice among them', async () => {
    await rows('CREATE PUBLICATION all_of_it FOR ALL TABLES');
    expect(await run([...grants(0, 5000), grant(4000), ...grants(5000)])).toMatchObject({
      counts: { grant: { created: GRANTS, unchanged: 1 } },
    });
    expect([happened('indexing'), happened('undone')]).toEqual([1, 0]);
  });

  it('take as long as they take, whatever limit transactions have', async () => {
    await rows(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET transaction_timeout = %L', current_database(), '500ms'); END $$`,
    );
    const still = new Int32Array(new SharedArrayBuffer(4));
    const slow = run(grants(), {
      tell: (state, event) => {
        if (event === 'taken' && state.rows === 2000) Atomics.wait(still, 0, 0, 900);
      },
    });
    expect(await slow).toMatchObject({ counts: { grant: { created: GRANTS } } });
    expect(happened('indexing')).toBe(1);
  });

  it('are taken no further than is worth while when those that come stand already', async () => {
    await run(grants(25));
    expect(await run(grants(), { batchSize: 25 })).toMatchObject({
      counts: { grant: { created: 25, unchanged: GRANTS - 25 } },
    });
    expect(happened('indexing')).toBe(1);
    expect(happened('taken')).toBeLessThanOrEqual(100);
    expect(await faults()).toEqual([]);
  });

  it('go in batch by batch when they can not be kept together, up to the batch that can not be kept at all', async () => {
    await rows(`CREATE UNIQUE INDEX own ON castellan.grants (object_id, effect) WHERE effect = 'deny'`);
    const denied = (n: number): string => grant(n).replace('}', ',"effect":"deny"}');
    const lines = [...grants(0, 1000), denied(1), ...grants(1000, 5000), denied(2), ...grants(5000)];
    await expect(run(lines)).rejects.toThrow(/own/);
    expect(happened('undone')).toBe(1);
    expect(kept).toMatchObject({ rows: 5000 });
    expect(await count('castellan.grants')).toBe(5000);
    expect(await rows('SELECT rows::int AS rows FROM castellan.imports')).toEqual([{ rows: 5000 }]);
    await rows('DROP INDEX castellan.own');
    expect(await run(lines)).toMatchObject({ resumed: 5000, counts: { grant: { created: GRANTS + 2 } } });
  });

  it('go in batch by batch where a table of row grants is to be kept', async () => {
    await rows(prismaView({ type: 'post', idType: 'int' }).migration);
    expect(await run(grants())).toMatchObject({ counts: { grant: { created: GRANTS } } });
    expect(happened('taken')).toBe(0);
    expect(await faults()).toEqual([]);
  });

  it.each([
    ['owns the tables, with its foreign keys made anew', 'OWNS', 'together'],
    ['does not own them, batch by batch', 'OWNS NOT', 'singly'],
    ['owns them, but may not make an index, batch by batch', 'OWNS; REVOKE CREATE ON SCHEMA castellan FROM', 'singly'],
    [
      'owns them, but may not make a key, after it was tried',
      'OWNS; REVOKE REFERENCES ON castellan.subjects FROM',
      'again',
    ],
  ])('go in by a role that is no superuser and %s', async (_what, rights, how) => {
    const role = `importer_${randomUUID().slice(0, 8)}`;
    await rows(`CREATE ROLE ${role} LOGIN PASSWORD 'importer'; GRANT ALL ON SCHEMA castellan TO ${role};
      GRANT ALL ON ALL TABLES IN SCHEMA castellan TO ${role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA castellan TO ${role}`);
    const [owning = '', less] = rights.split('; ');
    if (owning === 'OWNS') await rows(`ALTER TABLE castellan.grants OWNER TO ${role}`);
    if (less) await rows(`${less} ${role}`);
    const url = new URL(database.databaseUrl);
    [url.username, url.password] = [role, 'importer'];
    const before = await definitions();
    try {
      const lines = [...grants(0, 5000), grant(1).replace('post:0', 'post:none'), ...grants(5000)];
      expect(await run(lines, { url: url.href })).toMatchObject({
        resumed: 0,
        counts: { grant: { created: GRANTS, unchanged: 0, rejected: 1 } },
      });
      expect([happened('indexing'), happened('undone')]).toEqual([how === 'singly' ? 0 : 1, how === 'again' ? 1 : 0]);
      expect(await definitions()).toEqual(before);
    } finally {
      await rows(`ALTER TABLE castellan.grants OWNER TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
    expect(await faults()).toEqual([]);
  });
});
