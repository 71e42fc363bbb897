import {
  assignmentChanged,
  deleted,
  granted,
  memberChanged,
  moved,
  objectAdded,
  pushed,
  roleChanged,
  sameGrant,
  typeChanged,
} from './effects.js';
import { fitted } from './fitting.js';
import { creatorActionsOf, type Operation } from './operation.js';
import { isKnown, isRegistered, same, type Ref, type World } from './world.js';

/** What a test may want before it knows the world: `which` counts through those that stand. */
export type Wanted =
  | Operation
  | { readonly do: 'take back'; readonly what: 'membership' | 'assignment' | 'grant'; readonly which: number };

/** The operation that is wanted in this world; null when there is nothing to be taken back. */
export function operationIn(world: World, wanted: Wanted): Operation | null {
  if (wanted.do !== 'take back') return wanted;
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[wanted.which % Math.max(items.length, 1)];
  if (wanted.what === 'membership') {
    const joined = pick(world.groups.flatMap(({ id, members }) => members.map((member) => ({ id, member }))));
    return joined ? { do: 'remove member', ...joined } : null;
  }
  if (wanted.what === 'assignment') {
    const assignment = pick(world.assignments);
    return assignment ? { do: 'unassign', assignment } : null;
  }
  const grant = pick(world.grants);
  return grant ? { do: 'revoke', grants: [grant] } : null;
}

/** The world after the operation; null when it is one to be refused, or (as a revocation of nothing) one that can't be asked for. */
export function worldAfter(before: World, operation: Operation): World | null {
  const world = copyOf(before);
  return carriedOut(world, operation) ? world : null;
}

// As deep as an operation changes it.
function copyOf({ users, groups, roles, types, objects, assignments, grants }: World): World {
  return {
    users: users.map((user) => ({ ...user })),
    groups: groups.map(({ id, members }) => ({ id, members: [...members] })),
    roles: roles.map((role) => ({ ...role })),
    types: types.map((type) => ({ ...type })),
    objects: objects.map((object) => ({ ...object })),
    assignments: [...assignments],
    grants: [...grants],
  };
}

/** The world after those of the operations that are not refused, and which these are; with what does not fit made to. */
export function worldOf(
  before: World,
  operations: readonly Operation[],
): { readonly world: World; readonly done: Operation[] } {
  let world = before;
  const done: Operation[] = [];
  for (const [index, wanted] of operations.entries()) {
    const operation = operationIn(world, fitted(world, wanted, index)) ?? wanted;
    const after = worldAfter(world, operation);
    if (!after) continue;
    world = after;
    done.push(operation);
  }
  return { world, done };
}

/** What a deleted thing is made as when it is made again: as little as there can be. */
export function addedAgain({ type, id }: Ref): Operation {
  if (type === 'user') return { do: 'add user', id, active: true, superuser: false, attributes: {} };
  if (type === 'group') return { do: 'add group', id };
  if (type === 'role') return { do: 'add role', id, rules: [], includes: [] };
  if (type === 'type') return { do: 'add type', id, actions: ['view'], mode: 'union' };
  return { do: 'add object', object: { type, id }, parent: null, attributes: {}, creator: null };
}

function carriedOut(world: World, operation: Operation): boolean {
  switch (operation.do) {
    case 'add user': {
      const { do: _, ...user } = operation;
      return !isKnown(world, { type: 'user', id: user.id }) && pushed(world.users, user);
    }
    case 'change user': {
      const { do: _, id, ...change } = operation;
      const user = world.users.find((each) => each.id === id);
      if (user) Object.assign(user, change);
      return user !== undefined && world.users.some(({ active, superuser }) => active && superuser);
    }
    case 'add group': {
      const { id } = operation;
      return !isKnown(world, { type: 'group', id }) && pushed(world.groups, { id, members: [] });
    }
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
    case 'add type': {
      const { id, actions, mode } = operation;
      if (isRegistered(world, { type: 'type', id })) return false;
      return pushed(world.types, { id, actions, mode, creatorActions: creatorActionsOf(actions) });
    }
    case 'change type':
      return typeChanged(world, operation);
    case 'add object':
      return objectAdded(world, operation);
    case 'change object': {
      const object = world.objects.find((each) => same(each, operation.object));
      if (object) object.attributes = operation.attributes;
      return object !== undefined;
    }
    case 'move':
      return moved(world, operation);
    case 'delete':
      return deleted(world, operation.object, operation.cascade);
    case 'delete and add':
      return deleted(world, operation.object, false) && carriedOut(world, addedAgain(operation.object));
    case 'assign':
    case 'unassign':
      return assignmentChanged(world, operation);
    case 'grant':
      return granted(world, operation.grants);
    case 'revoke': {
      const { grants } = operation;
      if (!grants.every((grant) => world.grants.some((each) => sameGrant(each, grant)))) return false;
      world.grants = world.grants.filter((each) => !grants.some((grant) => sameGrant(each, grant)));
      return true;
    }
    default:
      return false;
  }
}
