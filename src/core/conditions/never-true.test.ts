import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCondition, anyEntity } from '../../../test/support/arbitrary-condition-trees.js';
import type { JsonObject } from '../model.js';
import { evaluateCondition } from './evaluate-condition.js';
import { isNeverTrue } from './never-true.js';
import { parseCondition } from './parse-condition.js';

const permission = { type: 'post', action: 'view' };

describe('a condition that is never true', () => {
  it.each<JsonObject>([
    { 'resource.a': 1, $and: [{ 'resource.a': 2 }] },
    { 'resource.a': { $eq: 'draft', $ne: 'draft' } },
    { 'resource.a': { $in: [1, 2], $gt: 2 } },
    { 'resource.a': { $gt: 5, $lt: 5 } },
    { 'resource.a': { $gte: 5, $lt: 5 } },
    { 'resource.a': { $gte: 'b', $lte: 'a' } },
    { 'resource.a': { $exists: false, $eq: 1 } },
    { 'action.name': 'delete' },
    { 'resource.type': { $ne: 'post' } },
    { $or: [{ 'action.name': 'delete' }, { 'resource.a': { $gt: 5, $lt: 1 } }] },
    { $not: { 'action.name': 'view' } },
  ])('is found: %j', (written) => {
    expect(isNeverTrue(parseCondition(written), permission)).toBe(true);
  });

  it.each<JsonObject>([
    { 'resource.a': { $gte: 5, $lte: 5 } },
    { 'resource.a': { $in: [1, 2], $gt: 1 } },
    { 'action.name': 'view', 'resource.type': 'post' },
    { $or: [{ 'resource.a': 1 }, { 'resource.a': 2 }] },
    { 'resource.a': 1, 'subject.a': 2 },
    { $not: { 'resource.a': { $gt: 5, $lt: 5 } } },
    { 'resource.a': { $ref: 'subject.a' }, 'subject.a': 1 },
  ])('is not seen where it may be true: %j', (written) => {
    expect(isNeverTrue(parseCondition(written), permission)).toBe(false);
  });

  it('is one that comes out true for nothing that could be asked', () => {
    const seen = { never: 0, maybe: 0 };
    const entities = fc.record({ resource: anyEntity, subject: anyEntity, context: anyEntity, action: anyEntity });
    fc.assert(
      fc.property(anyCondition(), fc.array(entities, { minLength: 5, maxLength: 5 }), (condition, worlds) => {
        const never = isNeverTrue(condition, permission);
        seen[never ? 'never' : 'maybe'] += 1;
        if (!never) return;
        for (const world of worlds) {
          const asked = {
            ...world,
            resource: { ...world.resource, identity: { type: 'post', id: 'x' } },
            action: { ...world.action, identity: { name: 'view' } },
          };
          expect(evaluateCondition(condition, asked)).not.toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
    expect(seen.never).toBeGreaterThan(15);
    expect(seen.maybe).toBeGreaterThan(15);
  });
});
