import type { CompareCondition, Condition, Entities, ExistsCondition, Operand, Path } from './conditions/condition.js';
import { evaluateCondition, valueAt } from './conditions/evaluate-condition.js';
import type { Json } from './model.js';
import type { Finding } from './ports/explanations.js';

/**
 * The comparisons that made the condition come out as it does, each with the values that it met: no more of them than it takes. In
 * an `$and` that is false these are the parts that are false; in an `$or` that is false, all of them.
 */
export function findingsOf(condition: Condition, entities: Entities): Finding[] {
  if (condition.kind === 'constant') return [];
  if (condition.kind === 'not') return findingsOf(condition.part, entities);
  if (condition.kind === 'compare' || condition.kind === 'exists') return [findingOf(condition, entities)];
  const truth = evaluateCondition(condition, entities);
  return condition.parts
    .filter((part) => evaluateCondition(part, entities) === truth)
    .flatMap((part) => findingsOf(part, entities));
}

/** `resource.address.city` */
export function pathText({ root, steps }: Path): string {
  return [root, ...steps].join('.');
}

function findingOf(condition: CompareCondition | ExistsCondition, entities: Entities): Finding {
  if (condition.kind === 'exists') {
    const path = pathText(condition.path);
    return { ...met(condition.path, entities), comparison: { [path]: { $exists: condition.exists } } };
  }
  const { operator, left, right } = condition;
  const written = right.kind === 'path' ? { $ref: pathText(right) } : valueOf(right);
  const finding = left.kind === 'path' ? met(left, entities) : { path: '' };
  return {
    ...finding,
    comparison: { [finding.path]: { [operator]: written } },
    ...(right.kind === 'path' ? { other: met(right, entities) } : {}),
  };
}

function met(path: Path, entities: Entities): { path: string; value?: Json } {
  const value = valueAt(path, entities);
  return { path: pathText(path), ...(value === undefined ? {} : { value }) };
}

function valueOf(operand: Operand): Json {
  return operand.kind === 'value' ? operand.value : null;
}
