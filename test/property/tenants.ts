import { ANYONE, AUTHENTICATED, isIn, type Ref, type World } from './world.js';

/**
 * The world as the tenant of a name: below one root, with its own people, who hold nothing but on what is the tenant's. Its types
 * stay what they are: they are everybody's.
 */
export function tenantOf(world: World, tenant: string): World {
  const id = (name: string): string => `${tenant}-${name}`;
  const root: Ref = { type: world.types[0]?.id ?? 'user', id: id('root') };
  const others = [ANYONE, AUTHENTICATED, { type: 'user', id: 'admin' }];
  const isOwn = ({ type, id: name }: Ref): boolean => type !== 'type' && !isIn(others, { type, id: name });
  const own = (ref: Ref): Ref => ({ type: ref.type, id: id(ref.id) });
  const place = (object: Ref | null): Ref => (object && isOwn(object) ? own(object) : root);
  const builtIn = ['user:', 'group:', 'role:', 'type:'];
  return {
    ...world,
    users: world.users.map((user) => (user.id === 'admin' ? user : { ...user, id: id(user.id), superuser: false })),
    groups: world.groups.map((group) => ({ id: id(group.id), members: group.members.filter(isOwn).map(own) })),
    roles: world.roles.map(({ id: name, rules, includes }) => ({ id: id(name), rules, includes: includes.map(id) })),
    objects:
      world.types.length === 0
        ? []
        : [
            { ...root, parent: null, attributes: {} },
            ...world.objects.map((object) => ({ ...object, id: id(object.id), parent: place(object.parent) })),
          ],
    assignments: world.assignments
      .filter(({ subject }) => isOwn(subject) && world.types.length > 0)
      .map((assignment) => ({
        ...assignment,
        subject: own(assignment.subject),
        role: id(assignment.role),
        object: place(assignment.object),
      })),
    grants: world.grants
      .filter(
        ({ subject, permission }) =>
          isOwn(subject) && world.types.length > 0 && !builtIn.some((type) => permission.startsWith(type)),
      )
      .map((grant) => ({ ...grant, subject: own(grant.subject), object: place(grant.object) })),
  };
}
