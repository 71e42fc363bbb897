import type { Effect, JsonObject } from '../core/model.js';
import type { RoleRecord } from '../core/ports/roles.js';
import type { Collection } from './collection.js';

export type { RoleRecord as Role, RoleRule } from '../core/ports/roles.js';

/** What a rule says beside its permission; null is as if it were left out. */
export interface RuleParts {
  /** `allow` unless told. */
  readonly effect?: Effect | undefined;
  /** @see docs/conditions.md */
  readonly condition?: JsonObject | null | undefined;
  /** Names of attributes; all of them unless told. */
  readonly fields?: readonly string[] | null | undefined;
}

/** A rule of a role. */
export interface NewRule extends RuleParts {
  /** `document:view` */
  readonly permission: string;
}

/** What a role is made of. */
export interface NewRole {
  readonly id: string;
  readonly description?: string | null | undefined;
  readonly rules?: readonly NewRule[] | undefined;
  /** Ids of the roles whose rules it has as well. */
  readonly includes?: readonly string[] | undefined;
}

/** What changes of a role: rules and includes are replaced as a whole. */
export interface RolePatch {
  readonly description?: string | null | undefined;
  readonly rules?: readonly NewRule[] | undefined;
  readonly includes?: readonly string[] | undefined;
}

/** The roles. */
export type Roles = Collection<RoleRecord, NewRole, RolePatch>;
