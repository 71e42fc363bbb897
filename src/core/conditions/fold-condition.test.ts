import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCondition, anyEntity } from '../../../test/support/arbitrary-condition-trees.js';
import type { JsonObject } from '../model.js';
import { ROOTS } from './condition.js';
import type { Condition, Entities, Root } from './condition.js';
import { evaluateCondition } from './evaluate-condition.js';
import { foldCondition } from './fold-condition.js';
import { parseCondition } from './parse-condition.js';

const alice: Entities = {
  subject: {
    identity: { type: 'user', id: 'alice' },
    attributes: { department: 'sales', level: 3, list: ['a'], none: null },
  },
};

describe('a folded condition', () => {
  it('comes out as the condition does, whatever the rest turns out to be', () => {
    const seen = { constants: 0, remaining: 0, true: 0, false: 0, undefined: 0 };
    const everything = fc.record({ resource: anyEntity, subject: anyEntity, action: anyEntity, context: anyEntity });
    fc.assert(
      fc.property(anyCondition(), everything, anyEntity, fc.subarray([...ROOTS]), (condition, one, resource, roots) => {
        const known: Entities = Object.fromEntries(roots.map((root) => [root, one[root]]));
        const folded = foldCondition(condition, known);
        for (const rest of [one, { ...one, resource: roots.includes('resource') ? one.resource : resource }]) {
          const truth = evaluateCondition(condition, rest);
          expect(evaluateCondition(folded, rest)).toBe(truth);
          seen[`${truth}`] += 1;
        }
        expect(rootsOf(folded).filter((root) => roots.includes(root))).toEqual([]);
        expect(hasConstantWithin(folded)).toBe(false);
        seen[folded.kind === 'constant' ? 'constants' : 'remaining'] += 1;
      }),
      { numRuns: 2000 },
    );
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(100);
  });

  it('is a constant once every root is known', () => {
    fc.assert(
      fc.property(
        anyCondition(),
        fc.record({ resource: anyEntity, subject: anyEntity, action: anyEntity, context: anyEntity }),
        (condition, all) => {
          expect(foldCondition(condition, all)).toEqual({ kind: 'constant', truth: evaluateCondition(condition, all) });
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['a value for a reference', { 'resource.owner': { $ref: 'subject.id' } }, { 'resource.owner': 'alice' }],
    ['what remains of $and', { 'subject.level': 3, 'resource.a': 1 }, { 'resource.a': 1 }],
    ['what remains of $or', { $or: [{ 'subject.level': 4 }, { 'resource.a': 1 }] }, { 'resource.a': 1 }],
    ['what is not negated twice', { $not: { 'resource.a': { $not: { $eq: 1 } } } }, { 'resource.a': 1 }],
    [
      'what it was, where nothing is known',
      { $or: [{ 'resource.a': 1 }, { 'context.b': 1 }] },
      { $or: [{ 'resource.a': 1 }, { 'context.b': 1 }] },
    ],
  ])('is %s', (_, written, folded) => {
    expect(foldCondition(parseCondition(written), alice)).toEqual(parseCondition(folded));
  });

  it.each<[JsonObject, boolean | undefined]>([
    [{ 'subject.department': 'sales' }, true],
    [{ 'subject.department': 'sales', $or: [{ 'subject.id': 'bob' }, { 'subject.level': { $gt: 5 } }] }, false],
    [{ 'subject.nothing': 1 }, undefined],
    [{ 'resource.a': 1, 'subject.level': 4 }, false],
    [{ $or: [{ 'resource.a': 1 }, { 'subject.level': 3 }] }, true],
    [{ 'resource.a': { $ref: 'subject.nothing' } }, undefined],
    [{ 'subject.nothing': { $exists: false } }, true],
    // No value at the other path makes these known.
    [{ 'resource.a': { $lt: { $ref: 'subject.none' } } }, undefined],
    [{ 'resource.a': { $in: { $ref: 'subject.department' } } }, undefined],
    [{ 'resource.a': { $startsWith: { $ref: 'subject.level' } } }, undefined],
    [{ 'subject.level': { $contains: { $ref: 'resource.a' } } }, undefined],
    [{ 'subject.list': { $startsWith: { $ref: 'resource.a' } } }, undefined],
    [{ 'subject.list': { $gte: { $ref: 'resource.a' } } }, undefined],
  ])('is a constant where what is known decides: %j', (written, truth) => {
    expect(foldCondition(parseCondition(written), alice)).toEqual({ kind: 'constant', truth });
  });

  it('keeps one unknown beside what remains, which may still decide', () => {
    const written = { 'subject.nothing': 1, 'context.nothing': 2, 'resource.a': 1 };
    const folded = foldCondition(parseCondition(written), { ...alice, context: { identity: {}, attributes: null } });
    expect(folded).toEqual({
      kind: 'and',
      parts: [parseCondition({ 'resource.a': 1 }), { kind: 'constant', truth: undefined }],
    });
  });
});

function rootsOf(condition: Condition): Root[] {
  switch (condition.kind) {
    case 'constant':
      return [];
    case 'exists':
      return [condition.path.root];
    case 'compare':
      return [condition.left, condition.right].flatMap((operand) => (operand.kind === 'path' ? [operand.root] : []));
    case 'not':
      return rootsOf(condition.part);
    default:
      return condition.parts.flatMap(rootsOf);
  }
}

// Constants that would have decided or dropped out; one unknown may remain in $and and $or.
function hasConstantWithin(condition: Condition): boolean {
  if (condition.kind === 'not') return condition.part.kind === 'constant' || hasConstantWithin(condition.part);
  if (condition.kind !== 'and' && condition.kind !== 'or') return false;
  const constants = condition.parts.filter((part) => part.kind === 'constant');
  return (
    constants.length > 1 ||
    constants.some(({ truth }) => truth !== undefined) ||
    condition.parts.some(hasConstantWithin)
  );
}
