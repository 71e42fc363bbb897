import type { World } from './world.js';

/** The world as a seed file that makes it in an empty database, an entry to a line. */
export function seedOf(world: World): string {
  const entries: Readonly<Record<string, readonly object[]>> = {
    types: world.types,
    users: world.users.map((user, index) => ({ ...user, username: usernameOf(user.id, index) })),
    groups: world.groups,
    roles: world.roles.map((role) => ({ ...role, rules: role.rules.map(plainly) })),
    assignments: world.assignments.map(plainly),
    objects: parentsFirst(world.objects).map(plainly),
    grants: world.grants.map(plainly),
  };
  const lists = Object.entries(entries).map(
    ([name, all]) =>
      `  ${JSON.stringify(name)}: [${all.map((entry) => `\n    ${JSON.stringify(entry)}`).join(',')}\n  ]`,
  );
  return `{\n${lists.join(',\n')}\n}\n`;
}

// A username ends at its first colon.
function usernameOf(id: string, index: number): string {
  return id.includes(':') ? `user-${index}` : id;
}

/** Without what is as it goes without saying. */
function plainly(entry: object): object {
  return Object.fromEntries(
    Object.entries(entry).filter(([name, value]) => value !== null && !(name === 'effect' && value === 'allow')),
  );
}

function parentsFirst(objects: World['objects']): World['objects'] {
  const placed: World['objects'] = [];
  const isPlaced = (type: string, id: string): boolean => placed.some((each) => each.type === type && each.id === id);
  const place = (object: World['objects'][number]): void => {
    if (isPlaced(object.type, object.id)) return;
    const parent = objects.find((each) => each.type === object.parent?.type && each.id === object.parent.id);
    if (parent) place(parent);
    placed.push(object);
  };
  objects.forEach(place);
  return placed;
}
