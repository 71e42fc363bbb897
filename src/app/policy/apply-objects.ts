import { CastellanError } from '../../core/errors.js';
import { refName, sameRef, type ObjectRef } from '../../core/model.js';
import type { NewObject, ObjectChange, ObjectRecord } from '../../core/ports/objects.js';
import type { WriteUnit } from '../../core/ports/writes.js';
import { sameJson } from './apply-subjects.js';
import { atPath } from './at-path.js';
import { inBatches } from './in-batches.js';
import { parentsFirst } from './parents-first.js';
import { grantName } from './policy-change.js';
import type { PolicyRun } from './policy-run.js';
import type { PolicyObject } from './policy-schema.js';

/**
 * Makes and moves objects, and gives their creators what the type says; attributes that are named become the object's. Whatever
 * the order of the file, a parent comes before what is below it.
 */
export async function applyObjects(unit: WriteUnit, objects: readonly PolicyObject[], run: PolicyRun): Promise<void> {
  const standing = new Map((await unit.objects.findMany(objects)).map((object) => [refName(object), object]));
  const entries = objects.map((wanted, index): ObjectEntry => ({
    index,
    wanted,
    standing: standing.get(refName(wanted)),
  }));
  let waiting = levelsOf(entries);
  while (waiting.length > 0) {
    const refused = new Map<ObjectEntry, CastellanError>();
    for (const level of waiting) await applyLevel(unit, level, run, refused);
    const [first] = refused.values();
    if (first && refused.size === waiting.flat().length) throw first;
    waiting = [...refused.keys()].map((entry) => [entry]);
  }
  for (const { type, id, creator } of objects) if (creator) run.named.creators.push({ object: { type, id }, creator });
  await noteCreators(unit, entries, run);
}

interface ObjectEntry {
  readonly index: number;
  readonly wanted: PolicyObject;
  readonly standing: ObjectRecord | undefined;
}

/** The objects in parts, none of which has an object below another one of it, as far as the file says. */
function levelsOf(entries: readonly ObjectEntry[]): ObjectEntry[][] {
  const levels: ObjectEntry[][] = [];
  const levelOf = new Map<string, number>();
  for (const index of parentsFirst(entries.map(({ wanted }) => wanted)).ordered) {
    const entry = entries[index];
    if (!entry) continue;
    const { wanted } = entry;
    const level = wanted.parent ? (levelOf.get(refName(wanted.parent)) ?? -1) + 1 : 0;
    levelOf.set(refName(wanted), level);
    (levels[level] ??= []).push(entry);
  }
  return levels;
}

async function applyLevel(
  unit: WriteUnit,
  level: readonly ObjectEntry[],
  run: PolicyRun,
  refused: Map<ObjectEntry, CastellanError>,
): Promise<void> {
  await inBatches(level, {
    mayBatch: ({ standing }) => !standing,
    many: async (entries) => {
      const creators = entries.map(({ wanted }) => wanted.creator ?? null);
      const made = await unit.objects.createMany(
        entries.map(({ wanted }) => newObject(wanted)),
        creators,
      );
      for (const object of made) noteMade(object, run);
    },
    one: async (entry) => {
      try {
        await atPath(`objects.${entry.index}`, () => applyObject(unit, entry, run));
      } catch (error) {
        if (!(error instanceof CastellanError) || !mayFitLater(error)) throw error;
        refused.set(entry, error);
      }
    },
  });
}

// What stands in the way may be an object that the file moves away itself, further down; and what is below that waits with it.
function mayFitLater({ code, faults }: CastellanError): boolean {
  if (code === 'unknown_reference') return faults.some(({ path }) => path.endsWith('.parent'));
  return code === 'cycle' || code === 'too_deep';
}

async function applyObject(unit: WriteUnit, { wanted, standing }: ObjectEntry, run: PolicyRun): Promise<void> {
  const { type, id, attributes, parent, creator } = wanted;
  if (!standing) {
    noteMade(await unit.objects.create(newObject(wanted), creator ?? null), run);
    return;
  }
  const change: ObjectChange = {
    ...(attributes === undefined || sameJson(attributes, standing.attributes) ? {} : { attributes }),
    ...(parent === undefined || sameParent(parent, standing.parent) ? {} : { parent }),
  };
  const differs = Object.keys(change).length > 0;
  if (differs) run.noteUpdated('object', refName(standing), standing, await unit.objects.update({ type, id }, change));
  run.add('objects', differs ? 'updated' : 'unchanged');
}

function newObject({ type, id, attributes, parent }: PolicyObject): NewObject {
  return { type, id, attributes: attributes ?? {}, parent };
}

function noteMade(object: ObjectRecord, run: PolicyRun): void {
  const { type, id } = object;
  run.add('objects', 'created');
  run.made.objects.push({ type, id });
  run.noteMade('object', refName(object), object);
}

/** Notes what the creators of the objects that were made have got. */
async function noteCreators(unit: WriteUnit, entries: readonly ObjectEntry[], run: PolicyRun): Promise<void> {
  const made = entries.filter(({ wanted, standing }) => !standing && wanted.creator);
  const types = await unit.types.findMany([...new Set(made.map(({ wanted }) => wanted.type))]);
  const actions = new Map(types.map(({ id, creatorActions }) => [id, creatorActions]));
  for (const { wanted } of made)
    for (const action of actions.get(wanted.type) ?? []) {
      const { type, id, creator } = wanted;
      if (!creator) continue;
      const grant = { subject: creator, permission: `${type}:${action}`, object: { type, id }, effect: 'allow' };
      const plain = { condition: null, fields: null, startsAt: null, expiresAt: null };
      run.noteMade('grant', grantName(grant), { ...grant, ...plain });
    }
}

function sameParent(one: ObjectRef | null, other: ObjectRef | null): boolean {
  return one === null || other === null ? one === other : sameRef(one, other);
}
