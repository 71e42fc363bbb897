import type { Json, JsonObject } from '../model.js';

/** Whether it is an object as JSON has them: no array, and of no class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether the text can be stored: no NUL, no half of a surrogate pair. */
export function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

// What a request supplies is large at most once, and looked at for each rule and each question of a batch.
const storable = new WeakSet<object>();

/** Whether the value is JSON that Postgres can hold as it stands. What was found to be is not looked through again: it must not change. */
export function isStorableJson(value: unknown): value is Json {
  if (typeof value !== 'object' || value === null) return isStorable(value);
  if (storable.has(value)) return true;
  const found = isStorable(value);
  if (found) storable.add(value);
  return found;
}

function isStorable(value: unknown): boolean {
  switch (typeof value) {
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'string':
      return isStorableText(value);
    case 'object':
      if (value === null) return true;
      // A hole counts as what it reads as, which every() would pass over.
      if (Array.isArray(value)) return !value.includes(undefined) && value.every(isStorableJson);
      return (
        isPlainObject(value) &&
        Object.entries(value).every(([name, member]) => isStorableText(name) && isStorableJson(member))
      );
    default:
      return false;
  }
}

/** Whether the value is an object: no array, and not null. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
