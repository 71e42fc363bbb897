import { Injectable } from '@nestjs/common';
import type { Author, Caller } from '../../core/caller.js';
import { Decider } from '../../core/decider.js';
import { notFound, notSupported } from '../../core/errors.js';
import type { ObjectRef } from '../../core/model.js';
import { AssignmentReader, type AssignmentRecord } from '../../core/ports/assignments.js';
import type { Page } from '../../core/ports/lists.js';
import { Writes } from '../../core/ports/writes.js';
import { refuseNotYet } from '../not-yet.js';
import type { AssignmentsQuery, NewAssignmentBody } from './assignments.schema.js';

/** Gives and takes roles, within what the author may do and hand out. */
@Injectable()
export class AssignmentsService {
  constructor(
    private readonly writes: Writes,
    private readonly reader: AssignmentReader,
    private readonly decider: Decider,
  ) {}

  /** An assignment everywhere is seen by whoever may view assignments everywhere, so a list holds all of them or none. */
  async list(
    caller: Caller,
    page: { limit: number; after?: string | undefined },
    filter: AssignmentsQuery,
  ): Promise<Page<AssignmentRecord>> {
    const { allowed } = await this.decider.decide({
      subject: caller.subject,
      permission: { type: 'assignment', action: 'view' },
    });
    if (!allowed) return { items: [], next: null };
    return this.reader.list({ subject: filter.subject, role: filter.role, ...page });
  }

  async create(author: Author, body: NewAssignmentBody): Promise<{ record: AssignmentRecord; created: boolean }> {
    refuseNotYet(body);
    if (body.object) throw notSupported('object', 'assigning a role on one object is');
    return this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireEverywhere('assignment', 'add');
      await unit.authority.requireCovers({ type: 'role', id: body.role });
      return unit.assignments.create({ subject: body.subject, role: body.role });
    });
  }

  async delete(author: Author, target: ObjectRef): Promise<void> {
    await this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireOnObject('delete', target);
      const assignment = await unit.assignments.find(target.id);
      if (!assignment) throw notFound();
      await unit.authority.requireCovers({ type: 'role', id: assignment.role });
      await unit.assignments.delete(target.id);
    });
  }
}
