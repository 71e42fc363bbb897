/**
 * What a decision means, a second time: straight from the text of the design, as plainly as it can be written, over lists
 * that are searched from end to end. It shares nothing with the source, so that both are wrong only where the text is.
 */

export interface Ref {
  readonly type: string;
  readonly id: string;
}

/** Everything that a decision can hang on. A permission is written `document:view`. */
export interface World {
  readonly users: { readonly id: string; active: boolean; superuser: boolean }[];
  readonly groups: { readonly id: string; members: Ref[] }[];
  readonly roles: { readonly id: string; rules: string[]; includes: string[] }[];
  readonly types: { readonly id: string; actions: string[]; creatorActions: string[] }[];
  objects: Ref[];
  assignments: { readonly subject: Ref; readonly role: string }[];
  grants: { readonly subject: Ref; readonly permission: string; readonly object: Ref | null }[];
}

export interface Asked {
  readonly subject: Ref;
  readonly type: string;
  readonly action: string;
  readonly object: Ref | undefined;
}

const ANYONE: Ref = { type: 'group', id: 'anyone' };
const AUTHENTICATED: Ref = { type: 'group', id: 'authenticated' };
const BUILT_IN_ACTIONS = ['view', 'add', 'change', 'delete', 'grant'];

export const same = (one: Ref, other: Ref): boolean => one.type === other.type && one.id === other.id;
const isIn = (refs: readonly Ref[], ref: Ref): boolean => refs.some((each) => same(each, ref));

/** The actions of a type, also of one that is built in; none for a type that is unknown. */
export function actionsOf(world: World, type: string): readonly string[] {
  if (['user', 'group', 'role', 'type'].includes(type)) return BUILT_IN_ACTIONS;
  return world.types.find(({ id }) => id === type)?.actions ?? [];
}

/** Every registered object of a type, in no order: users, groups, roles and types are objects too. */
export function objectsOf(world: World, type: string): Ref[] {
  const own = (all: readonly { id: string }[]): Ref[] => all.map(({ id }) => ({ type, id }));
  if (type === 'user') return own(world.users);
  if (type === 'group') return [...own(world.groups), ANYONE, AUTHENTICATED];
  if (type === 'role') return own(world.roles);
  return world.objects.filter((object) => object.type === type);
}

export function isKnown(world: World, { type, id }: Ref): boolean {
  return (
    (type === 'user' && world.users.some((user) => user.id === id)) ||
    (type === 'group' &&
      (world.groups.some((group) => group.id === id) || isIn([ANYONE, AUTHENTICATED], { type, id }))) ||
    (type === 'role' && world.roles.some((role) => role.id === id))
  );
}

/** The groups that these are in, and the groups that those are in, and so on; without these themselves. */
export function groupsOf(world: World, members: readonly Ref[]): Ref[] {
  const found = [...members];
  // The list grows while it is walked.
  for (const member of found) {
    for (const group of world.groups) {
      const ref = { type: 'group', id: group.id };
      if (isIn(group.members, member) && !isIn(found, ref)) found.push(ref);
    }
  }
  return found.slice(members.length);
}

/** These roles and the roles they include, and so on. */
export function withIncluded(world: World, roles: readonly string[]): string[] {
  const found = [...roles];
  for (const id of found) {
    for (const included of world.roles.find((role) => role.id === id)?.includes ?? []) {
      if (!found.includes(included)) found.push(included);
    }
  }
  return found;
}

// "Principals of S: itself, its groups, authenticated, anyone, and every role assigned to any of these, with the roles those
// include." Two words on what the text leaves open: what `anyone` may do is what may be done without being known, so that
// group is not one of the authenticated; and a role that is itself asked about holds what a holder of it would.
function principalsOf(world: World, subject: Ref): Ref[] {
  const itself = [ANYONE];
  if (isKnown(world, subject)) itself.push(subject, ...groupsOf(world, [subject]));
  if (isKnown(world, subject) && !same(subject, ANYONE)) itself.push(AUTHENTICATED);
  const assigned = world.assignments.filter((assignment) => isIn(itself, assignment.subject)).map(({ role }) => role);
  const own = subject.type === 'role' ? [subject.id] : [];
  return [...itself, ...withIncluded(world, [...own, ...assigned]).map((id) => ({ type: 'role', id }))];
}

/** Whether the subject may do the action on the object, or (without one) everywhere. */
export function decides(world: World, { subject, type, action, object }: Asked): boolean {
  const user = subject.type === 'user' ? world.users.find(({ id }) => id === subject.id) : undefined;
  if (user && !user.active) return false;
  if (!actionsOf(world, type).includes(action)) return false;
  if (user?.superuser) return true;
  const principals = principalsOf(world, subject);
  const permission = `${type}:${action}`;
  const byRole = world.roles.some(
    ({ id, rules }) => isIn(principals, { type: 'role', id }) && rules.includes(permission),
  );
  const registered = object !== undefined && isIn(objectsOf(world, object.type), object);
  const byGrant = world.grants.some(
    (grant) =>
      grant.permission === permission &&
      isIn(principals, grant.subject) &&
      (grant.object === null || (registered && same(grant.object, object))),
  );
  return byRole || byGrant;
}
