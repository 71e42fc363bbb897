import type { Json } from './model.js';
import type { Conjunction } from './packed-ability-place.js';

/** A query of CASL's, all of which has to hold: `{ 'attributes.level': { $exists: true, $gt: 3 } }`. */
export type Query = { [field: string]: Json };

/** The conjunction as one query; null where its parts can't hold together. CASL asks for its members in their order. */
export function joined(conjunction: Conjunction): Query | null {
  const fields = new Map<string, Map<string, Json>>();
  for (const { field, operator, operand } of conjunction.toSorted((one, other) => one.rank - other.rank)) {
    const asked = fields.get(field) ?? new Map<string, Json>();
    const before = asked.get(operator);
    const both = before === undefined ? operand : together(operator, before, operand);
    if (both === undefined) return null;
    fields.set(field, asked.set(operator, both));
  }
  return Object.fromEntries([...fields].map(([field, asked]) => [field, written(asked)]));
}

/** What asks for both; undefined where nothing can be both. Each operator stands but once at a field. */
function together(operator: string, one: Json, other: Json): Json | undefined {
  switch (operator) {
    case '$in':
      return atLeastOne(listed(one).filter((value) => listed(other).includes(value)));
    case '$nin':
    case '$all':
      return [...new Set([...listed(one), ...listed(other)])];
    case '$regex':
      return one === other ? one : `${one as string}${other as string}`;
    case '$lt':
    case '$lte':
      return stricter(one, other, -1);
    case '$gt':
    case '$gte':
      return stricter(one, other, 1);
    default:
      return one === other ? one : undefined;
  }
}

function stricter(one: Json, other: Json, direction: 1 | -1): Json | undefined {
  if (typeof one !== typeof other || one === null || other === null) return undefined;
  return one > other === direction > 0 ? one : other;
}

function listed(value: Json): Json[] {
  return Array.isArray(value) ? value : [value];
}

function atLeastOne(values: Json[]): Json[] | undefined {
  return values.length > 0 ? values : undefined;
}

// As one would write it by hand: a value that is the only one stands for itself.
function written(asked: ReadonlyMap<string, Json>): Json {
  const among = asked.get('$in');
  if (asked.size === 1 && Array.isArray(among)) {
    const [only = null, ...others] = among;
    if (only !== null && others.length === 0) return only;
  }
  return Object.fromEntries(
    [...asked].map(([operator, operand]) => [operator, operator === '$regex' ? `^${operand as string}` : operand]),
  );
}
