import { compare } from '../conditions/evaluate-condition.js';
import type { Comparison } from '../conditions/condition.js';
import type { Json } from '../model.js';
import { isUuid, wholeNumber } from '../id-forms.js';
import { dateOrder, dateOf, isDateBeyond, isOneOfDates } from './date-tests.js';
import { NO_ROW, allOf, anyOf, onColumn, theNotNull, theNulls, type RowFilter, type RowValue } from './row-filter.js';
import type { RowColumn } from './row-model.js';

const [LEAST_INTEGER, LARGEST_INTEGER] = [-2_147_483_648, 2_147_483_647];
const LARGEST_NUMBER = 1.7e308;
// Prisma hands numbers on with so many digits, and no more.
const DIGITS = 15;

/**
 * The rows of which the comparison of the column with the value is true, or (`truth` false) false, by the meaning of conditions. Where a column
 * can not be asked that (the order of texts is the database's, not ours), no row: what is not known lets nobody in.
 */
export function columnTest(column: RowColumn, operator: Comparison, value: Json, truth: boolean): RowFilter {
  if (column.type === 'number' && [value].flat().some(isTooFine)) return NO_ROW;
  switch (operator) {
    case '$eq':
      return among(column, [value], truth);
    case '$ne':
      return among(column, [value], !truth);
    case '$in':
      return Array.isArray(value) ? among(column, value, truth) : NO_ROW;
    case '$nin':
      return Array.isArray(value) ? among(column, value, !truth) : NO_ROW;
    default:
      return ofNotNull(column, operator, value, truth);
  }
}

/** Rows whose column is one of the values, or (`truth` false) none of them. A null is the value null. */
function among(column: RowColumn, values: readonly Json[], truth: boolean): RowFilter {
  if (column.type === 'texts') return amongLists(column, values, truth);
  if (column.type === 'date' && values.some(isTextOfDateBeyond)) return NO_ROW;
  const known = [...new Set(values.map((value) => held(column, value)).filter((value) => value !== undefined))];
  const namesNull = values.includes(null);
  const filter = isOneOf(column, known, truth);
  if (column.nullable && namesNull === truth) return anyOf([filter, theNulls(column)]);
  return column.type === 'number' && namesNull && !truth ? allOf([filter, finite(column)]) : filter;
}

/** The same of columns that are not null, and values that they can hold. */
function isOneOf(column: RowColumn, values: readonly RowValue[], truth: boolean): RowFilter {
  const [only, ...others] = values;
  if (only === undefined) return truth ? NO_ROW : theNotNull(column);
  if (column.type === 'boolean' && others.length > 0) return truth ? theNotNull(column) : NO_ROW;
  if (column.type === 'date') return isOneOfDates(column, values as Date[], truth);
  if (others.length > 0) return onColumn(column, { operator: 'in', values }, truth);
  return onColumn(column, { operator: 'equals', value: only }, truth);
}

function amongLists(column: RowColumn, values: readonly Json[], truth: boolean): RowFilter {
  const lists = values.filter(
    (value): value is string[] => Array.isArray(value) && value.every((element) => typeof element === 'string'),
  );
  const tests = lists.map((list) => onColumn(column, { operator: 'hasExactly', values: list }, truth));
  return truth ? anyOf(tests) : allOf(tests);
}

/** Comparisons that are unknown of a null. */
function ofNotNull(column: RowColumn, operator: Comparison, value: Json, truth: boolean): RowFilter {
  if (column.oneOf) {
    const values = column.oneOf.filter((one) => compare(operator, one, value) === truth);
    return values.length === 0 ? NO_ROW : onColumn(column, { operator: 'in', values }, true);
  }
  switch (operator) {
    case '$startsWith':
      return isTextTest(column, value) ? onColumn(column, { operator: 'startsWith', value }, truth) : NO_ROW;
    case '$contains':
      return contains(column, value, truth);
    case '$lt':
    case '$gte':
      return less(column, value, 'less', (operator === '$lt') === truth);
    default:
      return less(column, value, 'lessOrSame', (operator === '$lte') === truth);
  }
}

function contains(column: RowColumn, value: Json, truth: boolean): RowFilter {
  if (column.type !== 'texts')
    return isTextTest(column, value) ? onColumn(column, { operator: 'includes', value }, truth) : NO_ROW;
  if (typeof value === 'string') return onColumn(column, { operator: 'has', value }, truth);
  return truth ? NO_ROW : theNotNull(column);
}

const isTextTest = (column: RowColumn, value: Json): value is string =>
  column.type === 'text' && typeof value === 'string';

function less(column: RowColumn, value: Json, operator: 'less' | 'lessOrSame', holds: boolean): RowFilter {
  if (column.type === 'date') return typeof value === 'string' ? dateOrder(column, value, operator, holds) : NO_ROW;
  if (typeof value !== 'number') return NO_ROW;
  if (column.type === 'integer') return lessInteger(column, value, operator, holds);
  return column.type === 'number' ? allOf([onColumn(column, { operator, value }, holds), finite(column)]) : NO_ROW;
}

// A column of integers can only be asked about those it could hold.
function lessInteger(column: RowColumn, value: number, operator: 'less' | 'lessOrSame', holds: boolean): RowFilter {
  const bound = operator === 'less' ? Math.ceil(value) - 1 : Math.floor(value);
  if (bound >= LARGEST_INTEGER || bound < LEAST_INTEGER)
    return bound >= LARGEST_INTEGER === holds ? theNotNull(column) : NO_ROW;
  return onColumn(column, { operator: 'lessOrSame', value: bound }, holds);
}

const isTooFine = (value: Json): boolean => typeof value === 'number' && Number(value.toPrecision(DIGITS)) !== value;

const isTextOfDateBeyond = (value: Json): boolean => typeof value === 'string' && isDateBeyond(value);

// Infinities and NaN are no numbers that JSON has: there, they are null.
function finite(column: RowColumn): RowFilter {
  return allOf([
    onColumn(column, { operator: 'less', value: -LARGEST_NUMBER }, false),
    onColumn(column, { operator: 'lessOrSame', value: LARGEST_NUMBER }, true),
  ]);
}

/** The value as the column holds it; undefined where it could never. */
function held(column: RowColumn, value: Json): RowValue | undefined {
  switch (column.type) {
    case 'text':
      return typeof value === 'string' && (column.oneOf?.includes(value) ?? true) ? value : undefined;
    case 'uuid':
      return typeof value === 'string' && isUuid(value) ? value : undefined;
    case 'integer':
      return Number.isInteger(value) ? integer(value as number) : undefined;
    case 'number':
      return typeof value === 'number' ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'date':
      return typeof value === 'string' ? dateOf(value) : undefined;
    case 'int id':
      return typeof value === 'string' ? asNumber(wholeNumber(value, 'int')) : undefined;
    default:
      return typeof value === 'string' ? wholeNumber(value, 'bigint') : undefined;
  }
}

const asNumber = (value: bigint | undefined): number | undefined => (value === undefined ? undefined : Number(value));

// -0 is 0.
const integer = (value: number): number | undefined =>
  value >= LEAST_INTEGER && value <= LARGEST_INTEGER ? value + 0 : undefined;
