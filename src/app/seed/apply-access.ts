import type { WriteUnit } from '../../core/ports/writes.js';
import { MOST_GRANTS } from '../../api/grants/grants.schema.js';
import { sameJson } from './apply-subjects.js';
import { atPath } from './at-path.js';
import type { Outcome, Tally } from './seed-result.js';
import type { SeedContents, SeedGrant, SeedObject } from './seed-schema.js';

/** Gives roles that are not held yet. */
export async function applyAssignments(
  unit: WriteUnit,
  assignments: SeedContents['assignments'],
  tally: Tally,
): Promise<void> {
  for (const [index, { subject, role }] of assignments.entries()) {
    const { created } = await atPath(`assignments.${index}`, () => unit.assignments.create({ subject, role }));
    tally.add('assignments', created ? 'created' : 'unchanged');
  }
}

/** Makes objects, and gives their creators what the type says; attributes that are named become the object's. */
export async function applyObjects(unit: WriteUnit, objects: readonly SeedObject[], tally: Tally): Promise<void> {
  for (const [index, wanted] of objects.entries()) {
    tally.add('objects', await atPath(`objects.${index}`, () => applyObject(unit, wanted)));
  }
}

async function applyObject(unit: WriteUnit, { type, id, attributes, creator }: SeedObject): Promise<Outcome> {
  const standing = await unit.objects.find({ type, id });
  if (!standing) {
    await unit.objects.create({ type, id, attributes: attributes ?? {} }, creator ?? null);
    return 'created';
  }
  if (attributes === undefined || sameJson(attributes, standing.attributes)) return 'unchanged';
  await unit.objects.update({ type, id }, attributes);
  return 'updated';
}

/** Gives grants that do not stand yet. */
export async function applyGrants(unit: WriteUnit, grants: readonly SeedGrant[], tally: Tally): Promise<void> {
  for (let start = 0; start < grants.length; start += MOST_GRANTS) {
    const chunk = grants
      .slice(start, start + MOST_GRANTS)
      .map(({ subject, permission, object }) => ({ subject, permission, object: object ?? null }));
    for (const { created } of await atPath('grants', () => unit.grants.create(chunk), start)) {
      tally.add('grants', created ? 'created' : 'unchanged');
    }
  }
}
