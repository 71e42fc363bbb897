import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { query } from '../../../test/support/query.js';
import { temporaryFolder, type TemporaryFolder } from '../../../test/support/temporary-folder.js';
import { examine } from '../../store/doctor.js';
import { prismaView } from '../prisma-view.js';
import { importAsOperator, openSource, type ImportAsked, type ImportState } from './operator-import.js';

const PEOPLE = Array.from({ length: 10 }, (_, n) => `{"kind":"user","username":"u${n}"}`);
const SURROUNDINGS = ['{"kind":"type","id":"post"}', '{"kind":"user","username":"root","superuser":true}', ...PEOPLE];
const objects = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, n) => `{"kind":"object","type":"post","id":"${from + n}"}`);
// Every seventh is about a post that nobody made.
const grants = (many: number): string[] =>
  Array.from(
    { length: many },
    (_, n) =>
      `{"kind":"grant","subject":"user:u${n % 10}","permission":"post:view","object":"post:${n % 7 === 6 ? 'none' : n}"}`,
  );

describe('an import, batch by batch', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;
  let file: string;
  let bystander: pg.Client;

  beforeEach(async () => {
    database = await createTestDatabase();
    // While somebody else is connected, batches of grants stay apart.
    bystander = new pg.Client(database.databaseUrl);
    await bystander.connect();
    folder = await temporaryFolder('bulk');
    file = join(folder.path, 'rows.ndjson');
  });
  afterEach(async () => {
    await bystander.end();
    await database.drop();
    await folder.remove();
  });

  const write = (lines: readonly string[]): Promise<void> => writeFile(file, `${lines.join('\n')}\n`);
  const rows = (sql: string): Promise<Record<string, unknown>[]> => query(database.databaseUrl, sql);
  const faults = async (): Promise<unknown> => (await examine(database.databaseUrl)).faults;
  const count = async (table: string): Promise<unknown> =>
    (await rows(`SELECT count(*)::int AS n FROM castellan.${table}`))[0]?.['n'];
  const run = async (
    options: Partial<ImportAsked> = {},
    stopAfter = Number.POSITIVE_INFINITY,
  ): Promise<ImportState> => {
    const stop = new AbortController();
    let batches = 0;
    const asked = { file, batchSize: 10, ...options };
    return importAsOperator(
      { url: database.databaseUrl },
      await openSource(asked),
      asked,
      stop.signal,
      (_state, event) => {
        batches += event === 'kept' ? 1 : 0;
        if (batches === stopAfter) stop.abort();
      },
    );
  };

  it('goes on where it was broken off, with each reject told once, and begins anew where the file is another', async () => {
    await write([...SURROUNDINGS, ...objects(0, 60), ...grants(60)]);
    await expect(run({}, 10)).rejects.toMatchObject({ code: 'interrupted' });
    const [reached] = await rows('SELECT rows::int AS rows, rejected::int AS rejected FROM castellan.imports');
    const before = Number(reached?.['rows']);
    expect(before).toBeGreaterThanOrEqual(100);
    expect(before).toBeLessThan(132);
    expect(Number(reached?.['rejected'])).toBeGreaterThan(0);
    // As if it had been killed between the rejects of a batch and its end.
    await appendFile(`${file}.rejects.ndjson`, '{"line":1,"code":"none","reason":"of a batch that was not kept"}\n');
    const state = await run();
    expect(state).toMatchObject({
      rows: 132,
      resumed: before,
      rejected: 8,
      counts: { grant: { created: 52, rejected: 8 } },
    });
    const told = (await readFile(`${file}.rejects.ndjson`, 'utf8')).trim().split('\n');
    expect(told.map((line) => (JSON.parse(line) as { line: number }).line)).toEqual(
      Array.from({ length: 8 }, (_, n) => 72 + 7 * (n + 1)),
    );
    expect(await count('imports')).toBe(0);
    expect(await count('grants')).toBe(52);
    expect(await faults()).toEqual([]);

    await expect(run({}, 3)).rejects.toMatchObject({ code: 'interrupted' });
    // Of the same length, and not the same.
    await write([...SURROUNDINGS.map((line) => line.replace('u3', 'x3')), ...objects(0, 60), ...grants(60)]);
    expect(await run()).toMatchObject({ resumed: 0, rows: 132, counts: { user: { created: 1 } } });
    await expect(run({}, 3)).rejects.toMatchObject({ code: 'interrupted' });
    expect(await run({ restart: true })).toMatchObject({ resumed: 0, rows: 132 });
  });

  it('keeps closures, circles and depth right, however the rows are spread over batches', async () => {
    const chain = (kind: string, line: (n: number) => string): string[] =>
      Array.from({ length: 34 }, (_, n) => line(n)).map((part) => `{"kind":"${kind}",${part}}`);
    await write([
      ...SURROUNDINGS,
      ...chain('group', (n) => `"id":"g${n}"`),
      ...chain('membership', (n) => `"group":"g${n}","member":"group:g${(n + 1) % 34}"`).slice(0, 33),
      '{"kind":"membership","group":"g5","member":"group:g2"}',
      '{"kind":"membership","group":"g2","member":"group:g5"}',
      ...[0, 30, 31, 32].map((n) => `{"kind":"membership","group":"g${n}","member":"user:u${n % 10}"}`),
      '{"kind":"membership","group":"authenticated","member":"user:u1"}',
      '{"kind":"grant","subject":"user:u1","permission":"post:view","object":"post:0"}',
      ...chain('object', (n) => `"type":"post","id":"${n}"${n > 0 ? `,"parent":"post:${n - 1}"` : ''}`).toReversed(),
      '{"kind":"grant","subject":"user:u2","permission":"post:view","object":"post:0"}',
    ]);
    const spread = await run();
    const rejects = (await readFile(`${file}.rejects.ndjson`, 'utf8')).trim().split('\n');
    // Ten at a time, nothing is there before what it is below: only within a batch that does not matter.
    expect(spread.counts.object).toMatchObject({ rejected: expect.any(Number) as number });
    expect(new Set(rejects.map((line) => (JSON.parse(line) as { code: string }).code))).toEqual(
      new Set(['cycle', 'too_deep', 'built_in', 'unknown_reference']),
    );
    expect(await faults()).toEqual([]);
    const whole = await run({ batchSize: 1000 });
    expect(whole.counts.object).toMatchObject({ rejected: 1 });
    expect(whole.counts.membership).toMatchObject({ created: 0 });
    expect(await rows('SELECT max(depth)::int AS depth FROM castellan.ancestry')).toEqual([{ depth: 32 }]);
    expect(await rows('SELECT count(*)::int AS n FROM castellan.grants WHERE reaches_below')).toEqual([{ n: 2 }]);
    expect(await faults()).toEqual([]);
  });

  it('keeps the tables of row grants, and refuses ids that the app could not hold', async () => {
    await write([...SURROUNDINGS, ...objects(0, 5)]);
    await run();
    await rows(prismaView({ type: 'post', idType: 'int' }).migration);
    await write([...objects(5, 20), '{"kind":"object","type":"post","id":"x"}', ...grants(20)]);
    expect(await run()).toMatchObject({
      counts: { object: { created: 15, rejected: 1 }, grant: { created: 18, rejected: 2 } },
    });
    const [table] = await rows(
      `SELECT format('castellan.%I', relname) AS name FROM pg_class WHERE relkind = 'r' AND relname LIKE 'plain grants on %'`,
    );
    expect(await rows(`SELECT count(*)::int AS n FROM ${String(table?.['name'])}`)).toEqual([{ n: 18 }]);
    expect(await faults()).toEqual([]);
  });

  it('lets no row that is refused hinder another one, in the same batch as in two', async () => {
    await write(['{"kind":"role","id":"7"}']);
    await run();
    await rows(prismaView({ type: 'role', idType: 'int' }).migration);
    const lines = [
      ...SURROUNDINGS,
      '{"kind":"user","id":"late","username":"root"}',
      '{"kind":"user","id":"late","username":"free"}',
      '{"kind":"object","type":"post","id":"below","parent":"post:twice"}',
      '{"kind":"object","type":"post","id":"twice","parent":"post:none"}',
      '{"kind":"object","type":"post","id":"twice"}',
      '{"kind":"group","id":"staff"}',
      '{"kind":"membership","group":"staff","member":"user:u1","fromProvider":true}',
      '{"kind":"membership","group":"staff","member":"user:u1"}',
      '{"kind":"role","id":"no number"}',
      '{"kind":"role","id":"8"}',
    ];
    await writeFile(file, Buffer.from(`${lines.join('\n')}\n{"kind":"group","id":"\xff"}\n`, 'latin1'));
    expect(await run({ batchSize: 1000 })).toMatchObject({
      rejected: 4,
      counts: {
        user: { created: 12, rejected: 1 },
        object: { created: 2, rejected: 1 },
        membership: { created: 1, updated: 1 },
        role: { created: 1, rejected: 1 },
      },
    });
    expect(await rows('SELECT from_provider FROM castellan.memberships')).toEqual([{ from_provider: false }]);
    expect(await faults()).toEqual([]);
    const again = { file: `${file}.rejects.ndjson` };
    expect(await run(again)).toMatchObject({ rows: 4, rejected: 4 });
  });

  it('forgets the rejects of a batch that was not kept, also where none follow, and is the only one at its file', async () => {
    await write([...SURROUNDINGS, ...objects(0, 18)]);
    await expect(run({}, 1)).rejects.toMatchObject({ code: 'interrupted' });
    await writeFile(`${file}.rejects.ndjson`, '{"line":14,"code":"none","reason":"of a batch that was not kept"}\n');
    const other = new pg.Client(database.databaseUrl);
    await other.connect();
    try {
      await other.query(`SELECT pg_advisory_lock(hashtextextended('import ' || $1, 3271))`, [file]);
      await expect(run()).rejects.toMatchObject({ code: 'import_running' });
    } finally {
      await other.end();
    }
    expect(await run()).toMatchObject({ rows: 30, rejected: 0 });
    await expect(readFile(`${file}.rejects.ndjson`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('asks for each reference by itself while somebody else works on what is referred to', async () => {
    await write([...SURROUNDINGS, ...objects(0, 20)]);
    await run();
    const other = new pg.Client(database.databaseUrl);
    await other.connect();
    try {
      // It would be found neither by the statement's snapshot nor, without the keys, by anything after it.
      await other.query(`BEGIN; DELETE FROM castellan.objects WHERE external_id = '3'`);
      await write(grants(20));
      const importing = run({ batchSize: 1000 });
      const waits = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'castellan import' AND datname = current_database() AND wait_event_type = 'Lock'`;
      while ((await rows(waits)).length === 0) expect(await count('grants')).toBe(0);
      await other.query('COMMIT');
      expect(await importing).toMatchObject({ counts: { grant: { created: 17, rejected: 3 } } });
    } finally {
      await other.end();
    }
    expect(await faults()).toEqual([]);
  });
});
