import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../test/support/postgres.js';
import type { TestDatabase } from '../../test/support/postgres.js';
import { parseCondition } from '../core/conditions/parse-condition.js';
import type { JsonObject } from '../core/model.js';
import { Values, conditionSql, necessarySql } from './condition-sql.js';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createEmptyDatabase();
  client = new pg.Client(database.databaseUrl);
  await client.connect();
  await client.query(`CREATE TABLE things (id text, type text, attributes jsonb NOT NULL);
    INSERT INTO things SELECT n::text, 'thing', jsonb_build_object('a', n, 'b', jsonb_build_object('c', n::text), 'list', jsonb_build_array(n, 'x'))
      FROM generate_series(1, 20000) n;
    CREATE INDEX things_attributes ON things USING GIN (attributes jsonb_path_ops);
    ANALYZE things;`);
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

describe('what an index can serve of a condition', () => {
  it.each<[JsonObject, number]>([
    [{ 'resource.a': 7 }, 1],
    [{ 'resource.b.c': '7' }, 1],
    [{ 'resource.b': { c: '7' } }, 1],
    [{ 'resource.a': { $in: [7, 8, 'x', 1e6] } }, 2],
    [{ 'resource.list': { $contains: 7 } }, 1],
    [{ 'resource.list': { $in: [[7, 'x']] } }, 1],
    [{ 'resource.a': { $gt: 0, $eq: 7 } }, 1],
    [{ 'resource.a': { $gt: 0 }, $or: [{ 'resource.a': 7 }, { 'resource.b.c': '8', 'resource.a': { $ne: 9 } }] }, 2],
    [{ $or: [{ 'resource.a': 7 }, { 'resource.a': { $in: [] } }] }, 1],
  ])('is read from it: %j', async (written, count) => {
    const { text, values } = statementOf(written);
    const { rows: plan } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain('Bitmap Index Scan on things_attributes');
    expect((await client.query(text, values)).rowCount).toBe(count);
  });

  it.each<[JsonObject, string]>([
    [{ 'resource.a': 7 }, 'o.attributes @> $1::jsonb'],
    [{ 'resource.a': { $in: [7, 8] } }, 'o.attributes @> ANY($1::jsonb[])'],
    [{ 'resource.a': 7, 'resource.b.c': '7' }, '(o.attributes @> $1::jsonb AND o.attributes @> $2::jsonb)'],
    [
      { $or: [{ 'resource.a': 7 }, { 'resource.b.c': '7' }] },
      '(o.attributes @> $1::jsonb OR o.attributes @> $2::jsonb)',
    ],
    [{ 'resource.a': { $in: [] } }, 'false'],
    [{ 'resource.a': { $in: [] }, 'resource.b': 7 }, 'false'],
  ])('is a bound predicate: %j', (written, sql) => {
    expect(necessaryOf(written)).toBe(sql);
  });

  it.each<JsonObject>([
    { 'resource.id': '7' },
    { 'subject.a': 7 },
    { 'resource.type': { $in: ['thing'] } },
    { 'resource.a': { $ne: 7 } },
    { 'resource.a': { $nin: [7] } },
    { 'resource.a': { $gt: 7 } },
    { 'resource.a': { $exists: true } },
    { 'resource.a': { $startsWith: 'x' } },
    { $not: { 'resource.a': 7 } },
    { 'resource.a': { $not: { $eq: 7 } } },
    { 'resource.a': { $ref: 'resource.b' } },
    { 'resource.a': { $in: { $ref: 'resource.list' } } },
    // In a text there may be more of it.
    { 'resource.list': { $contains: 'x' } },
    // The index holds nothing of these, and would be read whole.
    { 'resource.b': { $eq: {} } },
    { 'resource.list': [] },
    { 'resource.a': { $in: [7, [[]]] } },
    { $or: [{ 'resource.a': 7 }, { 'resource.b': { $gt: 1 } }] },
  ])('is nothing of %j', (written) => {
    expect(necessaryOf(written)).toBeNull();
  });

  it('is never, where the condition is never true', () => {
    for (const truth of [false, undefined]) {
      expect(necessarySql({ kind: 'constant', truth }, 'resource', 'o.attributes', new Values())).toBe('false');
    }
    expect(necessarySql({ kind: 'constant', truth: true }, 'resource', 'o.attributes', new Values())).toBeNull();
  });
});

function necessaryOf(written: JsonObject): string | null {
  return necessarySql(parseCondition(written), 'resource', 'o.attributes', new Values());
}

function statementOf(written: JsonObject): { text: string; values: unknown[] } {
  const condition = parseCondition(written);
  const values = new Values();
  const truth = conditionSql(condition, 'resource', { attributes: 'o.attributes', id: 'o.id', type: 'o.type' }, values);
  const necessary = necessarySql(condition, 'resource', 'o.attributes', values);
  return { text: `SELECT o.id FROM things o WHERE ${truth} AND ${necessary ?? 'true'}`, values: values.values };
}
