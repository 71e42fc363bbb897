import { invalidField } from '../errors.js';
import type { JsonObject } from '../model.js';
import { COMPARISONS, UNKNOWN } from './condition.js';
import type { Comparison, Condition, Operand, Path } from './condition.js';
import { ConditionMemory } from './condition-memory.js';
import { isPlainObject } from './json-values.js';
import { parsePath } from './parse-path.js';
import { parseValue } from './parse-value.js';

/** How many comparisons, $and, $or and $not a condition may have together. */
export const MOST_NODES = 64;
/** How deep $and, $or and $not may stand within one another. */
export const DEEPEST_NESTING = 8;
/** How long a condition may be, as JSON in UTF-8. */
export const MOST_BYTES = 16 * 1024;
/** How many values a $in or $nin may have. */
export const MOST_ALTERNATIVES = 256;

/** Where the reading of one condition has come to. */
interface Reading {
  nodes: number;
}

/**
 * Reads a condition as it is written in a rule. `path` is where it stands in what was sent.
 *
 * @throws CastellanError `invalid_request`, naming the place of what does not fit: `condition.$and.0`.
 * @example
 * parseCondition({ 'resource.status': { $ne: 'archived' } })
 * @see docs/conditions.md
 */
export function parseCondition(json: unknown, path = 'condition'): Condition {
  const condition = parseAll(json, path, 0, { nodes: 0 });
  if (new TextEncoder().encode(JSON.stringify(json)).length > MOST_BYTES) {
    throw invalidField(path, `must take at most ${MOST_BYTES} bytes`);
  }
  return condition;
}

const memory = new ConditionMemory();

/**
 * The condition of a rule that is stored. One that can't be read, because it was written past us, is always unknown: its rule
 * never allows, and always denies.
 */
export function conditionOf(json: JsonObject): Condition {
  const text = JSON.stringify(json);
  return memory.get(text) ?? memory.keep(text, readStored(text));
}

// From the text, so that what is kept under it is what it says, whatever becomes of the object.
function readStored(text: string): Condition {
  try {
    return parseCondition(JSON.parse(text));
  } catch {
    return UNKNOWN;
  }
}

function parseAll(json: unknown, at: string, depth: number, reading: Reading): Condition {
  if (!isPlainObject(json)) throw invalidField(at, 'must be an object');
  const parts = Object.entries(json).map(([name, member]) =>
    parseMember(name, member, `${at}.${name}`, depth, reading),
  );
  return allOf(parts, at);
}

function parseMember(name: string, member: unknown, at: string, depth: number, reading: Reading): Condition {
  if (name === '$and' || name === '$or') {
    enter(at, depth, reading);
    if (!Array.isArray(member) || member.length === 0)
      throw invalidField(at, 'must be an array of at least one condition');
    const parts = Array.from(member, (part, index) => parseAll(part, `${at}.${index}`, depth + 1, reading));
    return { kind: name === '$and' ? 'and' : 'or', parts };
  }
  if (name === '$not') {
    enter(at, depth, reading);
    return { kind: 'not', part: parseAll(member, at, depth + 1, reading) };
  }
  if (name.startsWith('$')) throw invalidField(at, 'must be a path, "$and", "$or" or "$not"');
  return parseComparisons(parsePath(name, at), member, at, depth, reading);
}

function parseComparisons(path: Path, member: unknown, at: string, depth: number, reading: Reading): Condition {
  if (!isPlainObject(member)) return parseComparison('$eq', path, member, at, reading);
  const names = Object.keys(member);
  // It could be a value, or no comparison at all.
  if (names.length === 0) throw invalidField(at, 'must have an operator; the empty object is written { "$eq": {} }');
  if (names.every((name) => !name.startsWith('$')) || isReference(member)) {
    return parseComparison('$eq', path, member, at, reading);
  }
  return parseOperators(path, member, at, depth, reading);
}

function parseOperators(path: Path, member: unknown, at: string, depth: number, reading: Reading): Condition {
  if (!isPlainObject(member)) throw invalidField(at, 'must be an object of operators');
  const parts = Object.entries(member).map(([name, operand]): Condition => {
    const place = `${at}.${name}`;
    if (name === '$not') {
      enter(place, depth, reading);
      return { kind: 'not', part: parseOperators(path, operand, place, depth + 1, reading) };
    }
    if (name === '$exists') return parseExists(path, operand, place, reading);
    const operator = COMPARISONS.find((comparison) => comparison === name);
    if (!operator) throw invalidField(place, 'must be an operator');
    return parseComparison(operator, path, operand, place, reading);
  });
  return allOf(parts, at);
}

function parseExists(path: Path, operand: unknown, at: string, reading: Reading): Condition {
  count(at, reading);
  if (typeof operand !== 'boolean') throw invalidField(at, 'must be true or false');
  return { kind: 'exists', path, exists: operand };
}

function parseComparison(operator: Comparison, left: Path, operand: unknown, at: string, reading: Reading): Condition {
  count(at, reading);
  return { kind: 'compare', operator, left, right: parseOperand(operator, operand, at) };
}

function parseOperand(operator: Comparison, operand: unknown, at: string): Operand {
  if (isReference(operand)) {
    const target = operand['$ref'];
    if (typeof target !== 'string') throw invalidField(`${at}.$ref`, 'must be a path');
    return parsePath(target, `${at}.$ref`);
  }
  const fault = faultOfOperand(operator, operand);
  if (fault !== undefined) throw invalidField(at, fault);
  return { kind: 'value', value: parseValue(operand, at) };
}

function faultOfOperand(operator: Comparison, operand: unknown): string | undefined {
  switch (operator) {
    case '$in':
    case '$nin':
      if (!Array.isArray(operand)) return 'must be an array';
      return operand.length > MOST_ALTERNATIVES ? `must have at most ${MOST_ALTERNATIVES} values` : undefined;
    case '$lt':
    case '$lte':
    case '$gt':
    case '$gte':
      return typeof operand === 'number' || typeof operand === 'string' ? undefined : 'must be a number or a text';
    case '$startsWith':
      return typeof operand === 'string' ? undefined : 'must be a text';
    default:
      return undefined;
  }
}

function isReference(operand: unknown): operand is Record<string, unknown> {
  return isPlainObject(operand) && Object.hasOwn(operand, '$ref') && Object.keys(operand).length === 1;
}

function allOf(parts: Condition[], at: string): Condition {
  const [only, ...others] = parts;
  if (!only) throw invalidField(at, 'must have at least one comparison');
  return others.length === 0 ? only : { kind: 'and', parts };
}

// Begins an $and, $or or $not that stands in this many others.
function enter(at: string, depth: number, reading: Reading): void {
  count(at, reading);
  if (depth >= DEEPEST_NESTING) throw invalidField(at, `must nest at most ${DEEPEST_NESTING} deep`);
}

function count(at: string, reading: Reading): void {
  reading.nodes += 1;
  if (reading.nodes > MOST_NODES)
    throw invalidField(at, `is one too many: a condition has at most ${MOST_NODES} nodes`);
}
