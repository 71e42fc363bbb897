import type { Json } from '../model.js';
import { includesJson, orderOf, sameJson } from './compare-values.js';
import { isIdentity, negate } from './condition.js';
import type { Comparison, Condition, Entities, Operand, Path, Truth } from './condition.js';
import { isPlainObject, isStorableJson } from './json-values.js';
import { containsText } from './text-search.js';

/**
 * What the condition comes out as for these entities; everything of one that is not among them is missing.
 *
 * @example
 * evaluateCondition(parseCondition({ 'resource.status': 'draft' }), {
 *   resource: { attributes: { status: 'draft' }, identity: { type: 'post', id: '1' } },
 * }); // true
 */
export function evaluateCondition(condition: Condition, entities: Entities): Truth {
  switch (condition.kind) {
    case 'constant':
      return condition.truth;
    case 'exists':
      return (valueAt(condition.path, entities) !== undefined) === condition.exists;
    case 'compare':
      return compare(
        condition.operator,
        operandValue(condition.left, entities),
        operandValue(condition.right, entities),
      );
    case 'not':
      return negate(evaluateCondition(condition.part, entities));
    case 'and':
      return decidedBy(false, condition.parts, entities);
    default:
      return decidedBy(true, condition.parts, entities);
  }
}

/** What stands at the path; undefined when it is missing, or is nothing that JSON can hold. */
export function valueAt(path: Path, entities: Entities): Json | undefined {
  const entity = entities[path.root];
  const [first, ...further] = path.steps;
  if (!entity || first === undefined) return undefined;
  const start = isIdentity(path.root, first) ? ownMember(entity.identity, first) : ownMember(entity.attributes, first);
  const value = further.reduce(ownMember, start);
  return isStorableJson(value) ? value : undefined;
}

/** What the comparison of two values comes out as; undefined stands for a value that is missing, and for unknown. */
export function compare(operator: Comparison, left: Json | undefined, right: Json | undefined): Truth {
  if (left === undefined || right === undefined) return undefined;
  switch (operator) {
    case '$eq':
      return sameJson(left, right);
    case '$ne':
      return !sameJson(left, right);
    case '$in':
      return Array.isArray(right) ? includesJson(right, left) : undefined;
    case '$nin':
      return Array.isArray(right) ? !includesJson(right, left) : undefined;
    case '$contains':
      return contains(left, right);
    case '$startsWith':
      return typeof left === 'string' && typeof right === 'string' ? left.startsWith(right) : undefined;
    default:
      return inOrder(operator, orderOf(left, right));
  }
}

function operandValue(operand: Operand, entities: Entities): Json | undefined {
  switch (operand.kind) {
    case 'path':
      return valueAt(operand, entities);
    case 'value':
      return operand.value;
    default:
      return undefined;
  }
}

function ownMember(value: unknown, name: string): unknown {
  return isPlainObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

// The deciding truth if a part is it, else unknown if a part is unknown, else the other truth.
function decidedBy(deciding: boolean, parts: readonly Condition[], entities: Entities): Truth {
  let truth: Truth = !deciding;
  for (const part of parts) {
    const found = evaluateCondition(part, entities);
    if (found === deciding) return deciding;
    if (found === undefined) truth = undefined;
  }
  return truth;
}

function contains(left: Json, right: Json): Truth {
  if (Array.isArray(left)) return includesJson(left, right);
  return typeof left === 'string' && typeof right === 'string' ? containsText(left, right) : undefined;
}

function inOrder(operator: '$lt' | '$lte' | '$gt' | '$gte', order: number | undefined): Truth {
  if (order === undefined) return undefined;
  switch (operator) {
    case '$lt':
      return order < 0;
    case '$lte':
      return order <= 0;
    case '$gt':
      return order > 0;
    default:
      return order >= 0;
  }
}
