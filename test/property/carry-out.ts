import type { RoleRule } from '../../src/core/ports/roles.js';
import type { WriteUnit } from '../../src/core/ports/writes.js';
import type { Ref } from './oracle.js';
import { addedAgain, type Operation } from './world.js';

/** Does the operation by the store's own writers. */
export async function carryOut(unit: WriteUnit, operation: Operation): Promise<void> {
  switch (operation.do) {
    case 'add user': {
      const { id, active, superuser } = operation;
      await unit.users.create({ id, username: id, email: null, active, superuser, attributes: {} });
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
      const { id, rules, includes } = operation;
      await unit.roles.create({ id, description: null, rules: rules.map(plainRule), includes });
      return;
    }
    case 'change role': {
      const { id, rules, includes } = operation;
      await unit.roles.update(id, {
        ...(rules ? { rules: rules.map(plainRule) } : {}),
        ...(includes ? { includes } : {}),
      });
      return;
    }
    case 'add type':
      await unit.types.create({
        id: operation.id,
        actions: operation.actions,
        creatorActions: operation.actions.slice(0, 2),
      });
      return;
    case 'change type':
      await unit.types.update(operation.id, { actions: operation.actions });
      return;
    case 'add object':
      await unit.objects.create({ ...operation.object, attributes: {} }, operation.creator);
      return;
    case 'delete':
      await remove(unit, operation.object);
      return;
    case 'delete and add':
      await remove(unit, operation.object);
      if (isOwnType(operation.object)) await unit.objects.create({ ...operation.object, attributes: {} }, null);
      else await carryOut(unit, addedAgain(operation.object));
      return;
    case 'assign':
      await unit.assignments.create(operation);
      return;
    case 'unassign':
      // What stands already is named by being asked for once more.
      await unit.assignments.delete((await unit.assignments.create(operation)).record.id);
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

const isOwnType = ({ type }: Ref): boolean => !['user', 'group', 'role', 'type'].includes(type);

async function remove(unit: WriteUnit, object: Ref): Promise<void> {
  if (object.type === 'user') await unit.users.delete(object.id);
  else if (object.type === 'group') await unit.groups.delete(object.id);
  else if (object.type === 'role') await unit.roles.delete(object.id);
  else if (object.type === 'type') await unit.types.delete(object.id);
  else await unit.objects.delete(object);
}

function plainRule(permission: string): RoleRule {
  return { permission, effect: 'allow', condition: null, fields: null };
}
