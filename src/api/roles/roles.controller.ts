import { Body, Controller, Delete, Get, Headers, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Author, Caller } from '../../core/caller.js';
import { notFound } from '../../core/errors.js';
import type { ObjectRef } from '../../core/model.js';
import { RoleReader, type RoleRecord } from '../../core/ports/roles.js';
import { AuthorOfRequest, CallerOfRequest, Target } from '../../nest/authorized-request.js';
import { Resource } from '../../nest/route-policy.js';
import { Paging, type ListAnswer } from '../paging.js';
import { viewableQuery, type ViewableQuery } from '../schemas.js';
import { ViewableLists } from '../viewable-lists.js';
import { newRole, rolePatch, type NewRoleBody, type RolePatch } from './roles.schema.js';
import { roleTag } from './role-tag.js';
import { RolesService } from './roles.service.js';

@Resource('role')
@Controller('api/v1/roles')
export class RolesController {
  constructor(
    private readonly roles: RolesService,
    private readonly reader: RoleReader,
    private readonly lists: ViewableLists,
    private readonly paging: Paging,
  ) {}

  @Get()
  list(
    @CallerOfRequest() caller: Caller,
    @Query({ schema: viewableQuery }) query: ViewableQuery,
  ): Promise<ListAnswer<RoleRecord>> {
    return this.paging.page({ caller, list: ['roles'], query }, (page) =>
      this.lists.pageOf(caller, 'role', { ...page, total: query.total }, (ids) => this.reader.findMany(ids)),
    );
  }

  @Post()
  create(@AuthorOfRequest() author: Author, @Body({ schema: newRole }) body: NewRoleBody): Promise<RoleRecord> {
    return this.roles.create(author, body);
  }

  @Get(':id')
  async get(@Target() target: ObjectRef, @Res({ passthrough: true }) reply: FastifyReply): Promise<RoleRecord> {
    const role = await this.reader.find(target.id);
    if (!role) throw notFound();
    return tagged(role, reply);
  }

  @Patch(':id')
  async update(
    @AuthorOfRequest() author: Author,
    @Target() target: ObjectRef,
    @Body({ schema: rolePatch }) patch: RolePatch,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RoleRecord> {
    return tagged(await this.roles.update(author, target, patch, ifMatch), reply);
  }

  @Delete(':id')
  @HttpCode(204)
  delete(@AuthorOfRequest() author: Author, @Target() target: ObjectRef): Promise<void> {
    return this.roles.delete(author, target);
  }
}

function tagged(role: RoleRecord, reply: FastifyReply): RoleRecord {
  void reply.header('ETag', roleTag(role));
  return role;
}
