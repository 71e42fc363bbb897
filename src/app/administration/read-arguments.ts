import { CastellanError, invalidField } from '../../core/errors.js';
import { faultOfId, faultOfName, parsePermission } from '../../core/identifiers.js';
import type { JsonObject, ObjectRef, SubjectRef } from '../../core/model.js';
import type { Holder, NewGrant } from '../../client/grants.js';
import type { Member } from '../../client/groups.js';
import type { NewRule } from '../../client/roles.js';
import type { ValidityWindow } from '../../client/assignments.js';
import { readRef } from '../operator-questions.js';
import { readTime } from '../read-time.js';
import { parseStrictJson } from '../strict-json.js';

/** What of a rule is written on the command line. */
export interface RuleOptions {
  readonly deny?: true;
  readonly condition?: string;
  readonly fields?: readonly string[];
}

/** When it counts, as it is written there. */
export interface WindowOptions {
  readonly from?: string;
  readonly until?: string;
}

const HOLDERS = ['user', 'group', 'service', 'role'] as const;
const MEMBERS = ['user', 'group', 'service'] as const;

/** Reads who is given a rule. @throws CastellanError `invalid_request`. */
export function readHolder(text: string): Holder {
  return oneOf(HOLDERS, 'SUBJECT', readRef('SUBJECT', text));
}

/** Reads who is assigned a role, or is in a group. @throws CastellanError `invalid_request`. */
export function readMember(argument: string, text: string): Member {
  return oneOf(MEMBERS, argument, readRef(argument, text));
}

/** Reads an object; undefined for none. @throws CastellanError `invalid_request`. */
export function readObject(text: string | undefined): ObjectRef | undefined {
  return text === undefined ? undefined : readRef('OBJECT', text);
}

/** Reads a permission, `post:view`. @throws CastellanError `invalid_request`. */
export function readPermissionName(text: string): string {
  if (parsePermission(text)) return text;
  throw invalidField('PERMISSION', `must be of the form type:action, such as post:view; it is ${JSON.stringify(text)}`);
}

/** Reads an id. @throws CastellanError `invalid_request`. */
export function readId(argument: string, text: string): string {
  const fault = faultOfId(text);
  if (fault !== undefined) throw invalidField(argument, fault);
  return text;
}

/** Reads the name of a type. @throws CastellanError `invalid_request`. */
export function readTypeName(text: string): string {
  const fault = faultOfName(text);
  if (fault !== undefined) throw invalidField('TYPE', fault);
  return text;
}

/** Reads a rule. @throws CastellanError `invalid_request`. */
export function readRule(permission: string, { deny, condition, fields }: RuleOptions): NewRule {
  return {
    permission: readPermissionName(permission),
    ...(deny ? { effect: 'deny' as const } : {}),
    ...(condition === undefined ? {} : { condition: readJson('--condition', condition) }),
    ...(fields === undefined ? {} : { fields }),
  };
}

/** Reads when it counts. @throws CastellanError `invalid_request`. */
export function readWindow({ from, until }: WindowOptions): ValidityWindow {
  return {
    ...(from === undefined ? {} : { startsAt: readTime('--from', from) }),
    ...(until === undefined ? {} : { expiresAt: readTime('--until', until) }),
  };
}

/** Reads a grant. @throws CastellanError `invalid_request`. */
export function readGrant(
  subject: string,
  permission: string,
  object: string | undefined,
  options: RuleOptions & WindowOptions,
): NewGrant {
  const on = readObject(object);
  return {
    subject: readHolder(subject),
    ...readRule(permission, options),
    ...(on ? { object: on } : {}),
    ...readWindow(options),
  };
}

/** Reads a JSON object, as strictly as the API reads one. @throws CastellanError `invalid_request`. */
export function readJson(option: string, text: string): JsonObject {
  let value: unknown;
  try {
    value = parseStrictJson(Buffer.from(text));
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error;
    throw invalidField(
      option,
      'must be JSON, such as \'{"resource.status":"draft"}\'; no name twice, no NUL, not too deep',
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw invalidField(option, 'must be a JSON object');
}

function oneOf<Type extends string>(
  types: readonly Type[],
  argument: string,
  { type, id }: SubjectRef,
): { type: Type; id: string } {
  const known = types.find((one) => one === type);
  if (known !== undefined) return { type: known, id };
  throw invalidField(argument, `must be a ${types.join(', a ').replace(/, (?=[^,]*$)/, ' or ')}; it is a ${type}`);
}
