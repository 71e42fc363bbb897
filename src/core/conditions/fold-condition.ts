import type { Json } from '../model.js';
import { FALSE, TRUE, UNKNOWN, constant, negate } from './condition.js';
import type { CompareCondition, Comparison, Condition, Entities, Operand } from './condition.js';
import { compare, valueAt } from './evaluate-condition.js';

/**
 * Puts in what is known, and decides whatever that decides: a result of the kind `constant` is the answer. Roots that are not
 * in `known` remain, so the result comes out, for any of them, as the condition does for these and the known ones together.
 *
 * @example
 * const mine = parseCondition({ 'resource.owner': { $ref: 'subject.id' } });
 * foldCondition(mine, { subject: { attributes: null, identity: { type: 'user', id: 'alice' } } });
 * // as parseCondition({ 'resource.owner': 'alice' })
 */
export function foldCondition(condition: Condition, known: Entities): Condition {
  switch (condition.kind) {
    case 'constant':
      return condition;
    case 'exists':
      if (!known[condition.path.root]) return condition;
      return constant((valueAt(condition.path, known) !== undefined) === condition.exists);
    case 'compare':
      return foldComparison(condition, known);
    case 'not':
      return not(foldCondition(condition.part, known));
    case 'and':
      return join('and', condition.parts, known);
    default:
      return join('or', condition.parts, known);
  }
}

function foldComparison(condition: CompareCondition, known: Entities): Condition {
  const { operator } = condition;
  const left = foldOperand(condition.left, known);
  const right = foldOperand(condition.right, known);
  if (left.kind === 'missing' || right.kind === 'missing') return UNKNOWN;
  if (left.kind === 'value' && right.kind === 'value') return constant(compare(operator, left.value, right.value));
  if (left.kind === 'value' && !fitsLeft(operator, left.value)) return UNKNOWN;
  if (right.kind === 'value' && !fitsRight(operator, right.value)) return UNKNOWN;
  return { kind: 'compare', operator, left, right };
}

function foldOperand(operand: Operand, known: Entities): Operand {
  if (operand.kind !== 'path' || !known[operand.root]) return operand;
  const value = valueAt(operand, known);
  return value === undefined ? { kind: 'missing' } : { kind: 'value', value };
}

// Whether there is any other value with which the comparison is known.
function fitsLeft(operator: Comparison, value: Json): boolean {
  switch (operator) {
    case '$eq':
    case '$ne':
    case '$in':
    case '$nin':
      return true;
    case '$contains':
      return Array.isArray(value) || typeof value === 'string';
    case '$startsWith':
      return typeof value === 'string';
    default:
      return typeof value === 'number' || typeof value === 'string';
  }
}

function fitsRight(operator: Comparison, value: Json): boolean {
  switch (operator) {
    case '$in':
    case '$nin':
      return Array.isArray(value);
    case '$contains':
      return true;
    default:
      return fitsLeft(operator, value);
  }
}

function not(part: Condition): Condition {
  if (part.kind === 'constant') return constant(negate(part.truth));
  return part.kind === 'not' ? part.part : { kind: 'not', part };
}

function join(kind: 'and' | 'or', parts: readonly Condition[], known: Entities): Condition {
  const [deciding, neutral] = kind === 'and' ? [FALSE, TRUE] : [TRUE, FALSE];
  const remaining: Condition[] = [];
  let unknown = false;
  for (const part of parts) {
    const folded = foldCondition(part, known);
    if (folded.kind !== 'constant') remaining.push(folded);
    else if (folded.truth === deciding.truth) return deciding;
    else if (folded.truth === undefined) unknown = true;
  }
  if (unknown) remaining.push(UNKNOWN);
  const [only, ...others] = remaining;
  if (!only) return neutral;
  return others.length === 0 ? only : { kind, parts: remaining };
}
