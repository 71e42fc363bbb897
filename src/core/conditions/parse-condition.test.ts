import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyJson } from '../../../test/support/arbitrary-json.js';
import { expectRefusal } from '../../../test/support/expect-refusal.js';
import { CastellanError } from '../errors.js';
import type { JsonObject } from '../model.js';
import { evaluateCondition } from './evaluate-condition.js';
import { conditionOf, parseCondition } from './parse-condition.js';

const draft = { 'resource.status': 'draft' };
const path = (steps: number): string => `resource${'.a'.repeat(steps)}`;
describe('a condition that does not fit is refused, naming where', () => {
  it.each<[unknown, string, string]>([
    [undefined, 'condition', 'must be an object'],
    [null, 'condition', 'must be an object'],
    ['resource.a', 'condition', 'must be an object'],
    [[draft], 'condition', 'must be an object'],
    [new Date(), 'condition', 'must be an object'],
    [{}, 'condition', 'must have at least one comparison'],
    [{ $and: [draft, {}] }, 'condition.$and.1', 'must have at least one comparison'],
    [{ $not: {} }, 'condition.$not', 'must have at least one comparison'],
    [{ $and: [] }, 'condition.$and', 'must be an array of at least one condition'],
    [{ $or: [] }, 'condition.$or', 'must be an array of at least one condition'],
    [{ $or: draft }, 'condition.$or', 'must be an array of at least one condition'],
    [{ $or: [draft, { $and: [draft, 'x'] }] }, 'condition.$or.1.$and.1', 'must be an object'],
    [{ $and: Array(1) }, 'condition.$and.0', 'must be an object'],
    [{ $not: [draft] }, 'condition.$not', 'must be an object'],
    [{ $nor: [draft] }, 'condition.$nor', 'must be a path, "$and", "$or" or "$not"'],
    [{ $where: 'true' }, 'condition.$where', 'must be a path, "$and", "$or" or "$not"'],
    [{ $ref: 'resource.a' }, 'condition.$ref', 'must be a path, "$and", "$or" or "$not"'],
  ])('%j', expectRefused);

  const noPath = 'must be a path that begins with "resource.", "subject.", "action.", "context."';
  it.each<[unknown, string, string]>([
    [{ status: 'draft' }, 'condition.status', noPath],
    [{ '': 'draft' }, 'condition.', noPath],
    [{ resource: 'draft' }, 'condition.resource', noPath],
    [{ 'Resource.a': 1 }, 'condition.Resource.a', noPath],
    [{ 'object.a': 1 }, 'condition.object.a', noPath],
    [{ '.resource.a': 1 }, 'condition..resource.a', noPath],
    [{ 'constructor.name': 1 }, 'condition.constructor.name', noPath],
    [JSON.parse('{"__proto__":{"resource.a":1}}'), 'condition.__proto__', noPath],
    [JSON.parse('{"__proto__.a":1}'), 'condition.__proto__.a', noPath],
    [{ 'resource.': 1 }, 'condition.resource.', 'must not have an empty step'],
    [{ 'resource.a..b': 1 }, 'condition.resource.a..b', 'must not have an empty step'],
    [{ 'resource.a.': 1 }, 'condition.resource.a.', 'must not have an empty step'],
    [{ [path(17)]: 1 }, `condition.${path(17)}`, 'must take at most 16 steps'],
    [{ 'resource.\ud800': 1 }, 'condition.resource.\ud800', 'must be well-formed Unicode without NUL'],
    [{ 'resource.a\u0000': 1 }, 'condition.resource.a\u0000', 'must be well-formed Unicode without NUL'],
    [{ 'resource.a': { $ref: 'status' } }, 'condition.resource.a.$ref', noPath],
    [{ 'resource.a': { $eq: { $ref: 'resource' } } }, 'condition.resource.a.$eq.$ref', noPath],
    [{ 'resource.a': { $lt: { $ref: path(17) } } }, 'condition.resource.a.$lt.$ref', 'must take at most 16 steps'],
  ])('%j, by a path', expectRefused);

  const emptyObject = 'must have an operator; the empty object is written { "$eq": {} }';
  it.each<[unknown, string, string]>([
    [{ 'resource.a': {} }, 'condition.resource.a', emptyObject],
    [{ 'resource.a': { $regex: 'x' } }, 'condition.resource.a.$regex', 'must be an operator'],
    [{ 'resource.a': { $EQ: 1 } }, 'condition.resource.a.$EQ', 'must be an operator'],
    [{ 'resource.a': { $and: [draft] } }, 'condition.resource.a.$and', 'must be an operator'],
    [{ 'resource.a': { $gt: 1, b: 2 } }, 'condition.resource.a.b', 'must be an operator'],
    [{ 'resource.a': { b: 2, $gt: 1 } }, 'condition.resource.a.b', 'must be an operator'],
    [{ 'resource.a': { $eq: 1, $ref: 'subject.a' } }, 'condition.resource.a.$ref', 'must be an operator'],
    [{ 'resource.a': { $not: 1 } }, 'condition.resource.a.$not', 'must be an object of operators'],
    [{ 'resource.a': { $not: ['x'] } }, 'condition.resource.a.$not', 'must be an object of operators'],
    [{ 'resource.a': { $not: {} } }, 'condition.resource.a.$not', 'must have at least one comparison'],
    [{ 'resource.a': { $not: { b: 1 } } }, 'condition.resource.a.$not.b', 'must be an operator'],
    [{ 'resource.a': { $not: { $ref: 'subject.a' } } }, 'condition.resource.a.$not.$ref', 'must be an operator'],
    [
      JSON.parse('{"resource.a":{"$eq":1,"__proto__":{"$gt":1}}}'),
      'condition.resource.a.__proto__',
      'must be an operator',
    ],
    [{ 'resource.a': { $exists: 1 } }, 'condition.resource.a.$exists', 'must be true or false'],
    [{ 'resource.a': { $exists: null } }, 'condition.resource.a.$exists', 'must be true or false'],
    [{ 'resource.a': { $exists: { $ref: 'context.a' } } }, 'condition.resource.a.$exists', 'must be true or false'],
    [{ 'resource.a': { $in: 'x' } }, 'condition.resource.a.$in', 'must be an array'],
    [{ 'resource.a': { $nin: { 0: 'x' } } }, 'condition.resource.a.$nin', 'must be an array'],
    [{ 'resource.a': { $in: Array(257).fill(1) } }, 'condition.resource.a.$in', 'must have at most 256 values'],
    [{ 'resource.a': { $nin: Array(257).fill(1) } }, 'condition.resource.a.$nin', 'must have at most 256 values'],
    [{ 'resource.a': { $startsWith: 1 } }, 'condition.resource.a.$startsWith', 'must be a text'],
    [{ 'resource.a': { $startsWith: null } }, 'condition.resource.a.$startsWith', 'must be a text'],
    ...['$lt', '$lte', '$gt', '$gte'].flatMap((operator): [unknown, string, string][] =>
      [null, true, [], ['x'], { b: 1 }].map((operand) => [
        { 'resource.a': { [operator]: operand } },
        `condition.resource.a.${operator}`,
        'must be a number or a text',
      ]),
    ),
  ])('%j, by an operator', expectRefused);

  it('names the place it was given', () => {
    expectRefusal(
      () => parseCondition({ $or: [] }, 'rules.3.condition'),
      'rules.3.condition.$or',
      'must be an array of at least one condition',
    );
  });
});

describe('what was read', () => {
  it('is the same whatever becomes of what it was read from', () => {
    const written = { 'resource.a': { $in: ['x', { y: ['z'] }] } };
    const condition = parseCondition(written);
    const before = structuredClone(condition);
    written['resource.a'].$in.push('more');
    (written['resource.a'].$in[1] as { y: string[] }).y.push('more');
    expect(condition).toEqual(before);
  });

  it('keeps a member called __proto__ as a member', () => {
    const condition = parseCondition(JSON.parse('{"resource.a":{"$eq":{"__proto__":{"b":1}}}}'));
    const withMember = JSON.parse('{"a":{"__proto__":{"b":1}}}') as JsonObject;
    expect(evaluateCondition(condition, { resource: { identity: {}, attributes: withMember } })).toBe(true);
    expect(evaluateCondition(condition, { resource: { identity: {}, attributes: { a: {} } } })).toBe(false);
    expect(({} as { b?: unknown }).b).toBeUndefined();
  });

  it('is a condition or a refusal, whatever was sent', () => {
    fc.assert(
      fc.property(fc.oneof(anyJson, hostile), (json) => {
        try {
          expect(parseCondition(json)).toHaveProperty('kind');
        } catch (error) {
          expect(error).toBeInstanceOf(CastellanError);
          expect(error).toMatchObject({
            code: 'invalid_request',
            faults: [{ path: expect.stringMatching(/^condition/) as string }],
          });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a stored condition', () => {
  it('is read once, however often it comes', () => {
    const written = { 'resource.a': 'read once' };
    expect(conditionOf(written)).toEqual(parseCondition(written));
    expect(conditionOf({ ...written })).toBe(conditionOf(written));
  });

  it('is what it says, also when the object it came in is changed afterwards', () => {
    const written = { 'resource.a': ['x'] };
    conditionOf(written);
    written['resource.a'].push('y');
    const [before, after] = [conditionOf({ 'resource.a': ['x'] }), conditionOf(written)];
    expect(before).toEqual(parseCondition({ 'resource.a': ['x'] }));
    expect(after).toEqual(parseCondition({ 'resource.a': ['x', 'y'] }));
  });

  it.each<[string, JsonObject]>([
    ['an operator there is not', { 'resource.a': { $regex: '.*' } }],
    ['nothing in it', {}],
    ['too many nodes', { $or: Array.from({ length: 64 }, () => draft) }],
    ['a member called __proto__', JSON.parse('{"__proto__":{}}') as JsonObject],
  ])('is unknown, with %s', (_, written) => {
    const condition = conditionOf(written);
    expect(condition).toEqual({ kind: 'constant', truth: undefined });
    expect(evaluateCondition(condition, {})).toBeUndefined();
  });
});

/** JSON with the words of conditions in it. */
const hostile = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(1, 'resource.a', 'subject.__proto__', null, true, [], {}, undefined, NaN),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        '$and',
        '$or',
        '$not',
        '$eq',
        '$in',
        '$lt',
        '$exists',
        '$ref',
        '$contains',
        'resource.a',
        'resource.',
        'x',
        '__proto__',
      ),
      tie('value'),
      { maxKeys: 3, noNullPrototype: false },
    ),
  ),
})).value;

function expectRefused(condition: unknown, at: string, message: string): void {
  expectRefusal(() => parseCondition(condition), at, message);
}
