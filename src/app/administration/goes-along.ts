import { isBuiltInType } from '../../core/built-ins.js';
import type { SubjectRef } from '../../core/model.js';
import type { Administration } from './administration.js';

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
  for (const [what, count] of partsOf(administration, ref)) {
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

async function countOf(items: AsyncGenerator): Promise<number> {
  let count = 0;
  while ((await items.next()).done !== true) count += 1;
  return count;
}
