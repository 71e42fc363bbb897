import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import type { Author, Caller } from '../../core/caller.js';
import { notFound } from '../../core/errors.js';
import type { ObjectRef, SubjectRef } from '../../core/model.js';
import { GroupReader, type GroupRecord } from '../../core/ports/groups.js';
import { AuthorOfRequest, CallerOfRequest, Target } from '../../nest/authorized-request.js';
import { Action, Resource } from '../../nest/route-policy.js';
import { Paging, type ListAnswer } from '../paging.js';
import {
  memberParams,
  plainPageQuery,
  viewableQuery,
  type MemberParams,
  type PlainPageQuery,
  type ViewableQuery,
} from '../schemas.js';
import { ViewableLists } from '../viewable-lists.js';
import { groupPatch, newGroup, type GroupPatch, type NewGroupBody } from './groups.schema.js';
import { GroupsService } from './groups.service.js';

@Resource('group')
@Controller('api/v1/groups')
export class GroupsController {
  constructor(
    private readonly groups: GroupsService,
    private readonly reader: GroupReader,
    private readonly lists: ViewableLists,
    private readonly paging: Paging,
  ) {}

  @Get()
  list(
    @CallerOfRequest() caller: Caller,
    @Query({ schema: viewableQuery }) query: ViewableQuery,
  ): Promise<ListAnswer<GroupRecord>> {
    return this.paging.page({ caller, list: ['groups'], query }, (page) =>
      this.lists.pageOf(caller, 'group', { ...page, total: query.total }, (ids) => this.reader.findMany(ids)),
    );
  }

  @Post()
  create(@AuthorOfRequest() author: Author, @Body({ schema: newGroup }) body: NewGroupBody): Promise<GroupRecord> {
    return this.groups.create(author, body);
  }

  @Get(':id')
  async get(@Target() target: ObjectRef): Promise<GroupRecord> {
    const group = await this.reader.find(target.id);
    if (!group) throw notFound();
    return group;
  }

  @Patch(':id')
  update(
    @AuthorOfRequest() author: Author,
    @Target() target: ObjectRef,
    @Body({ schema: groupPatch }) patch: GroupPatch,
  ): Promise<GroupRecord> {
    return this.groups.update(author, target, patch);
  }

  @Delete(':id')
  @HttpCode(204)
  delete(@AuthorOfRequest() author: Author, @Target() target: ObjectRef): Promise<void> {
    return this.groups.delete(author, target);
  }

  @Get(':id/members')
  async members(
    @CallerOfRequest() caller: Caller,
    @Target() target: ObjectRef,
    @Query({ schema: plainPageQuery }) query: PlainPageQuery,
  ): Promise<ListAnswer<SubjectRef>> {
    if (!(await this.reader.find(target.id))) throw notFound();
    return this.paging.page({ caller, list: ['members', target.id], query }, (page) =>
      this.reader.members(target.id, page),
    );
  }

  @Put(':id/members/:subjectType/:subjectId')
  @Action('change')
  @HttpCode(204)
  addMember(
    @AuthorOfRequest() author: Author,
    @Target() target: ObjectRef,
    @Param({ schema: memberParams }) member: MemberParams,
  ): Promise<void> {
    return this.groups.addMember(author, target, { type: member.subjectType, id: member.subjectId });
  }

  @Delete(':id/members/:subjectType/:subjectId')
  @Action('change')
  @HttpCode(204)
  removeMember(
    @AuthorOfRequest() author: Author,
    @Target() target: ObjectRef,
    @Param({ schema: memberParams }) member: MemberParams,
  ): Promise<void> {
    return this.groups.removeMember(author, target, { type: member.subjectType, id: member.subjectId });
  }
}
