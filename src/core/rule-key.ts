import type { Effect, Json, JsonObject } from './model.js';

/** All that tells a rule from another one with the same permission, holder and place. */
export interface RuleParts {
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  readonly fields: readonly string[] | null;
  /** Of an ISO 8601 time in UTC, as are all that it is compared with. */
  readonly startsAt?: string | null | undefined;
  readonly expiresAt?: string | null | undefined;
}

/** A text that is the same for parts that say the same, in whatever order their fields and their conditions' members stand. */
export function ruleKey({ effect, condition, fields, startsAt = null, expiresAt = null }: RuleParts): string {
  const named = fields && [...new Set(fields)].toSorted();
  return canonicalJson([effect, condition, named, startsAt, expiresAt]);
}

/** The text of a JSON value that is the same for equal values: members in the order of their names, and no spaces. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
