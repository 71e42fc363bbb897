import type { Asked, Listed } from './oracle.js';
import type { Ref, Rule, World } from './world.js';

/** Other names for the users, groups, roles and objects of a world, and for its types. */
export class Renaming {
  constructor(
    private readonly names: ReadonlyMap<string, string>,
    private readonly types: ReadonlyMap<string, string>,
  ) {}

  type(name: string): string {
    return this.types.get(name) ?? name;
  }

  id(name: string): string {
    return this.names.get(name) ?? name;
  }

  ref({ type, id }: Ref): Ref {
    if (type === 'type') return { type, id: this.type(id) };
    if (type === 'group' && ['anyone', 'authenticated'].includes(id)) return { type, id };
    return { type: this.type(type), id: this.id(id) };
  }

  place(object: Ref | null): Ref | null {
    return object && this.ref(object);
  }

  rule<Named extends Rule>(rule: Named): Named {
    const [type = '', action = ''] = rule.permission.split(':');
    return { ...rule, permission: `${this.type(type)}:${action}` };
  }
}

/** The same world under other names. */
export function renamed(world: World, to: Renaming): World {
  return {
    users: world.users.map((user) => ({ ...user, id: to.id(user.id) })),
    groups: world.groups.map(({ id, members }) => ({
      id: to.id(id),
      members: members.map((member) => to.ref(member)),
    })),
    roles: world.roles.map(({ id, rules, includes }) => ({
      id: to.id(id),
      rules: rules.map((rule) => to.rule(rule)),
      includes: includes.map((included) => to.id(included)),
    })),
    types: world.types.map((type) => ({ ...type, id: to.type(type.id) })),
    objects: world.objects.map((object) => ({ ...object, ...to.ref(object), parent: to.place(object.parent) })),
    assignments: world.assignments.map((assignment) => ({
      ...assignment,
      subject: to.ref(assignment.subject),
      role: to.id(assignment.role),
      object: to.place(assignment.object),
    })),
    grants: world.grants.map((grant) => ({
      ...to.rule(grant),
      subject: to.ref(grant.subject),
      object: to.place(grant.object),
    })),
  };
}

export function renamedQuestion<Question extends Asked | Listed>(question: Question, to: Renaming): Question {
  const object = 'object' in question && question.object ? { object: to.ref(question.object) } : {};
  return { ...question, ...object, subject: to.ref(question.subject), type: to.type(question.type) };
}
