import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyComparison, anyCondition, anyExists } from '../../test/support/arbitrary-condition-trees.js';
import { anyAttributes, anyText } from '../../test/support/arbitrary-json.js';
import { createEmptyDatabase } from '../../test/support/postgres.js';
import type { TestDatabase } from '../../test/support/postgres.js';
import { COMPARISONS } from '../core/conditions/condition.js';
import type { Condition, Path, Truth } from '../core/conditions/condition.js';
import { evaluateCondition } from '../core/conditions/evaluate-condition.js';
import { foldCondition } from '../core/conditions/fold-condition.js';
import { parseCondition } from '../core/conditions/parse-condition.js';
import type { JsonObject } from '../core/model.js';
import { Values, conditionSql, necessarySql } from './condition-sql.js';

interface Row {
  readonly attributes: JsonObject;
  readonly id: string;
  readonly type: string;
}

type RemainingRoot = 'resource' | 'subject';

const ROW = { attributes: 'o.attributes', id: 'o.id', type: 'o.type' };
const anyRow: fc.Arbitrary<Row> = fc.record({ attributes: anyAttributes, id: anyText, type: anyText });
/** Together they are many pairs of a condition and a row; each statement compares all of them. */
const someRows = fc.array(anyRow, { minLength: 8, maxLength: 30 });

let database: TestDatabase;
let client: pg.Client;
let inEnglish: string;

beforeAll(async () => {
  database = await createEmptyDatabase();
  const url = new URL(database.databaseUrl);
  inEnglish = `${url.pathname.slice(1)}_in_english`;
  // Most databases order texts as a language does; here that shows where it would matter.
  await onServer(`CREATE DATABASE ${inEnglish} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'`);
  url.pathname = `/${inEnglish}`;
  client = new pg.Client(url.href);
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await onServer(`DROP DATABASE ${inEnglish} WITH (FORCE)`);
  await database.drop();
});

describe('a condition in SQL', () => {
  it.each([...COMPARISONS, '$exists'] as const)('means what it means when it is evaluated: %s', async (operator) => {
    const comparison = operator === '$exists' ? anyExists(['resource']) : anyComparison(operator, ['resource']);
    const counts = await compareEverywhere(fc.array(comparison, { minLength: 10, maxLength: 30 }), 'resource', 12);
    // Each is seen often, or the comparison says little.
    expect(counts.true).toBeGreaterThan(20);
    expect(counts.false).toBeGreaterThan(20);
    if (operator !== '$exists') expect(counts.undefined).toBeGreaterThan(20);
  });

  it.each(['resource', 'subject'] as const)('means that also when it is put together, about a %s', async (root) => {
    const counts = await compareEverywhere(fc.array(anyCondition([root]), { minLength: 10, maxLength: 30 }), root, 25);
    for (const [truth, times] of Object.entries(counts)) expect(times, truth).toBeGreaterThan(500);
  });

  it('means that after what is known was put in', async () => {
    const known = {
      subject: {
        identity: { type: 'user', id: 'a' },
        attributes: JSON.parse('{"a":["a",1],"b":"a","0":1,"__proto__":{"a":"b"}}') as JsonObject,
      },
    };
    const folded = fc.array(
      anyCondition(['resource', 'subject']).map((condition) => foldCondition(condition, known)),
      { minLength: 10, maxLength: 30 },
    );
    const counts = await compareEverywhere(folded, 'resource', 15);
    for (const [truth, times] of Object.entries(counts)) expect(times, truth).toBeGreaterThan(300);
  });

  it.each<[string, JsonObject, JsonObject, Truth]>([
    ['leads into no array', { 'resource.tags.0': { $exists: true } }, { tags: ['a'] }, false],
    ['leads into no array from its end', { 'resource.tags.-1': 'a' }, { tags: ['a'] }, undefined],
    ['leads into an object by a number', { 'resource.tags.0': 'a' }, { tags: { '0': 'a' } }, true],
    ['leads into no text', { 'resource.a.b': { $exists: true } }, { a: '{"b":1}' }, false],
    ['has null for a value', { 'resource.a': { $exists: true } }, { a: null }, true],
    ['finds null in an array', { 'resource.a': { $contains: null } }, { a: [1, null] }, true],
    ['finds null among others', { 'resource.a': { $in: [1, null] } }, { a: null }, true],
    ['takes a text null for a text', { 'resource.a': { $in: ['null', 'NULL'] } }, { a: null }, false],
    ['is unknown of nothing in an empty array', { 'resource.b': { $in: [] } }, { a: 1 }, undefined],
    ['is false of something in an empty array', { 'resource.a': { $in: [] } }, { a: 1 }, false],
    ['finds no array within an array', { 'resource.a': { $contains: ['b'] } }, { a: [['b', 'c']] }, false],
    ['finds no object within an object', { 'resource.a': { $contains: { b: 1 } } }, { a: [{ b: 1, c: 1 }] }, false],
    ['finds no scalar within an array within', { 'resource.a': { $contains: 'b' } }, { a: ['a', ['b']] }, false],
    ['is no pattern', { 'resource.a': { $startsWith: '%' } }, { a: 'abc' }, false],
    ['is no pattern within', { 'resource.a': { $contains: 'a_c' } }, { a: 'abc' }, false],
    ['has numbers of one value', { 'resource.a': { $in: [{ b: [100] }] } }, { a: { b: [1e2] } }, true],
    ['has numbers beyond integers', { 'resource.a': { $lt: 1e21 } }, { a: 999999999999999868928 }, true],
    ['orders by code points', { 'resource.a': { $gt: '\uffff' } }, { a: '😀' }, true],
    ['orders as bytes do, not as a language does', { 'resource.a': { $lt: 'a' } }, { a: 'Z' }, true],
    ['orders no text beside a number', { 'resource.a': { $lt: 10 } }, { a: '9' }, undefined],
    ['has an identity that an attribute does not hide', { 'resource.id': 'the id' }, { id: 'x' }, true],
    ['has an identity without members', { 'resource.id.a': { $exists: true } }, { id: { a: 1 } }, false],
  ])('%s', async (_, written, attributes, truth) => {
    const condition = parseCondition(written);
    const row = { attributes, id: 'the id', type: 'the type' };
    expect(evaluate(condition, row, 'resource')).toBe(truth);
    expect((await answers([condition], [row], 'resource'))[0]?.[0]?.truth).toBe(truth);
  });

  it('tells a name with a dot in it from two names', async () => {
    const path = (...steps: string[]): Path => ({ kind: 'path', root: 'resource', steps });
    const condition: Condition = { kind: 'compare', operator: '$lt', left: path('a.b'), right: path('a', 'b') };
    const rows = [{ attributes: { 'a.b': 1, a: { b: 2 } }, id: 'the id', type: 'the type' }];
    expect((await answers([condition], rows, 'resource'))[0]?.[0]?.truth).toBe(true);
  });

  it('was compared where texts have the order of a language', async () => {
    const { rows } = await client.query<{ before: boolean }>(`SELECT 'Z'::text < 'a'::text AS before`);
    expect(rows).toEqual([{ before: false }]);
  });

  it('has nothing in its text that a caller wrote', () => {
    fc.assert(
      fc.property(anyCondition(['resource']), (condition) => {
        const text = sqlOf(condition);
        expect(text.replaceAll(/'(?:array|string|number|UTF8|\{\})'/g, '')).toMatch(/^[\w\s().$:=<>@#,\-[\]"]*$/);
        expect(text.match(/"[^"]*"/g) ?? []).toEqual((text.match(/"[^"]*"/g) ?? []).map(() => '"C"'));
        expect(sqlOf(renamed(condition))).toBe(text);
      }),
    );
  });

  it.each<[JsonObject, RemainingRoot, string]>([
    [{ 'resource.a': { $ref: 'subject.a' } }, 'resource', 'subject'],
    [{ 'resource.a': 1, 'context.a': { $exists: true } }, 'resource', 'context'],
    [{ $not: { 'action.name': 'view' } }, 'subject', 'action'],
    [{ 'subject.a': { $in: { $ref: 'resource.a' } } }, 'subject', 'resource'],
  ])('is refused where it asks for more than the row: %j about a %s', (written, root, other) => {
    expect(() => conditionSql(parseCondition(written), root, ROW, new Values())).toThrow(`still asks for the ${other}`);
  });
});

async function onServer(statement: string): Promise<void> {
  const server = new pg.Client(database.databaseUrl);
  await server.connect();
  try {
    await server.query(statement);
  } finally {
    await server.end();
  }
}

/** Compares the SQL of the conditions with what they evaluate to, on many rows, and counts what came out. */
async function compareEverywhere(
  conditions: fc.Arbitrary<Condition[]>,
  root: RemainingRoot,
  numRuns: number,
): Promise<Record<`${Truth}`, number>> {
  const counts = { true: 0, false: 0, undefined: 0 };
  await fc.assert(
    fc.asyncProperty(conditions, someRows, async (list, rows) => {
      const found = await answers(list, rows, root);
      for (const [at, row] of rows.entries()) {
        for (const [index, condition] of list.entries()) {
          const truth = evaluate(condition, row, root);
          const answer = found[at]?.[index];
          expect(answer?.truth, `${JSON.stringify(condition)} of ${JSON.stringify(row)}`).toBe(truth);
          // What is necessary may not leave out a row for which the condition is true.
          if (truth) expect(answer?.necessary, `${JSON.stringify(condition)} of ${JSON.stringify(row)}`).toBe(true);
          counts[`${truth}`] += 1;
        }
      }
    }),
    { numRuns },
  );
  return counts;
}

interface Answer {
  readonly truth: Truth;
  readonly necessary: Truth;
}

/** For each row, the answers of Postgres to each condition. */
async function answers(
  conditions: readonly Condition[],
  rows: readonly Row[],
  root: RemainingRoot,
): Promise<Answer[][]> {
  const values = new Values([
    rows.map(({ attributes }) => JSON.stringify(attributes)),
    rows.map(({ id }) => id),
    rows.map(({ type }) => type),
  ]);
  const truths = conditions.map((condition) => conditionSql(condition, root, ROW, values));
  const necessary = conditions.map((condition) => necessarySql(condition, root, ROW.attributes, values) ?? 'true');
  const { rows: found } = await client.query<{ truths: (boolean | null)[]; necessary: (boolean | null)[] }>(
    `SELECT ARRAY[${truths.join(', ')}]::boolean[] AS truths, ARRAY[${necessary.join(', ')}]::boolean[] AS necessary
     FROM unnest($1::jsonb[], $2::text[], $3::text[]) WITH ORDINALITY AS o(attributes, id, type, n) ORDER BY o.n`,
    values.values,
  );
  return found.map((row) =>
    row.truths.map((truth, index) => ({ truth: truth ?? undefined, necessary: row.necessary[index] ?? undefined })),
  );
}

function evaluate(condition: Condition, { attributes, id, type }: Row, root: RemainingRoot): Truth {
  return evaluateCondition(condition, { [root]: { attributes, identity: { id, type } } });
}

function sqlOf(condition: Condition): string {
  return conditionSql(condition, 'resource', ROW, new Values());
}

/** The same condition about other attributes. */
function renamed(condition: Condition): Condition {
  return JSON.parse(JSON.stringify(condition), (name, value: unknown) =>
    name === 'steps' && Array.isArray(value)
      ? value.map((step, index) =>
          index === 0 && ['id', 'type'].includes(step as string) ? (step as string) : `renamed ${step}`,
        )
      : value,
  ) as Condition;
}
