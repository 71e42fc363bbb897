import { heldBy } from '../property/oracle.js';
import { actionsOf, BUILT_IN_TYPES, modeOf, type Ref, type Rule, type World } from '../property/world.js';

// A type of the world may be called like a member of every object.
const OTHER_ACTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['assignment', ['view', 'add', 'change', 'delete', 'grant']],
  ['audit', ['view', 'grant']],
  ['access', ['evaluate', 'explain', 'grant']],
]);

/** The rules that a subject holds everywhere, read off the documents: each once, those that an object's mode asks more for left out. */
export function rulesHeldEverywhere(world: World, subject: Ref): string[] {
  const user = subject.type === 'user' ? world.users.find(({ id }) => id === subject.id) : undefined;
  if (user && !user.active) return [];
  if (user?.superuser)
    return everyPermission(world)
      .map((permission) => named({ ...PLAIN, permission }))
      .toSorted();
  const now = Date.now();
  const open = heldBy(world, subject).filter(({ places, windows }) => {
    const isOpen = windows.every(
      ({ startsAt, expiresAt }) =>
        (startsAt === null || Date.parse(startsAt) <= now) && (expiresAt === null || Date.parse(expiresAt) > now),
    );
    return places.length === 0 && isOpen;
  });
  const counting = open.filter(({ rule: { permission, effect } }) => {
    const type = permission.slice(0, permission.indexOf(':'));
    return effect === 'deny' || modeOf(world, type) === 'union';
  });
  return [...new Set(counting.map(({ rule }) => named(rule)))].toSorted();
}

const PLAIN = { effect: 'allow', condition: null, fields: null } as const;

function everyPermission(world: World): string[] {
  const types = [...BUILT_IN_TYPES, ...world.types.map(({ id }) => id)];
  return types.flatMap((type) =>
    (OTHER_ACTIONS.get(type) ?? actionsOf(world, type)).map((action) => `${type}:${action}`),
  );
}

/** A text that is the same for rules that say the same. */
export function named({ permission, effect, condition, fields }: Rule): string {
  return JSON.stringify([permission, effect, sorted(condition), fields && [...fields].toSorted()]);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => [name, sorted(member)]);
}
