import { describe, expect, it } from 'vitest';
import { expectRefusal } from '../../../test/support/expect-refusal.js';
import type { Json, JsonObject } from '../model.js';
import { parseCondition } from './parse-condition.js';

const draft = { 'resource.status': 'draft' };
const nodes = (count: number): JsonObject[] => Array.from({ length: count }, () => draft);
const nested = (depth: number, operator: '$not' | '$and'): JsonObject => {
  let condition: JsonObject = draft;
  for (let level = 0; level < depth; level += 1)
    condition = { [operator]: operator === '$and' ? [condition] : condition };
  return condition;
};
const nestedComparison = (depth: number): Json => (depth === 0 ? { $eq: 1 } : { $not: nestedComparison(depth - 1) });
const nestedValue = (depth: number): Json => (depth === 0 ? 'x' : [nestedValue(depth - 1)]);
const path = (steps: number): string => `resource${'.a'.repeat(steps)}`;
/** A condition that takes this many bytes: the two-byte letters count twice. */
const sized = (bytes: number): JsonObject => {
  const empty = JSON.stringify({ 'resource.a': '' }).length;
  const left = bytes - empty;
  return { 'resource.a': 'é'.repeat(Math.floor(left / 2)) + 'a'.repeat(left % 2) };
};

describe('a condition over a limit is refused, naming where', () => {
  it.each<[string, unknown, string, string]>([
    [
      '65 comparisons',
      { $and: nodes(64) },
      'condition.$and.63.resource.status',
      'is one too many: a condition has at most 64 nodes',
    ],
    [
      '65 operators',
      {
        $and: Array.from({ length: 8 }, () => ({
          'resource.a': { $gt: 1, $gte: 1, $lt: 9, $lte: 9, $ne: 2, $nin: [], $exists: true, $not: { $eq: 5 } },
        })),
      },
      'condition.$and.7.resource.a.$gt',
      'is one too many: a condition has at most 64 nodes',
    ],
    ['9 $not within one another', nested(9, '$not'), `condition${'.$not'.repeat(9)}`, 'must nest at most 8 deep'],
    [
      '9 $and within one another',
      nested(9, '$and'),
      `condition${'.$and.0'.repeat(8)}.$and`,
      'must nest at most 8 deep',
    ],
    [
      '$not of a comparison in 8 others',
      { $and: [{ 'resource.a': nestedComparison(8) }] },
      `condition.$and.0.resource.a${'.$not'.repeat(8)}`,
      'must nest at most 8 deep',
    ],
    [
      '17 arrays in a value',
      { 'resource.a': nestedValue(17) },
      `condition.resource.a${'.0'.repeat(16)}`,
      'must nest at most 16 deep',
    ],
    ['one byte over 16 KiB', sized(16 * 1024 + 1), 'condition', 'must take at most 16384 bytes'],
  ])('%s', (_, condition, at, message) => expectRefused(condition, at, message));
});

describe('a condition that just fits is read', () => {
  it.each<[string, unknown]>([
    ['64 nodes', { $and: nodes(63) }],
    ['8 $not within one another', nested(8, '$not')],
    ['8 $and within one another', nested(8, '$and')],
    ['$not of a comparison in 7 others', { $and: [{ 'resource.a': nestedComparison(7) }] }],
    ['16 arrays in a value', { 'resource.a': nestedValue(16) }],
    ['16 KiB', sized(16 * 1024)],
    ['16 steps', { [path(16)]: { $ref: path(16) } }],
    ['256 values', { 'resource.a': { $in: Array(256).fill(1) } }],
    ['no values', { 'resource.a': { $nin: [] } }],
    ['names that JavaScript has', JSON.parse('{"resource.__proto__.constructor":{"__proto__":{"toString":1}}}')],
    ['an object of no prototype', Object.assign(Object.create(null), draft)],
  ])('%s', (_, condition) => {
    expect(parseCondition(condition)).toMatchObject({ kind: expect.any(String) as string });
  });
});

function expectRefused(condition: unknown, at: string, message: string): void {
  expectRefusal(() => parseCondition(condition), at, message);
}
