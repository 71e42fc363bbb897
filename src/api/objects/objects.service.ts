import { Injectable } from '@nestjs/common';
import { isBuiltInType } from '../../core/built-ins.js';
import { isAnonymous, type Author } from '../../core/caller.js';
import { CastellanError, notFound } from '../../core/errors.js';
import { sameRef, type ObjectRef } from '../../core/model.js';
import type { ObjectRecord } from '../../core/ports/objects.js';
import { Writes, type WriteUnit } from '../../core/ports/writes.js';
import { mergeAttributes } from '../merge-patch.js';
import type { NewObjectBody, ObjectPatch } from './objects.schema.js';

/** Registers, changes, moves and removes objects, within what the author may do; answers what the author may view of them. */
@Injectable()
export class ObjectsService {
  constructor(private readonly writes: Writes) {}

  create(author: Author, type: string, body: NewObjectBody): Promise<ObjectRecord> {
    requireOwnType(type);
    const { id, attributes, parent = null } = body;
    const object = { type, id, attributes, parent };
    return this.writes.write(author, { places: parent ? [object, parent] : [object] }, async (unit) => {
      const decision = await unit.authority.requireAdd(type, parent, { id, attributes });
      unit.authority.requireFields(decision, Object.keys(attributes));
      const made = await unit.objects.create(object, isAnonymous(author.subject) ? null : author.subject);
      return unit.authority.viewable(made);
    });
  }

  update(author: Author, target: ObjectRef, patch: ObjectPatch): Promise<ObjectRecord> {
    requireOwnType(target.type);
    const { attributes, parent } = patch;
    // A move changes what is above everything below the object: all other writes wait for it.
    return this.writes.write(author, parent === undefined ? { places: [target] } : 'structure', async (unit) => {
      const decision = await unit.authority.requireOnObject('change', target);
      if (attributes) unit.authority.requireFields(decision, Object.keys(attributes));
      const before = await unit.objects.find(target);
      if (!before) throw notFound();
      const after = attributes ? mergeAttributes(before.attributes, attributes) : before.attributes;
      const moves = parent !== undefined && !(await isSeenAt(unit, before, parent));
      // What it is to be by then is what is added at the new place.
      if (moves) await unit.authority.requireMove({ ...before, attributes: after }, parent);
      const changed = await unit.objects.update(target, {
        ...(attributes ? { attributes: after } : {}),
        ...(moves ? { parent } : {}),
      });
      return unit.authority.viewable(changed);
    });
  }

  /** With `cascade`, everything below the object goes as well; without, there must be nothing below it. */
  async delete(author: Author, target: ObjectRef, cascade: boolean): Promise<void> {
    requireOwnType(target.type);
    await this.writes.write(author, cascade ? 'structure' : { places: [target] }, async (unit) => {
      await unit.authority.requireOnObject('delete', target);
      if (cascade) await unit.authority.requireDeleteBelow(target);
      await unit.objects.delete(target, { cascade });
    });
  }
}

// What says nothing new to its author changes nothing: so nobody learns by trying of what a hidden parent is, or that there is one.
async function isSeenAt(unit: WriteUnit, object: ObjectRecord, parent: ObjectRef | null): Promise<boolean> {
  const { parent: seen } = await unit.authority.viewable(object);
  return seen === null || parent === null ? seen === parent : sameRef(seen, parent);
}

/** @throws CastellanError `built_in` for a type whose objects have routes of their own. */
export function requireOwnType(type: string): void {
  if (!isBuiltInType(type)) return;
  throw new CastellanError(
    'built_in',
    `The type ${type} is built in: its objects have routes of their own, such as /api/v1/${type}s.`,
  );
}
