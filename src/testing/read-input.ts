import { faultOfAttributes } from '../core/attribute-limit.js';
import { parseCondition } from '../core/conditions/parse-condition.js';
import { isStorableJson } from '../core/conditions/json-values.js';
import { invalidField } from '../core/errors.js';
import { faultOfId, faultOfName, parsePermission, parseRef } from '../core/identifiers.js';
import type { Effect, JsonObject, SubjectRef } from '../core/model.js';
import type { StoredRule, StoredWindow } from './world-state.js';

/** A subject or an object: `user:alice`, or by its parts. */
export type RefLike = string | SubjectRef;

/** A time: a `Date`, or ISO 8601 with its zone. */
export type TimeLike = Date | string;

/** When a grant or an assignment counts; what is absent or null is open. */
export interface WindowLike {
  readonly startsAt?: TimeLike | null | undefined;
  readonly expiresAt?: TimeLike | null | undefined;
}

/** What a rule says beside its permission: what is absent or null is as in a plain rule, which allows, always, and is about all fields. */
export interface RuleParts {
  readonly effect?: Effect | undefined;
  readonly condition?: JsonObject | null | undefined;
  readonly fields?: readonly string[] | null | undefined;
}

/** A rule of a role: `document:view`, or with more to it. */
export type RuleLike = string | (RuleParts & { readonly permission: string });

/** @throws CastellanError `invalid_request`. */
export function readRef(path: string, ref: RefLike): SubjectRef {
  if (typeof ref === 'string') {
    const parsed = parseRef(ref);
    if (parsed) return parsed;
    throw invalidField(path, 'must be of the form type:id');
  }
  const fault = faultOfName(ref.type) ?? faultOfId(ref.id);
  if (fault !== undefined) throw invalidField(path, fault);
  return { type: ref.type, id: ref.id };
}

/** Null for none. @throws CastellanError `invalid_request`. */
export function readOptionalRef(path: string, ref: RefLike | null | undefined): SubjectRef | null {
  return ref === null || ref === undefined ? null : readRef(path, ref);
}

/** @throws CastellanError `invalid_request`. */
export function readId(id: string): string {
  const fault = faultOfId(id);
  if (fault !== undefined) throw invalidField('id', fault);
  return id;
}

/** The name of a type or an action. @throws CastellanError `invalid_request`. */
export function readName(path: string, name: string): string {
  const fault = faultOfName(name);
  if (fault !== undefined) throw invalidField(path, fault);
  return name;
}

/** A copy, as it comes back from being stored. @throws CastellanError `invalid_request`. */
export function readAttributes(attributes: JsonObject): JsonObject {
  if (!isStorableJson(attributes)) throw invalidField('attributes', 'must be JSON');
  const fault = faultOfAttributes(attributes);
  if (fault !== undefined) throw invalidField('attributes', fault);
  return JSON.parse(JSON.stringify(attributes)) as JsonObject;
}

/** @param path where the rule stands in what was asked for; '' for the whole of it. @throws CastellanError `invalid_request`. */
export function readRule(path: string, rule: RuleLike): Omit<StoredRule, 'id'> {
  const { permission, effect, condition, fields }: Exclude<RuleLike, string> =
    typeof rule === 'string' ? { permission: rule } : rule;
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  if (!parsePermission(permission)) throw invalidField(at('permission'), 'must be of the form type:action');
  if (condition) parseCondition(condition, at('condition'));
  if (fields?.length === 0 || fields?.includes(''))
    throw invalidField(at('fields'), 'must name at least one field, and no empty one; leave it out for all of them');
  return {
    permission,
    effect: effect ?? 'allow',
    condition: condition ? (JSON.parse(JSON.stringify(condition)) as JsonObject) : null,
    fields: fields ? [...new Set(fields)] : null,
  };
}

/** @throws CastellanError `invalid_request` (no time, or a window in which there is none). */
export function readWindow({ startsAt, expiresAt }: WindowLike): StoredWindow {
  const window = { startsAt: readTime('startsAt', startsAt), expiresAt: readTime('expiresAt', expiresAt) };
  if (window.startsAt !== null && window.expiresAt !== null && window.expiresAt <= window.startsAt)
    throw invalidField('expiresAt', 'must be after startsAt');
  return window;
}

const WITH_ZONE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** In milliseconds since 1970. @throws CastellanError `invalid_request`. */
export function readTime(path: string, time: TimeLike | null | undefined): number | null {
  if (time === null || time === undefined) return null;
  const found = typeof time === 'string' ? (WITH_ZONE.test(time) ? Date.parse(time) : Number.NaN) : time.getTime();
  if (Number.isNaN(found)) throw invalidField(path, 'must be a Date, or ISO 8601 with its zone');
  return found;
}
