import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COLUMNS, UUIDS, anyRow, conditionsOnRows } from '../../../test/support/arbitrary-rows.js';
import { evaluateCondition } from '../conditions/evaluate-condition.js';
import type { Condition, Operand } from '../conditions/condition.js';
import { parseCondition } from '../conditions/parse-condition.js';
import type { Json, JsonObject } from '../model.js';
import { columnTest } from './column-tests.js';
import { NO_ROW, type RowFilter, type RowTest } from './row-filter.js';
import { rowColumn, type RowColumn, type RowModel } from './row-model.js';
import { rowsWhere } from './row-conditions.js';

type Row = Readonly<Record<string, unknown>>;

const columns = new Map(Object.entries(COLUMNS).map(([name, declared]) => [name, rowColumn(name, declared)]));
const idColumn = (type: RowColumn['type']): RowColumn => ({
  type,
  nullable: false,
  field: 'id',
  column: 'id',
  oneOf: null,
});
const MODELS: readonly { model: RowModel; ids: readonly (string | number | bigint)[] }[] = [
  { model: { type: 'document', id: idColumn('uuid'), columns }, ids: UUIDS },
  { model: { type: 'document', id: idColumn('text'), columns }, ids: ['a', 'b', '7'] },
  { model: { type: 'document', id: idColumn('int id'), columns }, ids: [7, 0, -2_147_483_648] },
  { model: { type: 'document', id: idColumn('bigint id'), columns }, ids: [7n, 2n ** 63n - 1n, -(2n ** 63n)] },
];

const attributesOf = (row: Row): JsonObject => {
  const { id: _, ...attributes } = row;
  return JSON.parse(JSON.stringify(attributes)) as JsonObject;
};

const truthOf = (condition: Condition, row: Row): boolean | undefined =>
  evaluateCondition(condition, {
    resource: { attributes: attributesOf(row), identity: { type: 'document', id: String(row['id']) } },
  });

const ordinal = (value: unknown): unknown => (value instanceof Date ? value.getTime() : value);

/** Whether the row passes, as a database would say it. */
function passes(filter: RowFilter, row: Row): boolean {
  switch (filter.kind) {
    case 'constant':
      return filter.holds;
    case 'and':
      return filter.parts.every((part) => passes(part, row));
    case 'or':
      return filter.parts.some((part) => passes(part, row));
    case 'null':
      return (row[filter.column.field] === null) === filter.isNull;
    case 'column': {
      const value = row[filter.column.field];
      return value !== null && passesTest(filter.test, value) === filter.holds;
    }
    default:
      throw new Error('A condition places nothing.');
  }
}

function passesTest(test: RowTest, held: unknown): boolean {
  const value = ordinal(held);
  switch (test.operator) {
    case 'in':
      return test.values.map(ordinal).includes(value);
    case 'hasExactly':
      return JSON.stringify(value) === JSON.stringify(test.values);
    case 'equals':
      return value === ordinal(test.value);
    case 'has':
      return (value as unknown[]).includes(test.value);
    case 'startsWith':
      return (value as string).startsWith(test.value as string);
    case 'includes':
      return (value as string).includes(test.value as string);
    default: {
      const bound = ordinal(test.value) as number;
      // Postgres has NaN after all other numbers.
      const order = Number.isNaN(value) ? 1 : Math.sign((value as number) - bound) || 0;
      return test.operator === 'less' ? order < 0 : order <= 0;
    }
  }
}

/** Whether columns can be asked all of it: one column and a value, and no order or parts but those of the column's type. */
function isAskable(condition: Condition, model: RowModel): boolean {
  const columnOf = (operand: Operand): RowColumn | undefined =>
    operand.kind === 'path' && operand.steps.length === 1
      ? operand.steps[0] === 'id'
        ? model.id
        : model.columns.get(operand.steps[0] as string)
      : undefined;
  const isKnown = (operand: Operand): boolean =>
    operand.kind === 'value' ||
    columnOf(operand) !== undefined ||
    (operand.kind === 'path' && operand.steps.length === 1 && operand.steps[0] === 'type');
  switch (condition.kind) {
    case 'constant':
      return true;
    case 'not':
      return isAskable(condition.part, model);
    case 'and':
    case 'or':
      return condition.parts.every((part) => isAskable(part, model));
    case 'exists':
      return isKnown(condition.path);
    default: {
      const { operator, left, right } = condition;
      if (!isKnown(left) || !isKnown(right) || (columnOf(left) && columnOf(right))) return false;
      const column = columnOf(left) ?? columnOf(right);
      const values = [left, right].flatMap((operand) => (operand.kind === 'value' ? [operand.value].flat() : []));
      const isFine = (value: Json): boolean => typeof value === 'number' && Number(value.toPrecision(15)) !== value;
      if (column?.type === 'number' && values.some(isFine)) return false;
      const isBeyond = (value: Json): boolean => typeof value === 'string' && /^([+-]\d{6}|0000)-/.test(value);
      const isEquality = ['$eq', '$ne', '$in', '$nin'].includes(operator);
      if (column?.type === 'date' && isEquality && values.some(isBeyond)) return false;
      if (!column || ['$eq', '$ne'].includes(operator)) return true;
      if (operator === '$in' || operator === '$nin') return columnOf(left) !== undefined || column.type === 'texts';
      if (operator === '$contains')
        return columnOf(left)
          ? ['text', 'texts'].includes(column.type)
          : Array.isArray((left as { value: Json }).value);
      if (operator === '$startsWith') return columnOf(left) !== undefined && column.type === 'text';
      if (column.oneOf) return columnOf(left) !== undefined;
      return ['integer', 'number', 'date', 'boolean'].includes(column.type);
    }
  }
}

const anyCase = fc.oneof(
  ...MODELS.map(({ model, ids }) =>
    fc.record({
      model: fc.constant(model),
      row: fc.tuple(anyRow, fc.constantFrom(...ids)).map(([row, id]): Row => ({ ...row, id })),
      condition: conditionsOnRows([...ids.map(String), '007', '8', UUIDS[0] as string]),
      truth: fc.boolean(),
    }),
  ),
);

describe('a condition as a filter of rows', () => {
  it('passes the rows of which the condition is true, or false, where columns can be asked it; and else no others', () => {
    let [askable, passed] = [0, 0];
    fc.assert(
      fc.property(anyCase, ({ model, row, condition, truth }) => {
        const isPassed = passes(rowsWhere(condition, truth, model), row);
        const isSo = truthOf(condition, row) === truth;
        if (isAskable(condition, model)) {
          askable += 1;
          if (isPassed) passed += 1;
          return isPassed === isSo;
        }
        return !isPassed || isSo;
      }),
      { numRuns: 5000 },
    );
    expect(askable).toBeGreaterThan(1000);
    expect(passed).toBeGreaterThan(300);
  });

  it('lets in nothing by numbers that JSON does not have, and by times whose order is not that of their texts', () => {
    const usual = { score: 1, weight: null, due: new Date(0), closed: null, id: 'a' };
    const row = (values: Row): Row => ({ ...usual, ...values });
    const model = MODELS[1]?.model as RowModel;
    const odd = fc.constantFrom(
      ...[Number.NaN, Infinity, -Infinity, Number.MAX_VALUE, 0.1 + 0.2].map((score) => row({ score, weight: score })),
      ...['+010000-01-01T00:00:00.000Z', '-000001-01-01T00:00:00.000Z', '0000-06-01T00:00:00.000Z'].map((text) =>
        row({ due: new Date(text), closed: new Date(text) }),
      ),
    );
    const condition = conditionsOnRows(['a'], ['score', 'weight', 'due', 'closed']);
    let passed = 0;
    fc.assert(
      fc.property(odd, condition, fc.boolean(), (values, asked, truth) => {
        const isPassed = passes(rowsWhere(asked, truth, model), values);
        if (isPassed) passed += 1;
        return !isPassed || truthOf(asked, values) === truth;
      }),
      { numRuns: 3000 },
    );
    expect(passed).toBeGreaterThan(50);
  });

  it('lets in nothing by what is said of a time of a year that can not be asked about', () => {
    const due = rowColumn('due', 'date');
    for (const text of ['+010000-01-01T00:00:00.000Z', '0000-06-01T00:00:00.000Z', '-000001-01-01T00:00:00.000Z'])
      for (const operator of ['$eq', '$ne'] as const)
        for (const truth of [true, false])
          expect([text, columnTest(due, operator, text, truth)]).toEqual([text, NO_ROW]);
    expect(columnTest(due, '$nin', ['2030-01-31T09:00:00.000Z', '+010000-01-01T00:00:00.000Z'], true)).toEqual(NO_ROW);
  });

  it('asks a finer time than milliseconds what it would answer without what is finer', () => {
    const due = rowColumn('due', 'date');
    const at = '2030-01-31T09:00:00.000Z';
    const later = new Date('2030-01-31T09:00:00.001Z');
    const exactly = { kind: 'column', column: due, test: { operator: 'less', value: later }, holds: true };
    expect(columnTest(due, '$lte', at, true)).toMatchObject({ kind: 'and', parts: [{}, exactly] });
    expect(columnTest(due, '$eq', at, true)).toMatchObject({ kind: 'and', parts: [{ holds: false }, exactly] });
  });

  it('finds who is named in a list of texts', () => {
    const model = MODELS[0]?.model as RowModel;
    const named = parseCondition({ 'resource.tags': { $contains: 'a' } });
    const asked = parseCondition({ 'resource.title': { $in: { $ref: 'resource.tags' } } });
    expect(rowsWhere(named, true, model)).toMatchObject({ test: { operator: 'has', value: 'a' }, holds: true });
    // Two columns are not compared.
    expect(rowsWhere(asked, true, model)).toEqual({ kind: 'constant', holds: false });
  });
});
