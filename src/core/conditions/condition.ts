import type { Json, JsonObject } from '../model.js';

/** What a condition comes out as; undefined is unknown. */
export type Truth = boolean | undefined;

/** What a path may begin with. */
export const ROOTS = ['resource', 'subject', 'action', 'context'] as const;

/** Where a path begins. */
export type Root = (typeof ROOTS)[number];

/** What the paths of one root lead to; the identity is `{ type, id }`, of an action `{ name }`, of a context `{}`. */
export interface Entity {
  /** Null where there are none: then everything but the identity is missing. */
  readonly attributes: JsonObject | null;
  readonly identity: Readonly<Record<string, string | undefined>>;
}

/** What a condition is asked about. Everything of a root that is not here is missing. */
export type Entities = Partial<Record<Root, Entity>>;

/** Names that mean the identity, whatever the attributes hold. */
const IDENTITIES: Readonly<Record<Root, readonly string[]>> = {
  resource: ['type', 'id'],
  subject: ['type', 'id'],
  action: ['name'],
  context: [],
};

/** Whether a path that begins with this name leads to the identity. */
export function isIdentity(root: Root, name: string | undefined): boolean {
  return name !== undefined && IDENTITIES[root].includes(name);
}

/** `resource.address.city` is `{ kind: 'path', root: 'resource', steps: ['address', 'city'] }`. */
export interface Path {
  readonly kind: 'path';
  readonly root: Root;
  readonly steps: readonly string[];
}

/** What is compared: the value at a path, a value, or what a path that was followed did not find. */
export type Operand = Path | { readonly kind: 'value'; readonly value: Json } | { readonly kind: 'missing' };

/** All operators between two values. */
export const COMPARISONS = [
  '$eq',
  '$ne',
  '$in',
  '$nin',
  '$lt',
  '$lte',
  '$gt',
  '$gte',
  '$contains',
  '$startsWith',
] as const;

/** An operator between two values; the left one is the one at the path that the condition names first. */
export type Comparison = (typeof COMPARISONS)[number];

/** How the left value stands to the right one. */
export interface CompareCondition {
  readonly kind: 'compare';
  readonly operator: Comparison;
  readonly left: Operand;
  readonly right: Operand;
}

/** True where the path is missing or not, as `exists` says. */
export interface ExistsCondition {
  readonly kind: 'exists';
  readonly path: Path;
  readonly exists: boolean;
}

/** What has been decided. */
export interface ConstantCondition {
  readonly kind: 'constant';
  readonly truth: Truth;
}

/** A condition, as it is evaluated: made by `parseCondition`, never changed. */
export type Condition =
  | CompareCondition
  | ExistsCondition
  | ConstantCondition
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition };

/** The three constants; there are no others. */
export const TRUE: ConstantCondition = Object.freeze({ kind: 'constant', truth: true });
export const FALSE: ConstantCondition = Object.freeze({ kind: 'constant', truth: false });
export const UNKNOWN: ConstantCondition = Object.freeze({ kind: 'constant', truth: undefined });

/** The condition that is always this. */
export function constant(truth: Truth): ConstantCondition {
  if (truth === undefined) return UNKNOWN;
  return truth ? TRUE : FALSE;
}

/** Turns true and false around, and leaves unknown. */
export function negate(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth;
}
