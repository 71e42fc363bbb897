import { compare } from '../conditions/evaluate-condition.js';
import type { CompareCondition, Comparison, Condition, Operand, Path } from '../conditions/condition.js';
import type { Json } from '../model.js';
import { columnTest } from './column-tests.js';
import { EVERY_ROW, NO_ROW, allOf, anyOf, type RowFilter } from './row-filter.js';
import type { RowColumn, RowModel } from './row-model.js';

/**
 * The rows of which the condition is true, or (`truth` false) false. The condition is folded: it asks about the resource alone. What no
 * column stands for is unknown, so neither; a null is the value null.
 *
 * @example
 * rowsWhere(parseCondition({ 'resource.status': { $ne: 'archived' } }), true, model); // status is another, or null
 */
export function rowsWhere(condition: Condition, truth: boolean, model: RowModel): RowFilter {
  switch (condition.kind) {
    case 'constant':
      return condition.truth === truth ? EVERY_ROW : NO_ROW;
    case 'exists':
      return known(condition.path, model).kind !== 'unknown' && condition.exists === truth ? EVERY_ROW : NO_ROW;
    case 'not':
      return rowsWhere(condition.part, !truth, model);
    case 'compare':
      return compared(condition, truth, model);
    default: {
      const parts = condition.parts.map((part) => rowsWhere(part, truth, model));
      return (condition.kind === 'and') === truth ? allOf(parts) : anyOf(parts);
    }
  }
}

function compared({ operator, left, right }: CompareCondition, truth: boolean, model: RowModel): RowFilter {
  const [one, other] = [known(left, model), known(right, model)];
  if (one.kind === 'value' && other.kind === 'value')
    return compare(operator, one.value, other.value) === truth ? EVERY_ROW : NO_ROW;
  if (one.kind === 'column' && other.kind === 'value') return columnTest(one.column, operator, other.value, truth);
  if (one.kind === 'value' && other.kind === 'column') return turned(operator, one.value, other.column, truth);
  return NO_ROW;
}

/** `value operator column`, as the column is asked it. */
function turned(operator: Comparison, value: Json, column: RowColumn, truth: boolean): RowFilter {
  switch (operator) {
    case '$in':
      return column.type === 'texts' ? columnTest(column, '$contains', value, truth) : NO_ROW;
    case '$nin':
      return column.type === 'texts' ? columnTest(column, '$contains', value, !truth) : NO_ROW;
    case '$contains':
      return Array.isArray(value) ? columnTest(column, '$in', value, truth) : NO_ROW;
    default: {
      const other = TURNED[operator];
      return other ? columnTest(column, other, value, truth) : NO_ROW;
    }
  }
}

/** The same comparison as seen from the right. */
const TURNED: Partial<Record<Comparison, Comparison>> = {
  $eq: '$eq',
  $ne: '$ne',
  $lt: '$gt',
  $lte: '$gte',
  $gt: '$lt',
  $gte: '$lte',
};

type Known =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'column'; readonly column: RowColumn }
  | { readonly kind: 'unknown' };

function known(operand: Operand, model: RowModel): Known {
  if (operand.kind === 'value') return operand;
  if (operand.kind === 'missing') return { kind: 'unknown' };
  if (operand.root === 'resource' && operand.steps.length === 1 && operand.steps[0] === 'type')
    return { kind: 'value', value: model.type };
  const column = columnAt(operand, model);
  return column ? { kind: 'column', column } : { kind: 'unknown' };
}

function columnAt({ root, steps }: Path, model: RowModel): RowColumn | undefined {
  const [name, ...further] = steps;
  if (root !== 'resource' || name === undefined || further.length > 0) return undefined;
  return name === 'id' ? model.id : model.columns.get(name);
}
