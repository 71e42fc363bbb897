/** What a test knows of everything that a decision can hang on: plain lists, searched from end to end. It shares nothing with the source. */

export interface Ref {
  readonly type: string;
  readonly id: string;
}

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

export type Effect = 'allow' | 'deny';
export type Mode = 'union' | 'both' | 'object';

/** A permission is written `document:view`. */
export interface Rule {
  readonly permission: string;
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  readonly fields: string[] | null;
}

/** Times are ISO 8601 in UTC. */
export interface Window {
  readonly startsAt: string | null;
  readonly expiresAt: string | null;
}

export interface Grant extends Rule, Window {
  readonly subject: Ref;
  readonly object: Ref | null;
}

export interface Assignment extends Window {
  readonly subject: Ref;
  readonly role: string;
  readonly object: Ref | null;
}

export interface ProtectedThing extends Ref {
  parent: Ref | null;
  attributes: JsonObject;
}

/** Each list is in the order in which its things were made. */
export interface World {
  users: { readonly id: string; active: boolean; superuser: boolean; attributes: JsonObject }[];
  groups: { readonly id: string; members: Ref[] }[];
  roles: { readonly id: string; rules: Rule[]; includes: string[] }[];
  types: { readonly id: string; actions: string[]; mode: Mode; creatorActions: string[] }[];
  objects: ProtectedThing[];
  assignments: Assignment[];
  grants: Grant[];
}

export const ANYONE: Ref = { type: 'group', id: 'anyone' };
export const AUTHENTICATED: Ref = { type: 'group', id: 'authenticated' };
export const BUILT_IN_TYPES = ['user', 'group', 'role', 'type', 'assignment', 'audit', 'access'];

export const same = (one: Ref, other: Ref): boolean => one.type === other.type && one.id === other.id;
export const sameOrNone = (one: Ref | null, other: Ref | null): boolean =>
  one === null || other === null ? one === other : same(one, other);
export const isIn = (refs: readonly Ref[], ref: Ref): boolean => refs.some((each) => same(each, ref));

export function emptyWorld(): World {
  return { users: [], groups: [], roles: [], types: [], objects: [], assignments: [], grants: [] };
}

/** The actions of a type, also of one that is built in; none for a type that is unknown. */
export function actionsOf(world: World, type: string): readonly string[] {
  if (['user', 'group', 'role', 'type'].includes(type)) return ['view', 'add', 'change', 'delete', 'grant'];
  return world.types.find(({ id }) => id === type)?.actions ?? [];
}

export function modeOf(world: World, type: string): Mode {
  return world.types.find(({ id }) => id === type)?.mode ?? 'union';
}

/** Every registered object of a type, in the order of registration; users, groups, roles and types are objects too. */
export function objectsOf(world: World, type: string): Ref[] {
  const own = (all: readonly { id: string }[]): Ref[] => all.map(({ id }) => ({ type, id }));
  if (type === 'user') return own(world.users);
  if (type === 'group') return [ANYONE, AUTHENTICATED, ...own(world.groups)];
  if (type === 'role') return own(world.roles);
  if (type === 'type') return [...BUILT_IN_TYPES.map((id) => ({ type, id })), ...own(world.types)];
  return world.objects.filter((object) => object.type === type);
}

export function isRegistered(world: World, object: Ref): boolean {
  return isIn(objectsOf(world, object.type), object);
}

/** Every subject that is known, of a type, in the order in which they were made. */
export function subjectsOf(world: World, type: string): Ref[] {
  return ['user', 'group', 'role'].includes(type) ? objectsOf(world, type) : [];
}

export function isKnown(world: World, subject: Ref): boolean {
  return isIn(subjectsOf(world, subject.type), subject);
}

/** What is above a registered object, the nearest first. */
export function above(world: World, object: Ref): Ref[] {
  const parent = world.objects.find((each) => same(each, object))?.parent ?? null;
  return parent === null ? [] : [parent, ...above(world, parent)];
}

/** The groups that the subject is in, and the groups that those are in, and so on; without itself. */
export function groupsOf(world: World, subject: Ref): Ref[] {
  const found = [subject];
  // The list grows while it is walked.
  for (const member of found) {
    for (const group of world.groups) {
      const ref = { type: 'group', id: group.id };
      if (isIn(group.members, member) && !isIn(found, ref)) found.push(ref);
    }
  }
  return found.slice(1);
}

/** The role and the roles that it includes, and so on. */
export function withIncluded(world: World, role: string): string[] {
  const found = [role];
  for (const id of found) {
    for (const included of world.roles.find((each) => each.id === id)?.includes ?? []) {
      if (!found.includes(included)) found.push(included);
    }
  }
  return found;
}
