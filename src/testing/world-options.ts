import { invalidField } from '../core/errors.js';
import type { JsonObject, Mode } from '../core/model.js';
import {
  readAttributes,
  readName,
  readOptionalRef,
  readRef,
  readRule,
  readWindow,
  type RefLike,
  type RuleLike,
  type RuleParts,
  type WindowLike,
} from './read-input.js';
import type { RoleValues } from './world-roles.js';
import type { StoredAssignment, StoredGrant } from './world-state.js';
import type { ServiceValues, UserValues } from './world-subjects.js';
import type { TypeValues } from './world-types.js';

/** What a user is made of, or the new values of one; as usual: active, no superuser, no attributes, and its id for a username. */
export interface UserOptions {
  readonly username?: string | undefined;
  readonly active?: boolean | undefined;
  readonly superuser?: boolean | undefined;
  readonly attributes?: JsonObject | undefined;
}

/** What a service is made of, or the new values of one; as usual: active, and no attributes. */
export interface ServiceOptions {
  readonly active?: boolean | undefined;
  readonly attributes?: JsonObject | undefined;
}

/** What a resource type is made of, or its new values; as usual: view, add, change, delete and grant, and the mode `union`. */
export interface TypeOptions {
  readonly actions?: readonly string[] | undefined;
  readonly mode?: Mode | undefined;
  /** What the creator of an object gets on it; as usual: view, change, delete and grant, as far as the type has them. */
  readonly creatorActions?: readonly string[] | undefined;
}

export interface ObjectOptions {
  readonly parent?: RefLike | null | undefined;
  readonly attributes?: JsonObject | undefined;
  /** Gets what the type says a creator gets. */
  readonly creator?: RefLike | null | undefined;
}

export interface RoleOptions {
  readonly rules?: readonly RuleLike[] | undefined;
  /** Ids of other roles. */
  readonly includes?: readonly string[] | undefined;
}

/** @throws CastellanError `invalid_request`. */
export function userValues({ username, superuser, ...others }: UserOptions): UserValues {
  return {
    ...(username === undefined ? {} : { username: readName('username', username) }),
    ...(superuser === undefined ? {} : { superuser }),
    ...serviceValues(others),
  };
}

/** @throws CastellanError `invalid_request`. */
export function serviceValues({ active, attributes }: ServiceOptions): ServiceValues {
  return {
    ...(active === undefined ? {} : { active }),
    ...(attributes === undefined ? {} : { attributes: readAttributes(attributes) }),
  };
}

/** @throws CastellanError `invalid_request`. */
export function typeValues({ actions, mode, creatorActions }: TypeOptions): TypeValues {
  if (mode !== undefined && !['union', 'both', 'object'].includes(mode))
    throw invalidField('mode', 'must be one of union, both, object');
  const named = (path: string, names: readonly string[]): string[] =>
    names.map((name, index) => readName(`${path}.${index}`, name));
  return {
    ...(actions === undefined ? {} : { actions: named('actions', actions) }),
    ...(mode === undefined ? {} : { mode }),
    ...(creatorActions === undefined ? {} : { creatorActions: named('creatorActions', creatorActions) }),
  };
}

/** @throws CastellanError `invalid_request`. */
export function roleValues({ rules, includes }: RoleOptions): RoleValues {
  return {
    ...(rules === undefined ? {} : { rules: rules.map((rule, index) => readRule(`rules.${index}`, rule)) }),
    ...(includes === undefined ? {} : { includes }),
  };
}

/** @throws CastellanError `invalid_request`. */
export function grantOf(
  subject: RefLike,
  permission: string,
  object: RefLike | null,
  options: RuleParts & WindowLike,
): Omit<StoredGrant, 'id'> {
  return {
    subject: readRef('subject', subject),
    object: readOptionalRef('object', object),
    ...readRule('', { ...options, permission }),
    ...readWindow(options),
  };
}

/** @throws CastellanError `invalid_request`. */
export function assignmentOf(
  subject: RefLike,
  role: string,
  object: RefLike | null,
  window: WindowLike,
): StoredAssignment {
  return {
    subject: readRef('subject', subject),
    role,
    object: readOptionalRef('object', object),
    ...readWindow(window),
  };
}
