import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import type { Author, Caller } from '../../core/caller.js';
import { notFound } from '../../core/errors.js';
import type { ObjectRef } from '../../core/model.js';
import type { UserRecord } from '../../core/ports/users.js';
import { AuthorOfRequest, CallerOfRequest, Target } from '../../nest/authorized-request.js';
import { Resource } from '../../nest/route-policy.js';
import { Paging, type ListAnswer } from '../paging.js';
import { viewableQuery, type ViewableQuery } from '../schemas.js';
import { ViewableLists } from '../viewable-lists.js';
import { UserViews } from './user-views.js';
import { newUser, userPatch, type NewUserBody, type UserPatch } from './users.schema.js';
import { UsersService } from './users.service.js';

@Resource('user')
@Controller('api/v1/users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly views: UserViews,
    private readonly lists: ViewableLists,
    private readonly paging: Paging,
  ) {}

  @Get()
  list(
    @CallerOfRequest() caller: Caller,
    @Query({ schema: viewableQuery }) query: ViewableQuery,
  ): Promise<ListAnswer<UserRecord>> {
    return this.paging.page({ caller, list: ['users'], query }, (page) =>
      this.lists.pageOf(caller, 'user', { ...page, total: query.total }, (ids) => this.views.findMany(caller, ids)),
    );
  }

  @Post()
  create(@AuthorOfRequest() author: Author, @Body({ schema: newUser }) body: NewUserBody): Promise<UserRecord> {
    return this.users.create(author, body);
  }

  @Get(':id')
  async get(@CallerOfRequest() caller: Caller, @Target() target: ObjectRef): Promise<UserRecord> {
    const [user] = await this.views.findMany(caller, [target.id]);
    if (!user) throw notFound();
    return user;
  }

  @Patch(':id')
  update(
    @CallerOfRequest() caller: Caller,
    @AuthorOfRequest() author: Author,
    @Target() target: ObjectRef,
    @Body({ schema: userPatch }) patch: UserPatch,
  ): Promise<UserRecord> {
    return this.users.update(caller, author, target, patch);
  }

  @Delete(':id')
  @HttpCode(204)
  delete(@AuthorOfRequest() author: Author, @Target() target: ObjectRef): Promise<void> {
    return this.users.delete(author, target);
  }
}
