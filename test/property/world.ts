import { actionsOf, groupsOf, isKnown, objectsOf, same, withIncluded, type Ref, type World } from './oracle.js';

/** One write, as a test asks for it. */
export type Operation =
  | { readonly do: 'add user'; readonly id: string; readonly active: boolean; readonly superuser: boolean }
  | { readonly do: 'change user'; readonly id: string; readonly active?: boolean; readonly superuser?: boolean }
  | { readonly do: 'add group'; readonly id: string }
  | { readonly do: 'add member' | 'remove member'; readonly id: string; readonly member: Ref }
  | { readonly do: 'add role'; readonly id: string; readonly rules: string[]; readonly includes: string[] }
  | { readonly do: 'change role'; readonly id: string; readonly rules?: string[]; readonly includes?: string[] }
  | { readonly do: 'add type'; readonly id: string; readonly actions: string[] }
  | { readonly do: 'change type'; readonly id: string; readonly actions: string[] }
  | { readonly do: 'add object'; readonly object: Ref; readonly creator: Ref | null }
  | { readonly do: 'delete' | 'delete and add'; readonly object: Ref }
  | { readonly do: 'assign' | 'unassign'; readonly subject: Ref; readonly role: string }
  | { readonly do: 'grant' | 'revoke'; readonly grants: World['grants'] };

export function emptyWorld(): World {
  return { users: [], groups: [], roles: [], types: [], objects: [], assignments: [], grants: [] };
}

/** The world after the operation; null when it is one to be refused, or (as a revocation of nothing) one that can't be asked for. */
export function worldAfter(before: World, operation: Operation): World | null {
  const world = structuredClone(before);
  return carriedOut(world, operation) ? world : null;
}

function carriedOut(world: World, operation: Operation): boolean {
  switch (operation.do) {
    case 'add user': {
      const { id, active, superuser } = operation;
      return !isKnown(world, { type: 'user', id }) && pushed(world.users, { id, active, superuser });
    }
    case 'change user':
      return userChanged(world, operation);
    case 'add group':
      return (
        !isKnown(world, { type: 'group', id: operation.id }) && pushed(world.groups, { id: operation.id, members: [] })
      );
    case 'add member':
    case 'remove member':
      return memberChanged(world, operation);
    case 'add role': {
      const { id, rules, includes } = operation;
      if (isKnown(world, { type: 'role', id })) return false;
      world.roles.push({ id, rules: [], includes: [] });
      return roleChanged(world, { id, rules, includes });
    }
    case 'change role':
      return roleChanged(world, operation);
    case 'add type':
    case 'change type':
      return typeChanged(world, operation);
    case 'add object':
      return objectAdded(world, operation.object, operation.creator);
    case 'delete':
      return deleted(world, operation.object);
    case 'delete and add': {
      const { object } = operation;
      const isOwn = !['user', 'group', 'role', 'type'].includes(object.type);
      return (
        deleted(world, object) && (isOwn ? objectAdded(world, object, null) : carriedOut(world, addedAgain(object)))
      );
    }
    case 'assign':
    case 'unassign':
      return assignmentChanged(world, operation);
    case 'grant':
      return granted(world, operation.grants);
    case 'revoke': {
      if (!operation.grants.every((grant) => world.grants.some((each) => sameGrant(each, grant)))) return false;
      world.grants = world.grants.filter((each) => !operation.grants.some((grant) => sameGrant(each, grant)));
      return true;
    }
    default:
      return false;
  }
}

/** What a deleted user, group, role or type is made as when it is made again: as little as there can be. */
export function addedAgain({ type, id }: Ref): Operation {
  if (type === 'user') return { do: 'add user', id, active: true, superuser: false };
  if (type === 'group') return { do: 'add group', id };
  if (type === 'role') return { do: 'add role', id, rules: [], includes: [] };
  return { do: 'add type', id, actions: ['view'] };
}

function pushed<Item>(items: Item[], item: Item): true {
  items.push(item);
  return true;
}

function userChanged(world: World, change: Extract<Operation, { do: 'change user' }>): boolean {
  const user = world.users.find(({ id }) => id === change.id);
  if (!user) return false;
  const stood = user.active && user.superuser;
  user.active = change.active ?? user.active;
  user.superuser = change.superuser ?? user.superuser;
  return !stood || aSuperuserStands(world);
}

const aSuperuserStands = (world: World): boolean => world.users.some((user) => user.active && user.superuser);

function memberChanged(world: World, change: Extract<Operation, { do: 'add member' | 'remove member' }>): boolean {
  const { id, member } = change;
  const group = world.groups.find((each) => each.id === id);
  if (!group) return false;
  const isMember = group.members.some((each) => same(each, member));
  if (change.do === 'remove member') {
    group.members = group.members.filter((each) => !same(each, member));
    return isMember;
  }
  const listed =
    member.type === 'user' || (member.type === 'group' && world.groups.some((each) => each.id === member.id));
  if (!listed || !isKnown(world, member)) return false;
  if (!isMember) group.members.push(member);
  return (
    !groupsOf(world, [{ type: 'group', id }]).some((each) => same(each, member)) && !same(member, { type: 'group', id })
  );
}

function roleChanged(world: World, change: { id: string; rules?: string[]; includes?: string[] }): boolean {
  const role = world.roles.find(({ id }) => id === change.id);
  if (!role) return false;
  role.rules = [...new Set(change.rules ?? role.rules)];
  role.includes = [...new Set(change.includes ?? role.includes)];
  return (
    role.rules.every((rule) => isPermission(world, rule)) &&
    role.includes.every((included) => isKnown(world, { type: 'role', id: included })) &&
    !withIncluded(world, role.includes).includes(role.id)
  );
}

function typeChanged(world: World, change: { do: 'add type' | 'change type'; id: string; actions: string[] }): boolean {
  const { id, actions } = change;
  const type = world.types.find((each) => each.id === id);
  if ((type !== undefined) === (change.do === 'add type') || ['user', 'group', 'role', 'type'].includes(id))
    return false;
  if (type) {
    type.actions = actions;
    type.creatorActions = type.creatorActions.filter((action) => actions.includes(action));
  } else world.types.push({ id, actions, creatorActions: actions.slice(0, 2) });
  forgetUnknown(world);
  return true;
}

function objectAdded(world: World, object: Ref, creator: Ref | null): boolean {
  const type = world.types.find(({ id }) => id === object.type);
  if (!type || world.objects.some((each) => same(each, object)) || (creator && !isKnown(world, creator))) return false;
  world.objects.push(object);
  if (!creator) return true;
  return granted(
    world,
    type.creatorActions.map((action) => ({ subject: creator, permission: `${type.id}:${action}`, object })),
  );
}

function deleted(world: World, object: Ref): boolean {
  const { type, id } = object;
  const lists: Record<string, { id: string }[]> = {
    user: world.users,
    group: world.groups,
    role: world.roles,
    type: world.types,
  };
  const list = Object.hasOwn(lists, type) ? (lists[type] ?? []) : world.objects;
  const at = list.findIndex((each) => each.id === id && (list !== world.objects || same(each as Ref, object)));
  if (at < 0) return false;
  const [gone] = list.splice(at, 1);
  forgetUnknown(world);
  const stood =
    type === 'user' && (gone as World['users'][number]).active && (gone as World['users'][number]).superuser;
  return !stood || aSuperuserStands(world);
}

function assignmentChanged(world: World, change: Extract<Operation, { do: 'assign' | 'unassign' }>): boolean {
  const { subject, role } = change;
  const isHeld = world.assignments.some((each) => same(each.subject, subject) && each.role === role);
  if (change.do === 'unassign') {
    world.assignments = world.assignments.filter((each) => !same(each.subject, subject) || each.role !== role);
    return isHeld;
  }
  if (!isKnown(world, subject) || !isKnown(world, { type: 'role', id: role })) return false;
  return isHeld || pushed(world.assignments, { subject, role });
}

function granted(world: World, grants: World['grants']): boolean {
  for (const grant of grants) {
    const { subject, permission, object } = grant;
    if (!isKnown(world, subject) || !isPermission(world, permission)) return false;
    if (object && !objectsOf(world, object.type).some((each) => same(each, object))) return false;
    if (object && !permission.startsWith(`${object.type}:`)) return false;
    if (!world.grants.some((each) => sameGrant(each, grant))) world.grants.push(grant);
  }
  return true;
}

function isPermission(world: World, permission: string): boolean {
  const [type = '', action = ''] = permission.split(':');
  return actionsOf(world, type).includes(action);
}

function sameGrant(one: World['grants'][number], other: World['grants'][number]): boolean {
  if (one.permission !== other.permission || !same(one.subject, other.subject)) return false;
  return one.object === null || other.object === null ? one.object === other.object : same(one.object, other.object);
}

/** Takes away whatever hangs on something that is gone. */
function forgetUnknown(world: World): void {
  world.objects = world.objects.filter(({ type }) => world.types.some(({ id }) => id === type));
  world.assignments = world.assignments.filter(
    ({ subject, role }) => isKnown(world, subject) && isKnown(world, { type: 'role', id: role }),
  );
  world.grants = world.grants.filter(
    ({ subject, permission, object }) =>
      isKnown(world, subject) &&
      isPermission(world, permission) &&
      (object === null || objectsOf(world, object.type).some((each) => same(each, object))),
  );
  for (const group of world.groups) group.members = group.members.filter((member) => isKnown(world, member));
  for (const role of world.roles) {
    role.rules = role.rules.filter((rule) => isPermission(world, rule));
    role.includes = role.includes.filter((included) => isKnown(world, { type: 'role', id: included }));
  }
}
