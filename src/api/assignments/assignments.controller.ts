import { Body, Controller, Delete, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import type { Author, Caller } from '../../core/caller.js';
import type { ObjectRef } from '../../core/model.js';
import type { AssignmentRecord } from '../../core/ports/assignments.js';
import { AuthorOfRequest, CallerOfRequest, Target } from '../../nest/authorized-request.js';
import { Resource, SignedIn } from '../../nest/route-policy.js';
import { statusOf, type StatusSetter } from '../created.js';
import { Paging, type ListAnswer } from '../paging.js';
import {
  assignmentsQuery,
  newAssignment,
  type AssignmentsQuery,
  type NewAssignmentBody,
} from './assignments.schema.js';
import { AssignmentsService } from './assignments.service.js';

@Resource('assignment')
@Controller('api/v1/assignments')
export class AssignmentsController {
  constructor(
    private readonly assignments: AssignmentsService,
    private readonly paging: Paging,
  ) {}

  @Get()
  @SignedIn()
  list(
    @CallerOfRequest() caller: Caller,
    @Query({ schema: assignmentsQuery }) query: AssignmentsQuery,
  ): Promise<ListAnswer<AssignmentRecord>> {
    const list = ['assignments', query.subject ?? null, query.role ?? null];
    return this.paging.page({ caller, list, query }, (page) => this.assignments.list(caller, page, query));
  }

  @Post()
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
  @HttpCode(204)
  delete(@AuthorOfRequest() author: Author, @Target() target: ObjectRef): Promise<void> {
    return this.assignments.delete(author, target);
  }
}
