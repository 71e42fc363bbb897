import { isBuiltInType } from '../../core/built-ins.js';
import type { SubjectRef } from '../../core/model.js';
import type { Administration, Role } from './administration.js';

type Counting = readonly [what: string, count: () => Promise<number>];

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
  const told: string[] = [];
  const parts = [...partsOf(administration, ref), ...namingParts(administration, ref)];
  for (const [what, count] of parts) {
    const many = await count();
    if (many > 0) told.push(`${what}: ${many}`);
  }
  if (!cascade || isBuiltInType(ref.type)) return told;
  const below = await administration.countBelow(ref);
  if (below === null) return [...told, 'objects below it: all there are'];
  return below > 0 ? [...told, `objects below it: ${below}`] : told;
}

function partsOf({ grants, assignments, groups, countObjects }: Administration, ref: SubjectRef): Counting[] {
  const { type, id } = ref;
  const parts: Counting[] = [
    ['grants on it', () => countOf(grants.list({ object: ref }))],
    ['assignments on it', () => countOf(assignments.list({ object: ref }))],
  ];
  if (HOLDERS.has(type)) parts.push(['grants to it', () => countOf(grants.list({ subject: ref }))]);
  if (type === 'user' || type === 'group')
    parts.push(['assignments to it', () => countOf(assignments.list({ subject: ref }))]);
  if (type === 'group') parts.push(['memberships', () => countOf(groups.members(id))]);
  if (type === 'role') parts.push(['assignments of it', () => countOf(assignments.list({ role: id }))]);
  if (type === 'type') parts.push(['objects of it', () => countObjects(id)]);
  return parts;
}

// What names it without being placed on it: rules and grants of a type's actions, and roles that include a role.
function namingParts({ grants, roles, types }: Administration, { type, id }: SubjectRef): Counting[] {
  if (type === 'role') return [['roles that include it', () => sumOf(roles.list(), includes(id))]];
  if (type !== 'type') return [];
  const rulesOf = ({ rules }: Role): number => rules.filter(({ permission }) => permission.startsWith(`${id}:`)).length;
  return [
    ['rules about it', () => sumOf(roles.list(), rulesOf)],
    [
      'grants about it',
      async () => {
        const { actions } = await types.get(id);
        let count = 0;
        for (const action of actions) count += await countOf(grants.list({ permission: `${id}:${action}` }));
        return count;
      },
    ],
  ];
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
