import { Injectable } from '@nestjs/common';
import type { Author } from '../../core/caller.js';
import type { ObjectRef } from '../../core/model.js';
import type { TypeRecord } from '../../core/ports/types.js';
import { Writes } from '../../core/ports/writes.js';
import type { NewTypeBody, TypePatch } from './types.schema.js';

/** Creates, changes and deletes resource types, within what the author may do. */
@Injectable()
export class TypesService {
  constructor(private readonly writes: Writes) {}

  create(author: Author, body: NewTypeBody): Promise<TypeRecord> {
    return this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireEverywhere('type', 'add');
      return unit.types.create(body);
    });
  }

  update(author: Author, target: ObjectRef, patch: TypePatch): Promise<TypeRecord> {
    return this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireOnObject('change', target);
      return unit.types.update(target.id, {
        ...(patch.actions ? { actions: patch.actions } : {}),
        ...(patch.creatorActions ? { creatorActions: patch.creatorActions } : {}),
        ...(patch.mode ? { mode: patch.mode } : {}),
      });
    });
  }

  async delete(author: Author, target: ObjectRef): Promise<void> {
    await this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireOnObject('delete', target);
      await unit.types.delete(target.id);
    });
  }
}
