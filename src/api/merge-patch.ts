import { faultOfAttributes } from '../core/attribute-limit.js';
import { invalidField } from '../core/errors.js';
import type { Json, JsonObject } from '../core/model.js';

/**
 * Merges a patch into attributes.
 *
 * @throws CastellanError `invalid_request` when they would grow over their limit.
 */
export function mergeAttributes(attributes: JsonObject, patch: JsonObject): JsonObject {
  const merged = mergePatch(attributes, patch);
  const fault = faultOfAttributes(merged);
  if (fault !== undefined) throw invalidField('attributes', fault);
  return merged;
}

/**
 * Merges a patch into an object: names with null go, objects merge, anything else replaces.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7396
 */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map<string, Json>(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, isObject(value) ? mergePatch(asObject(merged.get(name)), value) : value);
  }
  return Object.fromEntries(merged);
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
