import { CastellanError } from '../core/errors.js';
import { parseRef } from '../core/identifiers.js';
import type { JsonObject, ObjectRef, SubjectRef } from '../core/model.js';
import type { AppId } from '../nest/object-source.js';

// Attributes nest less; what nests more overflows the stack of whoever reads it: of Node, or of Postgres.
const MAX_DEPTH = 64;

/** An object as it is said in code: `{ type, id, attributes? }`, or `'document:readme'`. Its attributes go over those that are stored. */
export type ObjectArgument =
  | string
  | { readonly type: string; readonly id: AppId; readonly attributes?: Readonly<Record<string, unknown>> | undefined };

/** An object with what is supplied of it. */
export interface ReadObject {
  readonly object: ObjectRef;
  readonly attributes: JsonObject | undefined;
}

/** Its id may be one that there can't be: nothing is allowed on such an object. @throws TypeError for what is not written as an object. */
export function readObject(argument: ObjectArgument): ReadObject {
  if (typeof argument === 'string') return { object: refIn(argument), attributes: undefined };
  const { type, id, attributes } = argument;
  return { object: { type, id: textOf(id) }, attributes: attributes && asJson(attributes) };
}

// The id may come from a request, and is then no fault of the app's.
function refIn(text: string): ObjectRef {
  const colon = text.indexOf(':');
  return colon < 1 ? readRef(text, 'an object') : { type: text.slice(0, colon), id: text.slice(colon + 1) };
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

/**
 * What the attributes are as JSON: dates and the like as they would be sent.
 *
 * @throws CastellanError `malformed_request` where they nest deeper than anything that is stored could.
 */
export function asJson(attributes: Readonly<Record<string, unknown>>): JsonObject {
  const json = JSON.parse(textOfJson(attributes)) as JsonObject;
  if (nestsDeeper(json, MAX_DEPTH)) throw tooDeep();
  return json;
}

function textOfJson(attributes: object): string {
  try {
    return JSON.stringify(attributes);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    throw error;
  }
}

function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => nestsDeeper(member, levels - 1));
}

function tooDeep(): CastellanError {
  return new CastellanError('malformed_request', `What is said of an object nests deeper than ${MAX_DEPTH} levels.`);
}
