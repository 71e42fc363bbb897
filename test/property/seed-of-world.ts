import type { World } from './world.js';

/** Puts what the world holds in the order in which a seed makes it, which is then the order of lists: superusers first, parents before children. */
export function orderAsSeeds(world: World): void {
  world.users.sort((one, other) => Number(other.superuser) - Number(one.superuser));
  world.objects.splice(0, world.objects.length, ...parentsFirst(world.objects));
}

/** The world as a seed file that makes it in an empty database, an entry to a line. */
export function seedOf(world: World): string {
  const entries: Readonly<Record<string, readonly object[]>> = {
    types: world.types,
    users: world.users.map((user, index) => ({ ...user, username: usernameOf(user.id, index) })),
    groups: world.groups,
    roles: world.roles.map((role) => ({ ...role, rules: role.rules.map(plainly) })),
    assignments: world.assignments.map(plainly),
    objects: world.objects.map(plainly),
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

/** Level by level: those that are below none of the others (a parent may be a user, say), then what is in them. */
function parentsFirst(objects: World['objects']): World['objects'] {
  const placed = objects.filter(
    ({ parent }) => !objects.some(({ type, id }) => parent?.type === type && parent.id === id),
  );
  // Grows while it is walked.
  for (const above of placed) {
    placed.push(...objects.filter(({ parent }) => parent?.type === above.type && parent.id === above.id));
  }
  return placed;
}
