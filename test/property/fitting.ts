import type { Wanted } from './operations.js';
import {
  actionsOf,
  ANYONE,
  isIn,
  isKnown,
  isRegistered,
  objectsOf,
  subjectsOf,
  withIncluded,
  type Ref,
  type Rule,
  type World,
} from './world.js';

/**
 * The operation with what is not there replaced by what is: of operations over a handful of names, most would be refused.
 * Which of what is there is up to the number.
 */
export function fitted(world: World, wanted: Wanted, which: number): Wanted {
  const fit = new Fit(world, which);
  switch (wanted.do) {
    case 'change user':
      return { ...wanted, id: fit.id('user', wanted.id) };
    case 'add member':
      return { ...wanted, id: fit.id('group', wanted.id), member: fit.subject(wanted.member) };
    case 'add role':
      return { ...wanted, rules: fit.rules(wanted.rules), includes: fit.includes(wanted.id, wanted.includes) };
    case 'change role': {
      const id = fit.id('role', wanted.id);
      const { rules, includes } = wanted;
      return {
        ...wanted,
        id,
        ...(rules && { rules: fit.rules(rules) }),
        ...(includes && { includes: fit.includes(id, includes) }),
      };
    }
    case 'change type':
      return { ...wanted, id: fit.id('type', wanted.id) };
    case 'add object':
      return { ...wanted, object: fit.free(wanted.object), parent: fit.place(wanted.parent) };
    case 'change object':
      return { ...wanted, object: fit.own(wanted.object) };
    case 'move':
      return { ...wanted, object: fit.own(wanted.object), parent: fit.place(wanted.parent) };
    case 'delete':
    case 'delete and add':
      return { ...wanted, object: fit.any(wanted.object) };
    case 'assign': {
      const { assignment } = wanted;
      const role = fit.id('role', assignment.role);
      const subject = fit.subject(assignment.subject);
      return { ...wanted, assignment: { ...assignment, role, subject, object: fit.place(assignment.object) } };
    }
    case 'grant': {
      const grants = wanted.grants.map((grant) => ({
        ...grant,
        permission: fit.permission(grant.permission),
        subject: fit.subject(grant.subject),
        object: fit.place(grant.object),
      }));
      return { ...wanted, grants };
    }
    default:
      return wanted;
  }
}

class Fit {
  constructor(
    private readonly world: World,
    private readonly which: number,
  ) {}

  #pick<Item>(items: readonly Item[], otherwise: Item): Item {
    return items[this.which % Math.max(items.length, 1)] ?? otherwise;
  }

  /** The id of a user, group, role or type of one's own. */
  id(type: string, id: string): string {
    const { users, groups, roles, types } = this.world;
    const ids = ({ user: users.slice(1), group: groups, role: roles, type: types }[type] ?? []).map((each) => each.id);
    return ids.includes(id) ? id : this.#pick(ids, id);
  }

  subject(subject: Ref): Ref {
    if (isKnown(this.world, subject)) return subject;
    const { type } = subject;
    return this.#pick(subjectsOf(this.world, type), type === 'role' ? ANYONE : subject);
  }

  own(object: Ref): Ref {
    return isIn(this.world.objects, object) ? object : this.#ref(this.world.objects, object);
  }

  any(object: Ref): Ref {
    if (isRegistered(this.world, object)) return object;
    return ['user', 'group', 'role', 'type'].includes(object.type)
      ? { type: object.type, id: this.id(object.type, object.id) }
      : this.own(object);
  }

  place(place: Ref | null): Ref | null {
    if (place === null || isRegistered(this.world, place)) return place;
    return this.#ref([...objectsOf(this.world, place.type), ...this.world.objects], ANYONE);
  }

  /** An object that could be made: of a type that is there. */
  free(object: Ref): Ref {
    return { type: this.id('type', object.type), id: object.id };
  }

  permission(permission: string): string {
    if (this.isPermission(permission)) return permission;
    const all = this.world.types.flatMap(({ id, actions }) => actions.map((action) => `${id}:${action}`));
    return this.#pick(all, 'user:view');
  }

  rules(rules: readonly Rule[]): Rule[] {
    return rules.map((rule) => ({ ...rule, permission: this.permission(rule.permission) }));
  }

  includes(id: string, includes: readonly string[]): string[] {
    const isFree = (role: string): boolean =>
      isKnown(this.world, { type: 'role', id: role }) && role !== id && !withIncluded(this.world, role).includes(id);
    return includes.filter(isFree);
  }

  isPermission(permission: string): boolean {
    const [type = '', action = ''] = permission.split(':');
    return actionsOf(this.world, type).includes(action);
  }

  #ref(refs: readonly Ref[], otherwise: Ref): Ref {
    const { type, id } = this.#pick(refs, otherwise);
    return { type, id };
  }
}
