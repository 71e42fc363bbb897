import type { FetchedRule, FieldScope, JsonObject, Mode } from './model.js';

/** Every field there is. */
export const ALL_FIELDS: FieldScope = { only: null, except: [] };

/** None: what a denied action covers. */
export const NO_FIELDS: FieldScope = { only: [], except: [] };

/**
 * The fields that an allowed action covers: those for which the rules that name the field, or name none, would allow it as well.
 *
 * @param counts whether a rule's condition lets it count.
 */
export function fieldScopeOf(
  mode: Mode,
  rules: readonly FetchedRule[],
  counts: (rule: FetchedRule) => boolean,
): FieldScope {
  if (rules.every((rule) => rule.fields === null)) return ALL_FIELDS;
  const counting = rules.filter(counts);
  const allowedBy = (placed?: FetchedRule['placed']): readonly string[] | null => {
    const allows = counting.filter(
      (rule) => rule.effect === 'allow' && (placed === undefined || rule.placed === placed),
    );
    if (allows.some((rule) => rule.fields === null)) return null;
    return [...new Set(allows.flatMap((rule) => rule.fields ?? []))];
  };
  const only =
    mode === 'union'
      ? allowedBy()
      : mode === 'object'
        ? allowedBy('object')
        : inBoth(allowedBy('everywhere'), allowedBy('object'));
  const except = counting.filter((rule) => rule.effect === 'deny').flatMap((rule) => rule.fields ?? []);
  return { only, except: [...new Set(except)] };
}

/** Whether the scope covers the field. */
export function coversField({ only, except }: FieldScope, field: string): boolean {
  return (only === null || only.includes(field)) && !except.includes(field);
}

/** The attributes that the scope covers. */
export function attributesWithin(scope: FieldScope, attributes: JsonObject): JsonObject {
  if (scope.only === null && scope.except.length === 0) return attributes;
  return Object.fromEntries(Object.entries(attributes).filter(([field]) => coversField(scope, field)));
}

function inBoth(one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null {
  if (one === null || other === null) return one ?? other;
  return one.filter((field) => other.includes(field));
}
