import type { WriteScope, WriteUnit } from '../../src/core/ports/writes.js';
import { creatorActionsOf, type Operation } from './operation.js';
import { addedAgain } from './operations.js';
import type { Ref } from './world.js';

/** Does the operation by the store's own writers. */
export async function carryOut(unit: WriteUnit, operation: Operation): Promise<void> {
  switch (operation.do) {
    case 'add user': {
      const { do: _, id, ...user } = operation;
      await unit.users.create({ id, username: id, email: null, ...user });
      return;
    }
    case 'change user': {
      const { do: _, id, ...change } = operation;
      await unit.users.update(id, change);
      return;
    }
    case 'add group':
      await unit.groups.create({ id: operation.id, description: null });
      return;
    case 'add member':
      await unit.groups.addMember(operation.id, operation.member);
      return;
    case 'remove member':
      await unit.groups.removeMember(operation.id, operation.member);
      return;
    case 'add role': {
      const { do: _, ...role } = operation;
      await unit.roles.create({ ...role, description: null });
      return;
    }
    case 'change role': {
      const { do: _, id, ...change } = operation;
      await unit.roles.update(id, change);
      return;
    }
    case 'add type': {
      const { do: _, ...type } = operation;
      await unit.types.create({ ...type, creatorActions: creatorActionsOf(type.actions) });
      return;
    }
    case 'change type': {
      const { do: _, id, ...change } = operation;
      await unit.types.update(id, change);
      return;
    }
    case 'add object': {
      const { object, parent, attributes, creator } = operation;
      await unit.objects.create({ ...object, parent, attributes }, creator);
      return;
    }
    case 'change object':
      await unit.objects.update(operation.object, { attributes: operation.attributes });
      return;
    case 'move':
      await unit.objects.update(operation.object, { parent: operation.parent });
      return;
    case 'delete':
      await remove(unit, operation.object, operation.cascade);
      return;
    case 'delete and add':
      await remove(unit, operation.object, false);
      await carryOut(unit, addedAgain(operation.object));
      return;
    case 'assign':
      await unit.assignments.create(operation.assignment);
      return;
    case 'unassign':
      // What stands already is named by being asked for once more.
      await unit.assignments.delete((await unit.assignments.create(operation.assignment)).record.id);
      return;
    case 'grant':
      await unit.grants.create(operation.grants);
      return;
    case 'revoke': {
      const standing = await unit.grants.create(operation.grants);
      for (const id of new Set(standing.map(({ record }) => record.id))) await unit.grants.delete(id);
      return;
    }
    default:
  }
}

/** The locks that the operation takes in the service: a grant must be seen without the lock on the structure as well. */
export function scopeOf(operation: Operation): WriteScope {
  if (operation.do === 'grant' || operation.do === 'revoke')
    return { places: operation.grants.map(({ object }) => object) };
  if (operation.do === 'add object' && operation.parent === null) return { places: [operation.object] };
  if (operation.do === 'change object') return { places: [operation.object] };
  return 'structure';
}

async function remove(unit: WriteUnit, object: Ref, cascade: boolean): Promise<void> {
  if (object.type === 'user') await unit.users.delete(object.id);
  else if (object.type === 'group') await unit.groups.delete(object.id);
  else if (object.type === 'role') await unit.roles.delete(object.id);
  else if (object.type === 'type') await unit.types.delete(object.id);
  else await unit.objects.delete(object, { cascade });
}
