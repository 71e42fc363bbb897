import { Injectable } from '@nestjs/common';
import type { Author } from '../../core/caller.js';
import type { ObjectRef, SubjectRef } from '../../core/model.js';
import type { GroupRecord } from '../../core/ports/groups.js';
import { Writes } from '../../core/ports/writes.js';
import type { GroupPatch, NewGroupBody } from './groups.schema.js';

/** Creates, changes and deletes groups and their memberships, within what the author may do and hand out. */
@Injectable()
export class GroupsService {
  constructor(private readonly writes: Writes) {}

  create(author: Author, body: NewGroupBody): Promise<GroupRecord> {
    return this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireEverywhere('group', 'add');
      return unit.groups.create({ id: body.id, description: body.description ?? null });
    });
  }

  update(author: Author, target: ObjectRef, patch: GroupPatch): Promise<GroupRecord> {
    return this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireOnObject('change', target);
      return unit.groups.update(target.id, patch.description === undefined ? {} : { description: patch.description });
    });
  }

  async delete(author: Author, target: ObjectRef): Promise<void> {
    await this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireOnObject('delete', target);
      await unit.authority.requireCovers({ type: 'group', id: target.id });
      await unit.groups.delete(target.id);
    });
  }

  /** A member gets all that the group holds, so adding one hands that out. */
  async addMember(author: Author, target: ObjectRef, member: SubjectRef): Promise<void> {
    await this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireOnObject('change', target);
      await unit.authority.requireCovers({ type: 'group', id: target.id });
      await unit.groups.addMember(target.id, member);
    });
  }

  async removeMember(author: Author, target: ObjectRef, member: SubjectRef): Promise<void> {
    await this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireOnObject('change', target);
      await unit.authority.requireCovers({ type: 'group', id: target.id });
      await unit.groups.removeMember(target.id, member);
    });
  }
}
