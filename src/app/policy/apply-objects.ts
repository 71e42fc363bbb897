import { CastellanError } from '../../core/errors.js';
import { sameRef, type ObjectRef } from '../../core/model.js';
import type { ObjectChange } from '../../core/ports/objects.js';
import type { WriteUnit } from '../../core/ports/writes.js';
import { sameJson } from './apply-subjects.js';
import { atPath } from './at-path.js';
import { parentsFirst } from './parents-first.js';
import type { Outcome, Tally } from './policy-result.js';
import type { PolicyObject } from './policy-schema.js';

/**
 * Makes and moves objects, and gives their creators what the type says; attributes that are named become the object's. Whatever
 * the order of the file, a parent comes before what is below it.
 */
export async function applyObjects(unit: WriteUnit, objects: readonly PolicyObject[], tally: Tally): Promise<void> {
  let waiting = parentsFirst(objects).ordered;
  while (waiting.length > 0) {
    const refused = new Map<number, CastellanError>();
    for (const index of waiting) {
      const wanted = objects[index];
      if (!wanted) continue;
      try {
        tally.add('objects', await atPath(`objects.${index}`, () => applyObject(unit, wanted)));
      } catch (error) {
        if (!(error instanceof CastellanError) || !mayFitLater(error)) throw error;
        refused.set(index, error);
      }
    }
    const [first] = refused.values();
    if (first && refused.size === waiting.length) throw first;
    waiting = [...refused.keys()];
  }
}

// What stands in the way may be an object that the file moves away itself, further down; and what is below that waits with it.
function mayFitLater({ code, faults }: CastellanError): boolean {
  if (code === 'unknown_reference') return faults.some(({ path }) => path.endsWith('.parent'));
  return code === 'cycle' || code === 'too_deep';
}

async function applyObject(unit: WriteUnit, wanted: PolicyObject): Promise<Outcome> {
  const { type, id, attributes, parent, creator } = wanted;
  const standing = await unit.objects.find({ type, id });
  if (!standing) {
    await unit.objects.create({ type, id, attributes: attributes ?? {}, parent }, creator ?? null);
    return 'created';
  }
  const change: ObjectChange = {
    ...(attributes === undefined || sameJson(attributes, standing.attributes) ? {} : { attributes }),
    ...(parent === undefined || sameParent(parent, standing.parent) ? {} : { parent }),
  };
  if (Object.keys(change).length === 0) return 'unchanged';
  await unit.objects.update({ type, id }, change);
  return 'updated';
}

function sameParent(one: ObjectRef | null, other: ObjectRef | null): boolean {
  return one === null || other === null ? one === other : sameRef(one, other);
}
