import { Injectable } from '@nestjs/common';
import { isAnonymous, type Author } from '../../core/caller.js';
import { CastellanError, notFound, notSignedIn } from '../../core/errors.js';
import type { ObjectRef } from '../../core/model.js';
import type { AssignmentRecord } from '../../core/ports/assignments.js';
import { Writes, type WriteUnit } from '../../core/ports/writes.js';
import type { NewAssignmentBody } from './assignments.schema.js';

/** Gives and takes roles, within what the author may do and hand out. */
@Injectable()
export class AssignmentsService {
  constructor(private readonly writes: Writes) {}

  create(author: Author, body: NewAssignmentBody): Promise<{ record: AssignmentRecord; created: boolean }> {
    const { subject, role, object: place = null, expiresAt = null } = body;
    return this.writes.write(author, 'structure', async (unit) => {
      if (place) await unit.authority.requireAt({ type: 'assignment', action: 'add' }, place);
      else await unit.authority.requireEverywhere('assignment', 'add');
      await unit.authority.requireCoversRole({ subject, role, place, expiresAt });
      return unit.assignments.create(body);
    });
  }

  async delete(author: Author, target: ObjectRef): Promise<void> {
    await this.writes.write(author, 'structure', async (unit) => {
      const assignment = await unit.assignments.find(target.id);
      // One that is not there is refused like one that may not be seen.
      if (!assignment) throw isAnonymous(author.subject) ? notSignedIn() : notFound();
      if (assignment.object) await requireMayEndAt(unit, assignment.object);
      else await unit.authority.requireSeenEverywhere('assignment', 'delete');
      await unit.authority.requireCoversRole({ ...assignment, place: assignment.object });
      await unit.assignments.delete(target.id);
    });
  }
}

// Whoever may not see the assignments on an object learns nothing of one there, not even that it exists.
async function requireMayEndAt(unit: WriteUnit, place: ObjectRef): Promise<void> {
  try {
    await unit.authority.requireAt({ type: 'assignment', action: 'view' }, place);
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'forbidden') throw notFound();
    throw error;
  }
  await unit.authority.requireAt({ type: 'assignment', action: 'delete' }, place);
}
