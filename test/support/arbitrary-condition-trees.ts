import fc from 'fast-check';
import { COMPARISONS, ROOTS } from '../../src/core/conditions/condition.js';
import type { Comparison, Condition, Entity, Operand, Path, Root } from '../../src/core/conditions/condition.js';
import type { Json } from '../../src/core/model.js';
import { anyAttributes, anyJson, anyName, anyScalar, anyText } from './arbitrary-json.js';

/** Paths of these roots; the names are those of arbitrary objects, so that many lead somewhere. */
export function anyPath(roots: readonly Root[] = ROOTS): fc.Arbitrary<Path> {
  const steps = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(anyName) },
    { weight: 1, arbitrary: fc.array(anyName, { minLength: 2, maxLength: 3 }) },
  );
  return fc.record({ kind: fc.constant('path' as const), root: fc.constantFrom(...roots), steps });
}

/** One comparison by the operator, mostly of a path with a value that the operator is about. */
export function anyComparison(operator: Comparison, roots: readonly Root[] = ROOTS): fc.Arbitrary<Condition> {
  const path: fc.Arbitrary<Operand> = anyPath(roots);
  const missing: fc.Arbitrary<Operand> = fc.constant({ kind: 'missing' });
  const operand = (value: fc.Arbitrary<Json>): fc.Arbitrary<Operand> =>
    value.map((each) => ({ kind: 'value', value: each }));
  const pair = (left: fc.Arbitrary<Operand>, right: fc.Arbitrary<Operand>): fc.Arbitrary<Condition> =>
    fc.record({ kind: fc.constant('compare' as const), operator: fc.constant(operator), left, right });
  return fc.oneof(
    { weight: 6, arbitrary: pair(path, operand(rightOf(operator))) },
    { weight: 3, arbitrary: pair(operand(leftOf(operator)), path) },
    { weight: 3, arbitrary: pair(path, path) },
    { weight: 1, arbitrary: fc.oneof(pair(path, operand(anyJson)), pair(operand(anyJson), path)) },
    { weight: 1, arbitrary: fc.oneof(pair(missing, path), pair(path, missing)) },
  );
}

export function anyExists(roots: readonly Root[] = ROOTS): fc.Arbitrary<Condition> {
  return fc.record({ kind: fc.constant('exists' as const), path: anyPath(roots), exists: fc.boolean() });
}

const anyConstant: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constant('constant' as const),
  truth: fc.constantFrom(true, false, undefined),
});

/** Conditions about these roots, as they are after reading or folding, and any other. */
export function anyCondition(roots: readonly Root[] = ROOTS): fc.Arbitrary<Condition> {
  const comparison = fc.oneof(...COMPARISONS.map((operator) => anyComparison(operator, roots)), anyExists(roots));
  return fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small', maxDepth: 4, withCrossShrink: true },
      { weight: 6, arbitrary: comparison },
      { weight: 1, arbitrary: anyConstant },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constantFrom('and' as const, 'or' as const),
          parts: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('not' as const), part: tie('condition') }) },
    ),
  })).condition;
}

/** What there may be of one root; the identity may be missing. */
export const anyEntity: fc.Arbitrary<Entity> = fc.record({
  attributes: fc.option(anyAttributes, { freq: 8 }),
  identity: fc.record({ id: fc.option(anyText, { nil: undefined }), type: anyText, name: anyText }),
});

function rightOf(operator: Comparison): fc.Arbitrary<Json> {
  switch (operator) {
    case '$in':
    case '$nin':
      return fc.array(fc.oneof({ weight: 3, arbitrary: anyScalar }, { weight: 1, arbitrary: anyJson }), {
        maxLength: 5,
      });
    case '$contains':
      return fc.oneof(anyText, anyJson);
    default:
      return leftOf(operator);
  }
}

function leftOf(operator: Comparison): fc.Arbitrary<Json> {
  switch (operator) {
    case '$startsWith':
      return anyText;
    case '$contains':
      return fc.oneof(anyText, fc.array(fc.oneof(anyScalar, anyJson), { maxLength: 4 }));
    case '$lt':
    case '$lte':
    case '$gt':
    case '$gte':
      return anyScalar.filter((value) => typeof value === 'number' || typeof value === 'string');
    default:
      return anyJson;
  }
}
