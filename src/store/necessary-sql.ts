import { isIdentity } from '../core/conditions/condition.js';
import type { CompareCondition, Condition, Operand, Path } from '../core/conditions/condition.js';
import type { Json, JsonObject } from '../core/model.js';
import type { SqlValues } from './sql-values.js';

/**
 * A predicate on the attributes (a jsonb column) that holds wherever the condition is true, and that a `jsonb_path_ops` index can
 * serve; null where there is none. It is to stand beside the condition itself, so that the planner can take the index.
 *
 * @example
 * necessarySql(parseCondition({ 'resource.status': 'draft' }), 'resource', 'o.attributes', values); // o.attributes @> $1::jsonb
 */
export function necessarySql(
  condition: Condition,
  root: 'resource' | 'subject',
  attributes: string,
  values: SqlValues,
): string | null {
  const predicate = necessaryOf(condition, root);
  return predicate && predicateSql(predicate, attributes, values);
}

/** Made before its SQL, since Postgres refuses values that a statement does not use. */
type Predicate =
  | { readonly kind: 'never' }
  /** The attributes contain one of these. */
  | { readonly kind: 'contain'; readonly documents: readonly JsonObject[] }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Predicate[] };

const NEVER: Predicate = { kind: 'never' };

function necessaryOf(condition: Condition, root: string): Predicate | null {
  switch (condition.kind) {
    case 'constant':
      return condition.truth === true ? null : NEVER;
    case 'exists':
    case 'not':
      return null;
    case 'compare':
      return ofComparison(condition, root);
    case 'and':
      return ofAll(condition.parts.map((part) => necessaryOf(part, root)));
    default:
      return ofAny(condition.parts.map((part) => necessaryOf(part, root)));
  }
}

function ofAll(parts: readonly (Predicate | null)[]): Predicate | null {
  const found = parts.filter((part) => part !== null);
  if (found.includes(NEVER)) return NEVER;
  return found.length > 0 ? { kind: 'and', parts: found } : null;
}

function ofAny(parts: readonly (Predicate | null)[]): Predicate | null {
  const found = parts.filter((part) => part !== null);
  if (found.length < parts.length) return null;
  const possible = found.filter((part) => part !== NEVER);
  return possible.length > 0 ? { kind: 'or', parts: possible } : NEVER;
}

function ofComparison({ operator, left, right }: CompareCondition, root: string): Predicate | null {
  if (left.kind === 'missing' || right.kind === 'missing') return NEVER;
  switch (operator) {
    case '$eq':
      return ofValue(left, right, root) ?? ofValue(right, left, root);
    case '$in':
      return ofMember(left, right, root);
    case '$contains':
      // A text may be in an array, or in a text.
      return right.kind === 'value' && typeof right.value === 'string' ? null : ofMember(right, left, root);
    default:
      return null;
  }
}

function ofValue(path: Operand, value: Operand, root: string): Predicate | null {
  return path.kind === 'path' && value.kind === 'value' ? contain(path, [value.value], root) : null;
}

function ofMember(element: Operand, list: Operand, root: string): Predicate | null {
  if (element.kind === 'value' && list.kind === 'path') return contain(list, [[element.value]], root);
  if (element.kind !== 'path' || list.kind !== 'value' || !Array.isArray(list.value)) return null;
  return list.value.length === 0 ? NEVER : contain(element, list.value, root);
}

function contain(path: Path, values: readonly Json[], root: string): Predicate | null {
  if (path.root !== root || isIdentity(path.root, path.steps[0]) || !values.every(isIndexed)) return null;
  return { kind: 'contain', documents: values.map((value) => documentOf(path.steps, value)) };
}

// The index has the scalars; for a value without one, it would be read whole.
function isIndexed(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return (Array.isArray(value) ? value : Object.values(value)).some(isIndexed);
}

function documentOf(steps: readonly string[], value: Json): JsonObject {
  return steps.reduceRight((inner, step) => ({ [step]: inner }), value) as JsonObject;
}

function predicateSql(predicate: Predicate, attributes: string, values: SqlValues): string {
  switch (predicate.kind) {
    case 'never':
      return 'false';
    case 'contain': {
      const texts = predicate.documents.map((document) => JSON.stringify(document));
      return texts.length === 1
        ? `${attributes} @> ${values.add(texts[0], 'jsonb')}`
        : `${attributes} @> ANY(${values.add(texts, 'jsonb[]')})`;
    }
    default: {
      const parts = predicate.parts.map((part) => predicateSql(part, attributes, values));
      return `(${parts.join(predicate.kind === 'and' ? ' AND ' : ' OR ')})`;
    }
  }
}
