import { Injectable } from '@nestjs/common';
import { isBuiltInType } from '../../core/built-ins.js';
import { isAnonymous, type Author } from '../../core/caller.js';
import { CastellanError, notFound } from '../../core/errors.js';
import type { ObjectRef } from '../../core/model.js';
import type { ObjectRecord } from '../../core/ports/objects.js';
import { Writes } from '../../core/ports/writes.js';
import { mergeAttributes } from '../merge-patch.js';
import { refuseNotYet } from '../not-yet.js';
import type { NewObjectBody, ObjectPatch } from './objects.schema.js';

/** Registers, changes and removes objects, within what the author may do. */
@Injectable()
export class ObjectsService {
  constructor(private readonly writes: Writes) {}

  async create(author: Author, type: string, body: NewObjectBody): Promise<ObjectRecord> {
    requireOwnType(type);
    refuseNotYet(body);
    const object = { type, id: body.id, attributes: body.attributes };
    return this.writes.write(author, { places: [object] }, async (unit) => {
      await unit.authority.requireEverywhere(type, 'add');
      return unit.objects.create(object, isAnonymous(author.subject) ? null : author.subject);
    });
  }

  async update(author: Author, target: ObjectRef, patch: ObjectPatch): Promise<ObjectRecord> {
    requireOwnType(target.type);
    refuseNotYet(patch);
    return this.writes.write(author, { places: [target] }, async (unit) => {
      await unit.authority.requireOnObject('change', target);
      const before = await unit.objects.find(target);
      if (!before) throw notFound();
      return unit.objects.update(
        target,
        patch.attributes ? mergeAttributes(before.attributes, patch.attributes) : before.attributes,
      );
    });
  }

  async delete(author: Author, target: ObjectRef): Promise<void> {
    requireOwnType(target.type);
    await this.writes.write(author, { places: [target] }, async (unit) => {
      await unit.authority.requireOnObject('delete', target);
      await unit.objects.delete(target);
    });
  }
}

/** @throws CastellanError `built_in` for a type whose objects have routes of their own. */
export function requireOwnType(type: string): void {
  if (!isBuiltInType(type)) return;
  throw new CastellanError(
    'built_in',
    `The type ${type} is built in: its objects have routes of their own, such as /api/v1/${type}s.`,
  );
}
