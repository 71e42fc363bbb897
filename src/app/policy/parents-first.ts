import { refName, type ObjectRef } from '../../core/model.js';

interface Placed extends ObjectRef {
  readonly parent?: ObjectRef | null | undefined;
}

/**
 * The places of objects in their list, so that each comes after the parent that the list has for it. Those that are below
 * themselves, and what is below those, have no such order.
 */
export function parentsFirst(objects: readonly Placed[]): { ordered: number[]; inCircles: number[] } {
  const indexes = new Map(objects.map((object, index) => [refName(object), index]));
  const children = new Map<number, number[]>();
  const ordered: number[] = [];
  for (const [index, { parent }] of objects.entries()) {
    const above = parent ? indexes.get(refName(parent)) : undefined;
    if (above === undefined) ordered.push(index);
    else if (!children.get(above)?.push(index)) children.set(above, [index]);
  }
  // Grows while it is walked: what is below comes behind.
  for (const index of ordered) for (const child of children.get(index) ?? []) ordered.push(child);
  const placed = new Set(ordered);
  return { ordered, inCircles: [...objects.keys()].filter((index) => !placed.has(index)) };
}
