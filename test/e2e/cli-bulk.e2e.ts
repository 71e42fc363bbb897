import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examine } from '../../src/store/doctor.js';
import { REJECTED, ROWS } from '../support/bulk-rows.js';
import { castellan, startCastellan, type Ended } from '../support/castellan-command.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

const LINE = { rows: 28, rejected: REJECTED.length };

describe('castellan import and dump', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;

  beforeEach(async () => {
    database = await createTestDatabase();
    folder = await temporaryFolder('bulk');
  });
  afterEach(async () => {
    await database.drop();
    await folder.remove();
  });

  const run = (...args: string[]): Promise<Ended> => castellan({ DATABASE_URL: database.databaseUrl }, args);
  const rows = (sql: string): Promise<Record<string, unknown>[]> => query(database.databaseUrl, sql);
  const rejects = async (path: string): Promise<Record<string, unknown>[]> =>
    (await readFile(path, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('take good rows in and put bad ones aside, change nothing the second time, and make an equal database', async () => {
    const file = join(folder.path, 'rows.ndjson');
    await writeFile(file, ROWS);
    const first = await run('import', file, '--json');
    expect(first).toMatchObject({ status: 1, stderr: '' });
    expect(JSON.parse(first.stdout)).toMatchObject({
      ...LINE,
      file,
      resumed: 0,
      rejects: `${file}.rejects.ndjson`,
      counts: {
        user: { created: 2, unchanged: 0, rejected: 1 },
        object: { created: 3, rejected: 2 },
        membership: { created: 3, rejected: 1 },
        grant: { created: 3, unchanged: 1, rejected: 2 },
      },
    });
    const refused = await rejects(`${file}.rejects.ndjson`);
    expect(refused.map(({ line, code }) => [line, code])).toEqual(REJECTED);
    expect(refused[3]).toEqual({
      line: 16,
      code: 'unknown_reference',
      reason: 'parent: there is no folder:nope.',
      row: { kind: 'object', type: 'folder', id: 'd', parent: 'folder:nope' },
    });
    expect(refused.at(-1)).toEqual({
      line: 28,
      code: 'malformed_request',
      reason: 'The row is not JSON.',
      text: 'not json',
    });
    expect((await examine(database.databaseUrl)).faults).toEqual([]);
    expect(await rows(`SELECT actor_id, action, target_id, after ->> 'toLine' AS to FROM castellan.changes`)).toEqual([
      { actor_id: 'cli', action: 'import.batch', target_id: file, to: '28' },
    ]);

    await rows(`INSERT INTO castellan.credentials (subject_id, password_hash, version)
      SELECT id, 'the hash of alice', gen_random_uuid() FROM castellan.subjects WHERE username = 'alice'`);
    const dumped = await run('dump');
    expect(dumped).toMatchObject({ status: 0, stderr: '' });
    expect(dumped.stdout).toContain(
      '{"kind":"grant","subject":"user:alice","permission":"post:view","object":"post:1"}\n',
    );
    expect(dumped.stdout).not.toContain('the hash');
    const again = await castellan(
      { DATABASE_URL: database.databaseUrl },
      ['import', '-', '--format', 'ndjson'],
      dumped.stdout,
    );
    expect(again.status).toBe(0);
    expect(again.stdout).not.toMatch(/created|updated|rejected/);
    expect(await rows('SELECT count(*)::int AS n FROM castellan.changes')).toEqual([{ n: 1 }]);

    const other = await createTestDatabase();
    try {
      const copy = { DATABASE_URL: other.databaseUrl };
      expect((await castellan(copy, ['import', '-', '--format', 'ndjson'], dumped.stdout)).status).toBe(0);
      expect((await castellan(copy, ['dump'])).stdout).toBe(dumped.stdout);
      expect((await examine(other.databaseUrl)).faults).toEqual([]);
    } finally {
      await other.drop();
    }
  });

  it('take rows that were mended in the rejects file, and CSV, and stop at the first bad row where that is asked for', async () => {
    const file = join(folder.path, 'rows.ndjson');
    await writeFile(file, ROWS);
    const strict = await run('import', file, '--strict', '--batch-size', '10');
    expect(strict).toMatchObject({ status: 1, stdout: '' });
    expect(strict.stderr).toContain(
      `${file}:5: username: root is taken by another user. Nothing of its batch was kept.`,
    );
    expect(await rows(`SELECT 1 FROM castellan.types WHERE name = 'folder'`)).toEqual([]);
    expect((await run('import', file)).status).toBe(1);
    const rejectsFile = `${file}.rejects.ndjson`;
    const mended = (await readFile(rejectsFile, 'utf8'))
      .replace('"folder:nope"', '"folder:a"')
      .replaceAll('user:zed', 'user:alice');
    await writeFile(rejectsFile, mended);
    const second = JSON.parse((await run('import', rejectsFile, '--json')).stdout) as object;
    expect(second).toMatchObject({ counts: { object: { created: 1 }, grant: { unchanged: 1 } } });

    const csv = join(folder.path, 'grants.csv');
    await writeFile(
      csv,
      'subject_type,subject_id,permission,object,condition\r\nuser,alice,post:publish,"post:1",\r\n' +
        'user,alice,post:publish,,"{""resource.s"":\n ""x""}"\r\nuser,nobody,post:publish,,\r\nuser,alice,post:view,,{\r\n',
    );
    expect(await run('import', csv)).toMatchObject({ status: 64, stdout: '' });
    const grants = await run('import', csv, '--kind', 'grant', '--json');
    expect(JSON.parse(grants.stdout)).toMatchObject({ rows: 4, rejected: 2, counts: { grant: { created: 2 } } });
    expect(await rejects(`${csv}.rejects.ndjson`)).toMatchObject([
      { line: 5, code: 'unknown_reference' },
      { line: 6, code: 'invalid_request', reason: 'The row condition: must be JSON.' },
    ]);
    const dumped = await run('dump', '--kind', 'grant', '--format', 'csv');
    expect(dumped.stdout.split('\n')[0]).toBe(
      'kind,subject,permission,object,effect,condition,fields,startsAt,expiresAt',
    );
    const back = await castellan(
      { DATABASE_URL: database.databaseUrl },
      ['import', '-', '--format', 'csv'],
      dumped.stdout,
    );
    expect(back).toMatchObject({ status: 0 });
    expect(back.stdout).toContain('grant  5 unchanged');
    expect(await run('dump', '--format', 'csv')).toMatchObject({ status: 64, stdout: '' });
    expect(await run('import', join(folder.path, 'none.ndjson'))).toMatchObject({ status: 64, stdout: '' });
  });

  it('keep memory flat whatever the size, and let a slow reader slow them', async () => {
    const text = 'x'.repeat(1000);
    const object = (n: number): string =>
      `{"kind":"object","type":"post","id":"${n % 20_000}","attributes":{"text":"${text}"}}\n`;
    const { child, ended } = startCastellan(
      { DATABASE_URL: database.databaseUrl, NODE_OPTIONS: '--max-old-space-size=64' },
      ['import', '-', '--format', 'ndjson', '--json'],
    );
    child.stdin?.write('{"kind":"type","id":"post"}\n');
    for (let n = 0; n < 100_000; n += 1000) {
      const block = Array.from({ length: 1000 }, (_, index) => object(n + index)).join('');
      if (child.stdin && !child.stdin.write(block)) await Promise.race([once(child.stdin, 'drain'), ended]);
    }
    child.stdin?.end();
    const { status, stdout } = await ended;
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 100_001,
      counts: { object: { created: 20_000, unchanged: 80_000 } },
    });

    const dumping = startCastellan({ DATABASE_URL: database.databaseUrl }, ['dump', '--kind', 'object']);
    dumping.child.stdout?.pause();
    const waiting = `SELECT wait_event FROM pg_stat_activity WHERE application_name = 'castellan dump' AND datname = current_database()
      AND wait_event = 'ClientWrite'`;
    while ((await rows(waiting)).length === 0)
      if (dumping.child.exitCode !== null) expect((await dumping.ended).stderr).toBe('');
    dumping.child.stdout?.resume();
    const out = (await dumping.ended).stdout.trimEnd().split('\n');
    expect(out).toHaveLength(20_000);
    expect(new Set(out).size).toBe(20_000);
    expect(JSON.parse(out.at(-1) ?? '')).toEqual(JSON.parse(object(19_999)));
  });
});
