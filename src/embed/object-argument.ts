import { parseRef } from '../core/identifiers.js';
import type { JsonObject, ObjectRef, SubjectRef } from '../core/model.js';
import type { AppId } from '../nest/object-source.js';

/** An object as it is said in code: `{ type, id, attributes? }`, or `'document:readme'`. Its attributes go over those that are stored. */
export type ObjectArgument =
  | string
  | { readonly type: string; readonly id: AppId; readonly attributes?: Readonly<Record<string, unknown>> | undefined };

/** An object with what is supplied of it. */
export interface ReadObject {
  readonly object: ObjectRef;
  readonly attributes: JsonObject | undefined;
}

/** @throws TypeError when it names no object. */
export function readObject(argument: ObjectArgument): ReadObject {
  if (typeof argument === 'string') return { object: readRef(argument, 'an object'), attributes: undefined };
  const { type, id, attributes } = argument;
  return { object: { type, id: textOf(id) }, attributes: attributes && asJson(attributes) };
}

/** Reads `user:alice`. @throws TypeError when it is not of that form. */
export function readRef(text: string, what: string): SubjectRef {
  const ref = parseRef(text);
  if (!ref) throw new TypeError(`${JSON.stringify(text)} does not name ${what}: write it as type:id.`);
  return ref;
}

/** The id as it is kept. @throws TypeError for what is no id. */
export function textOf(id: AppId): string {
  if (typeof id === 'string') return id;
  if (typeof id === 'bigint' || (typeof id === 'number' && Number.isSafeInteger(id))) return String(id);
  throw new TypeError('An id is a string or a whole number.');
}

/** What the attributes are as JSON: dates and the like as they would be sent. */
export function asJson(attributes: Readonly<Record<string, unknown>>): JsonObject {
  return JSON.parse(JSON.stringify(attributes)) as JsonObject;
}
