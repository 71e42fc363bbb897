import type { Json, JsonObject } from './world.js';

/**
 * What a condition means, a second time: straight from the text of docs/conditions.md, as plainly as it can be written.
 */

/** Undefined is unknown. */
export type Truth = boolean | undefined;

/** What the paths of a condition lead into. An identity of undefined is missing. */
export interface Circumstances {
  readonly resource: Thing;
  readonly subject: Thing;
  readonly action: { readonly name: string; readonly properties: JsonObject };
  readonly context: JsonObject;
}

export interface Thing {
  readonly type: string;
  readonly id: string | undefined;
  readonly attributes: JsonObject;
}

/** Whether the condition holds. */
export function truthOf(condition: JsonObject, given: Circumstances): Truth {
  return allOf(
    Object.entries(condition).map(([key, value]) => {
      if (key === '$and') return allOf((value as JsonObject[]).map((part) => truthOf(part, given)));
      if (key === '$or') return anyOf((value as JsonObject[]).map((part) => truthOf(part, given)));
      if (key === '$not') return opposite(truthOf(value as JsonObject, given));
      return comparisonsHold(valueAt(key, given), value, given);
    }),
  );
}

// Undefined stands for what is missing: no JSON value is undefined.
function comparisonsHold(left: Json | undefined, right: Json, given: Circumstances): Truth {
  if (!isObject(right) || !Object.keys(right).some((name) => name.startsWith('$')) || '$ref' in right)
    return compare(left, '$eq', right, given);
  return allOf(
    Object.entries(right).map(([operator, operand]) =>
      operator === '$not' ? opposite(comparisonsHold(left, operand, given)) : compare(left, operator, operand, given),
    ),
  );
}

function compare(left: Json | undefined, operator: string, operand: Json, given: Circumstances): Truth {
  if (operator === '$exists') return (left !== undefined) === operand;
  const right = isObject(operand) && '$ref' in operand ? valueAt(operand['$ref'] as string, given) : operand;
  if (left === undefined || right === undefined) return undefined;
  switch (operator) {
    case '$eq':
      return sameJson(left, right);
    case '$ne':
      return !sameJson(left, right);
    case '$in':
      return Array.isArray(right) ? right.some((each) => sameJson(left, each)) : undefined;
    case '$nin':
      return Array.isArray(right) ? !right.some((each) => sameJson(left, each)) : undefined;
    case '$contains':
      if (Array.isArray(left)) return left.some((each) => sameJson(each, right));
      return typeof left === 'string' && typeof right === 'string' ? left.includes(right) : undefined;
    case '$startsWith':
      return typeof left === 'string' && typeof right === 'string' ? left.startsWith(right) : undefined;
    default:
      return isInOrder(operator, orderOf(left, right));
  }
}

function isInOrder(operator: string, order: number | undefined): Truth {
  if (order === undefined) return undefined;
  if (operator === '$lt') return order < 0;
  if (operator === '$lte') return order <= 0;
  if (operator === '$gt') return order > 0;
  if (operator === '$gte') return order >= 0;
  throw new Error(`There is no operator ${operator}`);
}

/** Below, at or above 0 as the first is less, the same or greater; undefined where the two have no order. */
function orderOf(left: Json, right: Json): number | undefined {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left !== 'string' || typeof right !== 'string') return undefined;
  const [lefts, rights] = [left, right].map((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0));
  for (const [index, code] of (lefts ?? []).entries()) {
    const other = rights?.[index];
    if (other === undefined) return 1;
    if (code !== other) return code - other;
  }
  return (lefts?.length ?? 0) - (rights?.length ?? 0);
}

export function sameJson(one: Json, other: Json): boolean {
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((each, index) => sameJson(each, other[index] as Json));
  }
  if (!isObject(one) || !isObject(other)) return one === other;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && sameJson(one[name] as Json, other[name] as Json))
  );
}

/** The value at a path such as `resource.address.city`; undefined when it is missing. */
export function valueAt(path: string, given: Circumstances): Json | undefined {
  const [root = '', name = '', ...rest] = path.split('.');
  return stepsInto(firstStep(root, name, given), rest);
}

function firstStep(root: string, name: string, given: Circumstances): Json | undefined {
  if (root === 'resource' || root === 'subject') {
    const thing = given[root];
    if (name === 'id') return thing.id;
    if (name === 'type') return thing.type;
    return stepsInto(thing.attributes, [name]);
  }
  if (root === 'action') return name === 'name' ? given.action.name : stepsInto(given.action.properties, [name]);
  if (root === 'context') return stepsInto(given.context, [name]);
  throw new Error(`There is no root ${root}`);
}

/** The value that steps lead to from another, each by a member's own name; undefined when it is missing. */
export function stepsInto(from: Json | undefined, steps: readonly string[]): Json | undefined {
  let value = from;
  for (const step of steps) value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  return value;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function opposite(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth;
}

function allOf(parts: readonly Truth[]): Truth {
  if (parts.includes(false)) return false;
  return parts.includes(undefined) ? undefined : true;
}

function anyOf(parts: readonly Truth[]): Truth {
  if (parts.includes(true)) return true;
  return parts.includes(undefined) ? undefined : false;
}
