import { isBuiltInType } from '../../core/built-ins.js';
import { permissionName, type SubjectRef } from '../../core/model.js';
import type { Administration, Role } from './administration.js';

/** How many there are; null where that can't be told. */
type Counting = readonly [what: string, count: () => Promise<number | null>];

const HOLDERS: ReadonlySet<string> = new Set(['user', 'group', 'role']);

/**
 * What goes along when a user, a group, a role, a type or an object is deleted, as far as whoever asks may see it: `3 grants on it`.
 *
 * @param options whether what is below an object goes as well.
 */
export async function goesAlong(
  administration: Administration,
  ref: SubjectRef,
  { cascade = false }: { readonly cascade?: boolean } = {},
): Promise<string[]> {
  const below: Counting[] =
    cascade && !isBuiltInType(ref.type) ? [['objects below it', () => administration.countBelow(ref)]] : [];
  return toldOf([...partsOf(administration, ref), ...(await namingParts(administration, ref)), ...below]);
}

/**
 * What goes along with the actions that a type loses by a new list of them, as far as whoever asks may see it; nothing of a built-in
 * type, which keeps its own.
 *
 * @throws `not_found`.
 */
export async function goesWithActions(
  administration: Administration,
  type: string,
  actions: readonly string[],
): Promise<{ readonly actions: readonly string[]; readonly along: readonly string[] }> {
  const { actions: standing, builtIn } = await administration.types.get(type);
  const lost = builtIn ? [] : standing.filter((action) => !actions.includes(action));
  if (lost.length === 0) return { actions: [], along: [] };
  const parts = permissionParts(administration, permissionsOf(type, lost), 'them');
  return { actions: lost, along: await toldOf([...parts, ...unseenParts(administration, 'them')]) };
}

async function toldOf(parts: readonly Counting[]): Promise<string[]> {
  const told: string[] = [];
  for (const [what, count] of parts) {
    const many = await count();
    if (many === null) told.push(`${what}: all there are`);
    else if (many > 0) told.push(`${what}: ${many}`);
  }
  return told;
}

function partsOf(administration: Administration, ref: SubjectRef): Counting[] {
  const { grants, assignments, groups, users, countObjects } = administration;
  const { type, id } = ref;
  const parts: Counting[] = [
    ['grants on it', () => countOf(grants.list({ object: ref }))],
    ['assignments on it', () => countOf(assignments.list({ object: ref }))],
  ];
  if (HOLDERS.has(type)) parts.push(['grants to it', () => countOf(grants.list({ subject: ref }))]);
  if (type === 'user' || type === 'group')
    parts.push(['assignments to it', () => countOf(assignments.list({ subject: ref }))]);
  if (type === 'user')
    parts.push(['memberships', () => groups.countWith(ref)], ['tokens', () => users.countTokens(id)]);
  if (type === 'group')
    parts.push(['memberships', async () => (await countOf(groups.members(id))) + (await groups.countWith(ref))]);
  if (type === 'role') parts.push(['assignments of it', () => countOf(assignments.list({ role: id }))]);
  if (type === 'type') parts.push(['objects of it', () => countObjects(id)]);
  return parts;
}

// What names it without being placed on it: rules and grants of a type's actions, and roles that include a role.
async function namingParts(administration: Administration, { type, id }: SubjectRef): Promise<Counting[]> {
  const { roles, types } = administration;
  if (type === 'role') return [['roles that include it', () => sumOf(roles.list(), includes(id))]];
  if (type !== 'type') return [];
  const { actions } = await types.get(id);
  return [...permissionParts(administration, permissionsOf(id, actions), 'it'), ...unseenParts(administration, 'it')];
}

// Rules and grants that whoever asks may not view go all the same.
function unseenParts({ seesAll }: Administration, what: 'it' | 'them'): Counting[] {
  return seesAll ? [] : [[`rules and grants about ${what} that are not seen`, () => Promise.resolve(null)]];
}

function permissionParts(
  { grants, roles }: Administration,
  permissions: readonly string[],
  what: 'it' | 'them',
): Counting[] {
  const rulesOf = ({ rules }: Role): number =>
    rules.filter(({ permission }) => permissions.includes(permission)).length;
  return [
    [`rules about ${what}`, () => sumOf(roles.list(), rulesOf)],
    [
      `grants about ${what}`,
      async () => {
        let count = 0;
        for (const permission of permissions) count += await countOf(grants.list({ permission }));
        return count;
      },
    ],
  ];
}

function permissionsOf(type: string, actions: readonly string[]): string[] {
  return actions.map((action) => permissionName({ type, action }));
}

const includes =
  (id: string) =>
  (role: Role): number =>
    role.includes.includes(id) ? 1 : 0;

async function sumOf<Item>(items: AsyncGenerator<Item>, sizeOf: (item: Item) => number): Promise<number> {
  let sum = 0;
  for await (const item of items) sum += sizeOf(item);
  return sum;
}

async function countOf(items: AsyncGenerator): Promise<number> {
  let count = 0;
  while ((await items.next()).done !== true) count += 1;
  return count;
}
