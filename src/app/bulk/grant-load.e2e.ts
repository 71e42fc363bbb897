import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { grant, GRANTS, GrantImports, grants } from '../../../test/support/grant-imports.js';

describe('grants that come in numbers to a database that nobody else is connected to', () => {
  const imports = new GrantImports();
  const inTrail = async (): Promise<unknown> =>
    (
      await imports.query(`SELECT sum((after -> 'counts' -> 'grant' ->> 'created')::int)::int AS created,
      sum((after -> 'counts' -> 'grant' ->> 'unchanged')::int)::int AS unchanged, count(*)::int AS batches
      FROM castellan.changes WHERE action = 'import.batch' AND after -> 'counts' ? 'grant'`)
    )[0];

  it('go in together, and leave indexes and keys, the trail and the order as if they had come batch by batch', async () => {
    const before = await imports.definitions();
    expect(await imports.run(grants())).toMatchObject({
      rows: GRANTS,
      rejected: 0,
      counts: { grant: { created: GRANTS, unchanged: 0, rejected: 0 } },
    });
    expect([imports.happened('indexing'), imports.happened('taken')]).toEqual([1, GRANTS / 200 - 1]);
    expect(await imports.definitions()).toEqual(before);
    expect(await imports.count('castellan.grants')).toBe(GRANTS);
    expect(
      await imports.query(
        `SELECT (array_agg(o.external_id ORDER BY g.id))[1:8] AS first FROM castellan.grants g JOIN castellan.objects o ON o.id = g.object_id`,
      ),
    ).toEqual([{ first: ['0', '0', '0', '0', '0', '0', '0', '1'] }]);
    expect(await inTrail()).toEqual({ created: GRANTS, unchanged: 0, batches: GRANTS / 200 });
    expect(await imports.count('castellan.imports')).toBe(0);
    expect(await imports.faults()).toEqual([]);
  });

  it('that are told twice, or stand already, stay as the first of them, and are counted in their batch', async () => {
    await imports.query(`INSERT INTO castellan.grants (id, subject_id, permission_id, object_id, created_at) SELECT 'ffffffff-ffff-7fff-bfff-ffffffffffff', s.id, p.id, o.id, '2020-01-01'
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
    expect(await imports.run(lines)).toMatchObject({ rows: GRANTS + 6, counts: { grant: expected } });
    expect(imports.happened('taken')).toBeGreaterThan(20);
    expect(imports.kept).toMatchObject({ counts: { grant: expected } });
    expect(await inTrail()).toMatchObject({ created: GRANTS, unchanged: 6 });
    expect(await imports.count(`castellan.grants WHERE effect = 'deny'`)).toBe(1);
    expect(
      await imports.query(
        `SELECT extract(year FROM created_at)::int AS year FROM castellan.grants WHERE id = 'ffffffff-ffff-7fff-bfff-ffffffffffff'`,
      ),
    ).toEqual([{ year: 2020 }]);
    expect(await imports.faults()).toEqual([]);
    expect(await imports.run(lines)).toMatchObject({ counts: { grant: { created: 0, unchanged: GRANTS + 6 } } });
    expect(imports.happened('taken')).toBe(0);
  });

  it('are kept early for whoever comes and waits, and go on batch by batch', async () => {
    const other = new pg.Client(imports.url);
    let seen: Promise<number> | undefined;
    const look = async (): Promise<number> => {
      await other.connect();
      const found = await other.query<{ n: number }>('SELECT count(*)::int AS n FROM castellan.grants');
      return found.rows[0]?.n ?? 0;
    };
    try {
      const importing = imports.run(grants(), {
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
    expect(imports.happened('indexing')).toBe(1);
    expect(imports.happened('kept')).toBeGreaterThan(3);
    expect(await imports.count('castellan.grants')).toBe(GRANTS);
    expect(await imports.faults()).toEqual([]);
  });

  it('are none of them kept when it is broken off, and the import goes on behind what was', async () => {
    const before = await imports.definitions();
    const lines = [...grants(0, 4000), grant(1).replace('post:0', 'post:none'), ...grants(4000)];
    const stopping = imports.run(lines, {
      tell: (state, _event, stop) => {
        if (state.rows >= 5000) stop.abort();
      },
    });
    await expect(stopping).rejects.toMatchObject({ code: 'interrupted' });
    expect(imports.kept).toMatchObject({ rows: 200 });
    expect(await imports.count('castellan.grants')).toBe(200);
    expect(await imports.definitions()).toEqual(before);
    expect(await imports.run(lines)).toMatchObject({
      resumed: 200,
      rows: GRANTS + 1,
      rejected: 1,
      counts: { grant: { created: GRANTS, rejected: 1 } },
    });
    const told = await readFile(join(imports.folder, 'rows.ndjson.rejects.ndjson'), 'utf8');
    expect(told.trim().split('\n')).toHaveLength(1);
    expect(await imports.count('castellan.grants')).toBe(GRANTS);
  });

  it('stay up to the batch that strictness stops at', async () => {
    const lines = [...grants(0, 4090), grant(1).replace('post:0', 'post:none'), ...grants(4090)];
    await expect(imports.run(lines, { strict: true })).rejects.toMatchObject({ reject: { line: 4091 } });
    expect(imports.kept).toMatchObject({ rows: 4000 });
    expect(await imports.count('castellan.grants')).toBe(4000);
    expect(await imports.query('SELECT rows::int AS rows FROM castellan.imports')).toEqual([{ rows: 4000 }]);
    expect(await imports.faults()).toEqual([]);
  });

  it('make room for rows of other kinds between them, which may be what they are for', async () => {
    const late = Array.from({ length: 5 }, (_, n) => `{"kind":"object","type":"post","id":"late ${n}"}`);
    const forLate = late.map(
      (_, n) => `{"kind":"grant","subject":"user:u0","permission":"post:view","object":"post:late ${n}"}`,
    );
    const lines = [...grants(0, 2000), ...forLate, ...late, ...grants(2000, 6000), ...forLate, ...grants(6000)];
    expect(await imports.run(lines)).toMatchObject({
      rejected: 0,
      counts: { grant: { created: GRANTS + 5, unchanged: 5 }, object: { created: 5 } },
    });
    expect(imports.happened('indexing')).toBe(2);
    expect(await imports.faults()).toEqual([]);
  });

  it('are taken no further than is worth while when those that come stand already', async () => {
    await imports.run(grants(25));
    expect(await imports.run(grants(), { batchSize: 25 })).toMatchObject({
      counts: { grant: { created: 25, unchanged: GRANTS - 25 } },
    });
    expect(imports.happened('indexing')).toBe(1);
    expect(imports.happened('taken')).toBeLessThanOrEqual(100);
    expect(await imports.faults()).toEqual([]);
  });

  it('go in batch by batch when they can not be kept together, up to the batch that can not be kept at all', async () => {
    await imports.query(`CREATE UNIQUE INDEX own ON castellan.grants (object_id, effect) WHERE effect = 'deny'`);
    const denied = (n: number): string => grant(n).replace('}', ',"effect":"deny"}');
    const lines = [...grants(0, 1000), denied(1), ...grants(1000, 5000), denied(2), ...grants(5000)];
    await expect(imports.run(lines)).rejects.toThrow(/own/);
    expect(imports.happened('undone')).toBe(1);
    expect(imports.kept).toMatchObject({ rows: 5000 });
    expect(await imports.count('castellan.grants')).toBe(5000);
    expect(await imports.query('SELECT rows::int AS rows FROM castellan.imports')).toEqual([{ rows: 5000 }]);
    await imports.query('DROP INDEX castellan.own');
    expect(await imports.run(lines)).toMatchObject({ resumed: 5000, counts: { grant: { created: GRANTS + 2 } } });
  });
});
