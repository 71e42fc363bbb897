import { CastellanError } from '../../src/core/errors.js';
import type { World } from '../../src/testing/world.js';
import { creatorActionsOf, type Operation } from '../property/operation.js';
import { addedAgain } from '../property/operations.js';
import type { Assignment, Grant } from '../property/world.js';

/** Does the operation to a world in memory, as `carryOut` does it to a database. */
export function carryOutInMemory(world: World, operation: Operation): void {
  switch (operation.do) {
    case 'add user': {
      const { do: _, id, ...user } = operation;
      world.user(id, user);
      return;
    }
    case 'change user': {
      const { do: _, id, ...change } = operation;
      world.changeUser(id, change);
      return;
    }
    case 'add group':
      world.group(operation.id);
      return;
    case 'add member':
      world.addMember(operation.id, operation.member);
      return;
    case 'remove member':
      world.removeMember(operation.id, operation.member);
      return;
    case 'add role':
      world.role(operation.id, operation.rules, operation.includes);
      return;
    case 'change role': {
      const { do: _, id, ...change } = operation;
      world.changeRole(id, change);
      return;
    }
    case 'add type': {
      const { do: _, id, ...type } = operation;
      world.type(id, { ...type, creatorActions: creatorActionsOf(type.actions) });
      return;
    }
    case 'change type': {
      const { do: _, id, ...change } = operation;
      world.changeType(id, change);
      return;
    }
    case 'add object': {
      const { object, parent, attributes, creator } = operation;
      world.object(object, { parent, attributes, creator });
      return;
    }
    case 'change object':
      world.setAttributes(operation.object, operation.attributes);
      return;
    case 'move':
      world.move(operation.object, operation.parent);
      return;
    case 'delete':
      world.delete(operation.object, { cascade: operation.cascade });
      return;
    case 'delete and add':
      world.delete(operation.object);
      carryOutInMemory(world, addedAgain(operation.object));
      return;
    case 'assign':
      world.assign(...assignmentOf(operation.assignment));
      return;
    case 'unassign':
      world.unassign(...assignmentOf(operation.assignment));
      return;
    case 'grant':
      for (const grant of operation.grants) world.grant(...grantOf(grant));
      return;
    case 'revoke':
      for (const grant of operation.grants) world.revoke(...grantOf(grant));
      return;
    default:
  }
}

/** The code of the refusal; undefined when it was done. */
export function refusalInMemory(world: World, operation: Operation): string | undefined {
  try {
    // All of it is done or nothing, as in a transaction.
    if (operation.do === 'grant' || operation.do === 'revoke') carryOutInMemory(world.copy(), operation);
    carryOutInMemory(world, operation);
    return undefined;
  } catch (error) {
    if (error instanceof CastellanError && error.status < 500) return error.code;
    throw error;
  }
}

function assignmentOf({ subject, role, object, ...window }: Assignment): Parameters<World['assign']> {
  return [subject, role, object, window];
}

function grantOf({ subject, permission, object, ...rest }: Grant): Required<Parameters<World['grant']>> {
  return [subject, permission, object, rest];
}
