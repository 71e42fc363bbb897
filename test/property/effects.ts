import { sameJson } from './condition-oracle.js';
import type { Operation } from './operation.js';
import {
  above,
  actionsOf,
  groupsOf,
  isIn,
  isKnown,
  isRegistered,
  same,
  sameOrNone,
  withIncluded,
  type Assignment,
  type Grant,
  type Ref,
  type Rule,
  type World,
} from './world.js';

/**
 * What each write does to a world, as plainly as it can be written. Each changes the world it is given, and says whether it can
 * be; one that can't be may leave it half changed.
 */

export function memberChanged(
  world: World,
  change: Extract<Operation, { do: 'add member' | 'remove member' }>,
): boolean {
  const { id, member } = change;
  const group = world.groups.find((each) => each.id === id);
  if (!group) return false;
  const isMember = isIn(group.members, member);
  if (change.do === 'remove member') {
    group.members = group.members.filter((each) => !same(each, member));
    return isMember;
  }
  const listed =
    (member.type === 'user' && isKnown(world, member)) ||
    (member.type === 'group' && world.groups.some((each) => each.id === member.id));
  if (!listed) return false;
  const ref = { type: 'group', id };
  if (same(member, ref) || isIn(groupsOf(world, ref), member)) return false;
  return isMember || pushed(group.members, member);
}

export function roleChanged(world: World, change: { id: string; rules?: Rule[]; includes?: string[] }): boolean {
  const role = world.roles.find(({ id }) => id === change.id);
  if (!role) return false;
  role.rules = change.rules ?? role.rules;
  role.includes = [...new Set(change.includes ?? role.includes)];
  return (
    role.rules.every(({ permission }) => isPermission(world, permission)) &&
    role.includes.every(
      (id) => isKnown(world, { type: 'role', id }) && id !== role.id && !withIncluded(world, id).includes(role.id),
    )
  );
}

export function typeChanged(world: World, change: Extract<Operation, { do: 'change type' }>): boolean {
  const type = world.types.find((each) => each.id === change.id);
  if (!type) return false;
  type.mode = change.mode ?? type.mode;
  type.actions = change.actions ?? type.actions;
  type.creatorActions = type.creatorActions.filter((action) => type.actions.includes(action));
  forgetUnknown(world);
  return true;
}

export function objectAdded(
  world: World,
  { object, parent, attributes, creator }: Extract<Operation, { do: 'add object' }>,
) {
  const type = world.types.find(({ id }) => id === object.type);
  if (!type || isRegistered(world, object)) return false;
  if ((parent && !isRegistered(world, parent)) || (creator && !isKnown(world, creator))) return false;
  world.objects.push({ ...object, parent, attributes });
  if (!creator) return true;
  const always = { effect: 'allow', condition: null, fields: null, startsAt: null, expiresAt: null } as const;
  return granted(
    world,
    type.creatorActions.map((action) => ({
      ...always,
      subject: creator,
      permission: `${type.id}:${action}`,
      object,
    })),
  );
}

export function moved(world: World, { object, parent }: Extract<Operation, { do: 'move' }>): boolean {
  const standing = world.objects.find((each) => same(each, object));
  if (!standing || (parent && !isRegistered(world, parent))) return false;
  if (parent && isIn([parent, ...above(world, parent)], object)) return false;
  standing.parent = parent;
  return true;
}

export function deleted(world: World, object: Ref, cascade: boolean): boolean {
  if (!isRegistered(world, object)) return false;
  const below = world.objects.filter((each) => isIn(above(world, each), object));
  if (world.objects.some((each) => same(each, object))) {
    if (below.length > 0 && !cascade) return false;
    world.objects = world.objects.filter((each) => !same(each, object) && !isIn(below, each));
  } else if (object.type === 'type') {
    if (!typeDeleted(world, object)) return false;
  } else {
    const ofKind = { user: world.users, group: world.groups, role: world.roles }[object.type];
    const at = ofKind?.findIndex(({ id }) => id === object.id) ?? -1;
    if (at < 0 || below.length > 0) return false;
    ofKind?.splice(at, 1);
    if (object.type === 'user' && !world.users.some(({ active, superuser }) => active && superuser)) return false;
  }
  forgetUnknown(world);
  return true;
}

/** A type takes its objects along; false when objects of other types are below them, or below itself. */
function typeDeleted(world: World, type: Ref): boolean {
  const stay = world.objects.filter((each) => each.type !== type.id);
  const goes = (ref: Ref): boolean => ref.type === type.id || same(ref, type);
  if (!world.types.some(({ id }) => id === type.id) || stay.some((each) => above(world, each).some(goes))) return false;
  world.types = world.types.filter(({ id }) => id !== type.id);
  world.objects = stay;
  return true;
}

export function assignmentChanged(world: World, change: Extract<Operation, { do: 'assign' | 'unassign' }>): boolean {
  const { assignment } = change;
  const isHeld = world.assignments.some((each) => sameAssignment(each, assignment));
  if (change.do === 'unassign') {
    world.assignments = world.assignments.filter((each) => !sameAssignment(each, assignment));
    return isHeld;
  }
  const { subject, role, object } = assignment;
  if (subject.type === 'role' || !isKnown(world, subject) || !isKnown(world, { type: 'role', id: role })) return false;
  if (object && !isRegistered(world, object)) return false;
  return isHeld || pushed(world.assignments, assignment);
}

export function granted(world: World, grants: readonly Grant[]): boolean {
  for (const grant of grants) {
    const { subject, permission, object } = grant;
    if (!isKnown(world, subject) || !isPermission(world, permission)) return false;
    if (object && !isRegistered(world, object)) return false;
    if (!world.grants.some((each) => sameGrant(each, grant))) world.grants.push(grant);
  }
  return true;
}

function isPermission(world: World, permission: string): boolean {
  const [type = '', action = ''] = permission.split(':');
  return actionsOf(world, type).includes(action);
}

export function sameGrant(one: Grant, other: Grant): boolean {
  return (
    one.permission === other.permission &&
    one.effect === other.effect &&
    same(one.subject, other.subject) &&
    sameOrNone(one.object, other.object) &&
    one.startsAt === other.startsAt &&
    one.expiresAt === other.expiresAt &&
    sameJson(one.fields, other.fields) &&
    sameJson(one.condition, other.condition)
  );
}

function sameAssignment(one: Assignment, other: Assignment): boolean {
  return (
    one.role === other.role &&
    same(one.subject, other.subject) &&
    sameOrNone(one.object, other.object) &&
    one.startsAt === other.startsAt &&
    one.expiresAt === other.expiresAt
  );
}

/** Takes away whatever hangs on something that is gone. */
function forgetUnknown(world: World): void {
  const stands = (object: Ref | null): boolean => object === null || isRegistered(world, object);
  const isRole = (id: string): boolean => isKnown(world, { type: 'role', id });
  world.assignments = world.assignments.filter(
    ({ subject, role, object }) => isKnown(world, subject) && isRole(role) && stands(object),
  );
  world.grants = world.grants.filter(
    ({ subject, permission, object }) => isKnown(world, subject) && isPermission(world, permission) && stands(object),
  );
  for (const group of world.groups) group.members = group.members.filter((member) => isKnown(world, member));
  for (const role of world.roles) {
    role.rules = role.rules.filter(({ permission }) => isPermission(world, permission));
    role.includes = role.includes.filter(isRole);
  }
}

export function pushed<Item>(items: Item[], item: Item): true {
  items.push(item);
  return true;
}
