import type { Json, Permission } from '../model.js';
import type { CompareCondition, Condition, Path } from './condition.js';
import { compare } from './evaluate-condition.js';

/**
 * Whether the condition of a rule for this permission comes out true for nobody and nothing, so that a rule that allows never
 * counts. Says so only where it is certain: other conditions may never be true either.
 *
 * @example
 * isNeverTrue(parseCondition({ 'resource.status': 'draft', $and: [{ 'resource.status': 'final' }] }), { type: 'post', action: 'view' }); // true
 */
export function isNeverTrue(condition: Condition, permission: Permission): boolean {
  return !mayBe(true, condition, permission);
}

function mayBe(truth: boolean, condition: Condition, permission: Permission): boolean {
  switch (condition.kind) {
    case 'constant':
      return condition.truth === truth;
    case 'exists':
      return true;
    case 'compare':
      return comparisonMayBe(truth, condition, permission);
    case 'not':
      return mayBe(!truth, condition.part, permission);
    default:
      return partsMayBe(truth, condition.kind, condition.parts, permission);
  }
}

function partsMayBe(truth: boolean, kind: 'and' | 'or', parts: readonly Condition[], permission: Permission): boolean {
  const allNeeded = (kind === 'and') === truth;
  if (!allNeeded) return parts.some((part) => mayBe(truth, part, permission));
  return parts.every((part) => mayBe(truth, part, permission)) && !(truth && contradict(parts));
}

function comparisonMayBe(truth: boolean, { operator, left, right }: CompareCondition, permission: Permission): boolean {
  if (left.kind !== 'path' || right.kind !== 'value') return true;
  const value = fixedAt(left, permission);
  return value === undefined || compare(operator, value, right.value) === truth;
}

// What the rule's own permission says of whatever it is asked about.
function fixedAt({ root, steps }: Path, { type, action }: Permission): string | undefined {
  if (steps.length !== 1) return undefined;
  if (root === 'action' && steps[0] === 'name') return action;
  return root === 'resource' && steps[0] === 'type' ? type : undefined;
}

interface Demand {
  readonly at: string;
  readonly operator: CompareCondition['operator'];
  readonly value: Json;
}

/** Whether parts that have to be true together ask of one path what no value fulfils. */
function contradict(parts: readonly Condition[]): boolean {
  const all = together(parts);
  const demands = all.flatMap(demandOf);
  const missing = new Set(all.flatMap((part) => (part.kind === 'exists' && !part.exists ? [nameOf(part.path)] : [])));
  const paths = new Set(demands.map(({ at }) => at));
  return [...paths].some((path) => missing.has(path) || unfulfillable(demands.filter(({ at }) => at === path)));
}

function together(parts: readonly Condition[]): Condition[] {
  return parts.flatMap((part) => (part.kind === 'and' ? together(part.parts) : [part]));
}

function demandOf(part: Condition): Demand[] {
  if (part.kind !== 'compare' || part.left.kind !== 'path' || part.right.kind !== 'value') return [];
  return [{ at: nameOf(part.left), operator: part.operator, value: part.right.value }];
}

function nameOf({ root, steps }: Path): string {
  return JSON.stringify([root, ...steps]);
}

function unfulfillable(demands: readonly Demand[]): boolean {
  const only = demands.find(({ operator }) => operator === '$eq' || operator === '$in');
  if (only) {
    const values = only.operator === '$in' && Array.isArray(only.value) ? only.value : [only.value];
    return !values.some((value) => demands.every((demand) => compare(demand.operator, value, demand.value) === true));
  }
  const least = demands.filter(({ operator }) => operator === '$gt' || operator === '$gte');
  const most = demands.filter(({ operator }) => operator === '$lt' || operator === '$lte');
  return least.some((from) => most.some((to) => isEmptyRange(from, to)));
}

// Of numbers and texts alike; what is of two kinds is in no order, and nothing is in both.
function isEmptyRange(from: Demand, to: Demand): boolean {
  const open = from.operator === '$gt' || to.operator === '$lt';
  return compare(open ? '$lt' : '$lte', from.value, to.value) !== true;
}
