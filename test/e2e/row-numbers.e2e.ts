import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnTest } from '../../src/core/rows/column-tests.js';
import { rowColumn } from '../../src/core/rows/row-model.js';
import { sqlFragment } from '../../src/embed/row-filter-sql.js';
import { createTestDatabase } from '../support/postgres.js';

let client: pg.Client;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await createTestDatabase();
  client = new pg.Client(database.databaseUrl);
  await client.connect();
  await client.query(`CREATE TEMPORARY TABLE measures (id int, double float8, single real, exact numeric(10, 1));
    INSERT INTO measures VALUES (1, 0.1, 0.1, 0.1), (2, 5.5, 5.5, 5.5), (3, 70, 70, 70)`);
  drop = () => database.drop();
});
afterAll(async () => {
  await client.end();
  await drop();
});

async function idsWhere(column: string, operator: '$eq' | '$in' | '$lt' | '$gt', value: number, truth: boolean) {
  const filter = columnTest(rowColumn(column, 'number'), operator, operator === '$in' ? [value, 1] : value, truth);
  const id = rowColumn('id', 'integer');
  const { text, values } = sqlFragment(filter, { view: 'none', viewId: 'none', id, table: 'm', from: 1 });
  const { rows } = await client.query<{ id: number }>(`SELECT id FROM measures m WHERE ${text} ORDER BY id`, [
    ...values,
  ]);
  return rows.map((row) => row.id);
}

describe('a column that is declared as a number', () => {
  it('is compared as conditions compare numbers', async () => {
    expect(await idsWhere('double', '$lt', 10, true)).toEqual([1, 2]);
    expect(await idsWhere('double', '$gt', 10, false)).toEqual([1, 2]);
    expect(await idsWhere('double', '$eq', 0.1, false)).toEqual([2, 3]);
    expect(await idsWhere('double', '$in', 0.1, true)).toEqual([1]);
  });

  it.each(['single', 'exact'])('shows no row when it is another kind of number: %s', async (column) => {
    for (const operator of ['$eq', '$in', '$lt', '$gt'] as const)
      for (const truth of [true, false])
        await expect(idsWhere(column, operator, 0.1, truth)).rejects.toThrow(/invalid input syntax for type double/);
  });
});
