import { Body, Controller, Delete, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import type { Author, Caller } from '../../core/caller.js';
import type { ObjectRef } from '../../core/model.js';
import { AssignmentReader, type AssignmentRecord } from '../../core/ports/assignments.js';
import { AuthorOfRequest, CallerOfRequest, Target } from '../../nest/authorized-request.js';
import { DecidesItself, HeedsNarrowing, Resource, SignedIn } from '../../nest/route-policy.js';
import { statusOf, type StatusSetter } from '../created.js';
import { Paging, type ListAnswer } from '../paging.js';
import {
  assignmentsQuery,
  newAssignment,
  type AssignmentsQuery,
  type NewAssignmentBody,
} from './assignments.schema.js';
import { AssignmentsService } from './assignments.service.js';

/** What it takes to see, give or take an assignment hangs on its object, so each write decides that inside its transaction. */
@Resource('assignment')
@Controller('api/v1/assignments')
export class AssignmentsController {
  constructor(
    private readonly assignments: AssignmentsService,
    private readonly reader: AssignmentReader,
    private readonly paging: Paging,
  ) {}

  @Get()
  @SignedIn()
  @HeedsNarrowing()
  list(
    @CallerOfRequest() caller: Caller,
    @Query({ schema: assignmentsQuery }) query: AssignmentsQuery,
  ): Promise<ListAnswer<AssignmentRecord>> {
    const { limit: _limit, cursor: _cursor, ...filter } = query;
    return this.paging.page({ caller, list: ['assignments', filter], query }, (page) =>
      this.reader.list({ viewer: caller.subject, filter, ...page }),
    );
  }

  @Post()
  @DecidesItself()
  async create(
    @AuthorOfRequest() author: Author,
    @Body({ schema: newAssignment }) body: NewAssignmentBody,
    @Res({ passthrough: true }) response: StatusSetter,
  ): Promise<AssignmentRecord> {
    const { record, created } = await this.assignments.create(author, body);
    response.status(statusOf(created));
    return record;
  }

  @Delete(':id')
  @DecidesItself()
  @HttpCode(204)
  delete(@AuthorOfRequest() author: Author, @Target() target: ObjectRef): Promise<void> {
    return this.assignments.delete(author, target);
  }
}
