import { invalidField } from '../errors.js';
import type { Json } from '../model.js';
import { isPlainObject, isStorableText } from './json-values.js';

/** How deep arrays and objects may nest in a value. */
export const DEEPEST_VALUE = 16;

/**
 * Reads a value that a condition compares with, into a copy of its own.
 *
 * @throws CastellanError `invalid_request`, naming the place (`at`) of what is no JSON, or begins with `$`, or is too deep.
 */
export function parseValue(value: unknown, at: string, depth = 0): Json {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    if (!isStorableText(value)) throw invalidField(at, 'must be well-formed Unicode without NUL');
    return value;
  }
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (depth >= DEEPEST_VALUE) throw invalidField(at, `must nest at most ${DEEPEST_VALUE} deep`);
  if (Array.isArray(value)) {
    // Array.from visits the holes of a sparse array too.
    return Object.freeze(
      Array.from(value, (element, index) => parseValue(element, `${at}.${index}`, depth + 1)),
    ) as Json[];
  }
  if (!isPlainObject(value)) throw invalidField(at, 'must be JSON');
  const members = Object.entries(value).map(([name, member]) => {
    const place = `${at}.${name}`;
    if (name.startsWith('$')) throw invalidField(place, 'must not begin with "$" within a value');
    if (!isStorableText(name)) throw invalidField(place, 'must be well-formed Unicode without NUL');
    return [name, parseValue(member, place, depth + 1)] as const;
  });
  // Makes members of its own of all names, __proto__ too.
  return Object.freeze(Object.fromEntries(members));
}
