import type { Group, GroupPatch, Member, NewGroup } from '../../client/groups.js';
import type { Assignment, NewAssignment } from '../../client/assignments.js';
import type { Grant, NewGrant } from '../../client/grants.js';
import type { NewObject, ObjectPatch } from '../../client/objects.js';
import type { NewRole, Role, RolePatch } from '../../client/roles.js';
import type { NewType, ResourceType, TypePatch } from '../../client/types.js';
import type { CreatedToken, NewToken } from '../../client/user-tokens.js';
import type { NewUser, User, UserPatch } from '../../client/users.js';
import type { ObjectRef, SubjectRef } from '../../core/model.js';
import type { AssignmentFilter } from '../../core/ports/assignments.js';
import type { GrantFilter } from '../../core/ports/grants.js';
import type { ObjectRecord } from '../../core/ports/objects.js';
import type { Questions } from './questions.js';

export type { Assignment } from '../../client/assignments.js';
export type { Grant } from '../../client/grants.js';
export type { Member } from '../../client/groups.js';
export type { NewRule, Role } from '../../client/roles.js';
export type { ResourceType } from '../../client/types.js';
export type { User } from '../../client/users.js';
export type { Effect, Mode, ObjectRef, SubjectRef } from '../../core/model.js';
export type { ObjectRecord } from '../../core/ports/objects.js';

/** The things of one kind, by the words of the API. What is listed comes in the order in which it was made, all of it. */
export interface Things<Item, New, Patch> {
  list(): AsyncGenerator<Item>;
  /** @throws `not_found`. */
  get(id: string): Promise<Item>;
  /** @throws `already_exists`, `invalid_request`, `unknown_reference`. */
  create(body: New): Promise<Item>;
  /** Changes what the patch names: a merge patch. @throws `not_found`, `invalid_request`, `unknown_reference`. */
  update(id: string, patch: Patch): Promise<Item>;
  /** Deletes it with all that hangs on it. @throws `not_found`. */
  delete(id: string): Promise<void>;
}

/** The users, and the tokens that they sign in by. */
export interface Users extends Things<User, NewUser, UserPatch> {
  /** @throws `not_found`, `limit_reached`, `unknown_reference`, `invalid_request`. */
  createToken(user: string, body: NewToken): Promise<CreatedToken>;
  /** How many tokens the user has; null where that may not be told. */
  countTokens(user: string): Promise<number | null>;
}

/** The groups, and who is in them. */
export interface Groups extends Things<Group, NewGroup, GroupPatch> {
  /** The direct members, in the order in which they joined. @throws `not_found`. */
  members(group: string): AsyncGenerator<SubjectRef>;
  /** How many groups it is in directly, of those that are seen. */
  countWith(member: SubjectRef): Promise<number>;
  /** Makes it a member; nothing changes when it is one. @throws `not_found`, `unknown_reference`, `cycle`, `too_deep`, `built_in`. */
  add(group: string, member: Member): Promise<void>;
  /** @throws `not_found` when it is none. */
  remove(group: string, member: Member): Promise<void>;
}

/** The roles. */
export interface Roles extends Things<Role, NewRole, RolePatch> {
  /** Changes the role from what it is: the patch is made from that, and null leaves it as it is. @throws as `update` does. */
  edit(id: string, patchOf: (role: Role) => RolePatch | null): Promise<Role>;
}

/** The objects of one type. */
export interface Objects {
  list(): AsyncGenerator<ObjectRecord>;
  /** @throws `not_found`. */
  get(id: string): Promise<ObjectRecord>;
  /** @throws `already_exists`, `unknown_reference`, `built_in`. */
  create(body: NewObject): Promise<ObjectRecord>;
  /** @throws `not_found`, `unknown_reference`, `cycle`, `too_deep`. */
  update(id: string, patch: ObjectPatch): Promise<ObjectRecord>;
  /** @throws `not_found`, `has_children` without `cascade`. */
  delete(id: string, options: { readonly cascade: boolean }): Promise<void>;
}

/** What is given and taken: grants, or assignments. A repeat answers the one that stands. */
export interface Given<Item, New, Filter> {
  list(filter: Filter): AsyncGenerator<Item>;
  /** @throws `unknown_reference`, `invalid_request`. */
  create(body: New): Promise<{ readonly record: Item; readonly created: boolean }>;
  /** Takes them: on a database all or none, from a service one after the other. @throws `not_found`. */
  delete(ids: readonly string[]): Promise<void>;
}

/** What the everyday commands need, on a database or on a service. Errors have the codes of the API. */
export interface Administration {
  readonly users: Users;
  readonly groups: Groups;
  readonly roles: Roles;
  readonly types: Things<ResourceType, NewType, TypePatch>;
  readonly objects: (type: string) => Objects;
  readonly grants: Given<Grant, NewGrant, GrantFilter>;
  readonly assignments: Given<Assignment, NewAssignment, AssignmentFilter>;
  readonly questions: Questions;
  /** Whether everything is seen: a service shows what the caller may view. */
  readonly seesAll: boolean;
  /** How many objects there are of a type. */
  readonly countObjects: (type: string) => Promise<number>;
  /** How many objects are below one, at whatever depth; null where that can't be told. */
  readonly countBelow: (object: ObjectRef) => Promise<number | null>;
}
