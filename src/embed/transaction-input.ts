import { isPlainObject, isStorableJson, isStorableText } from '../core/conditions/json-values.js';
import { parseCondition } from '../core/conditions/parse-condition.js';
import { invalidField } from '../core/errors.js';
import { faultOfId, faultOfName, parsePermission, parseRef } from '../core/identifiers.js';
import type { Effect, JsonObject, ObjectRef, SubjectRef } from '../core/model.js';
import type { NewGrant } from '../core/ports/grants.js';

/** By type and id, or as it is written: `post:123`, `user:alice`. */
export type RefLike = ObjectRef | SubjectRef | string;

/** An object as an app names it. */
export interface AppObject {
  readonly type: string;
  readonly id: string;
  readonly parent?: RefLike | null | undefined;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** What is to change of an object: attributes as a whole, the parent (null makes it a root). What is absent stays. */
export interface AppObjectChange {
  readonly parent?: RefLike | null | undefined;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** A grant as an app writes it. What is absent is as in a plain grant: everywhere, it allows, always, and is about all fields. */
export interface AppGrant {
  readonly subject: RefLike;
  readonly permission: string;
  readonly object?: RefLike | null | undefined;
  readonly effect?: Effect | undefined;
  readonly condition?: Readonly<Record<string, unknown>> | null | undefined;
  readonly fields?: readonly string[] | null | undefined;
  readonly startsAt?: Date | string | null | undefined;
  readonly expiresAt?: Date | string | null | undefined;
}

/** @throws CastellanError `invalid_request`, naming the path. */
export function readRef(ref: RefLike, path: string): ObjectRef {
  if (typeof ref === 'string') {
    const parsed = parseRef(ref);
    if (!parsed) throw invalidField(path, 'must be of the form type:id');
    return parsed;
  }
  if (typeof ref !== 'object' || ref === null) throw invalidField(path, 'must be of the form type:id, or name both');
  const { type, id } = ref;
  return { type: readText(type, `${path}.type`, faultOfName), id: readText(id, `${path}.id`, faultOfId) };
}

/** @throws CastellanError `invalid_request`, naming the path. */
export function readParent(parent: RefLike | null): ObjectRef | null {
  return parent === null ? null : readRef(parent, 'parent');
}

/** The attributes as they are stored: what has a JSON of its own, such as a date, is that. @throws CastellanError `invalid_request`. */
export function readAttributes(attributes: Readonly<Record<string, unknown>>): JsonObject {
  let json: unknown;
  try {
    json = JSON.parse(JSON.stringify(attributes));
  } catch {
    throw invalidField('attributes', 'must be JSON');
  }
  if (!isPlainObject(attributes) || !isPlainObject(json)) throw invalidField('attributes', 'must be an object');
  if (!isStorableJson(json)) throw invalidField('attributes', 'must be JSON, without NUL and halves of characters');
  return json;
}

/** @throws CastellanError `invalid_request`, naming the path. */
export function readGrant(grant: AppGrant, at: string): NewGrant {
  const { condition = null, fields = null, effect = 'allow' } = grant;
  const permission = readText(grant.permission, `${at}permission`, (text) =>
    parsePermission(text) ? undefined : 'must be of the form type:action',
  );
  if (effect !== 'allow' && effect !== 'deny') throw invalidField(`${at}effect`, 'must be allow or deny');
  if (condition !== null) parseCondition(condition, `${at}condition`);
  const startsAt = readTime(grant.startsAt, `${at}startsAt`);
  const expiresAt = readTime(grant.expiresAt, `${at}expiresAt`);
  if (startsAt && expiresAt && expiresAt <= startsAt) throw invalidField(`${at}expiresAt`, 'must be after startsAt');
  return {
    subject: readRef(grant.subject, `${at}subject`),
    permission,
    object: grant.object === undefined || grant.object === null ? null : readRef(grant.object, `${at}object`),
    effect,
    condition: condition as JsonObject | null,
    fields: fields && readFields(fields, `${at}fields`),
    startsAt,
    expiresAt,
  };
}

function readFields(fields: readonly string[], path: string): string[] {
  if (!Array.isArray(fields) || fields.length === 0)
    throw invalidField(path, 'must name at least one field; leave it out for all of them');
  return fields.map((field: unknown, index) =>
    readText(field, `${path}.${index}`, (text) =>
      text === '' || text.length > 256 || !isStorableText(text) ? 'must be the name of an attribute' : undefined,
    ),
  );
}

function readTime(time: Date | string | null | undefined, path: string): string | null {
  if (time === null || time === undefined) return null;
  const read = new Date(time);
  const year = read.getUTCFullYear();
  if (Number.isNaN(year) || year < 1 || year > 9999) throw invalidField(path, 'must be a time in the years 1 to 9999');
  return read.toISOString();
}

/** @throws CastellanError `invalid_request`, naming the path. */
export function readText(value: unknown, path: string, faultOf: (text: string) => string | undefined): string {
  const fault = typeof value === 'string' ? faultOf(value) : 'must be a text';
  if (fault !== undefined) throw invalidField(path, fault);
  return value as string;
}
