import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { Author, Caller } from '../../core/caller.js';
import { GrantReader, type GrantRecord } from '../../core/ports/grants.js';
import { AuthorOfRequest, CallerOfRequest } from '../../nest/authorized-request.js';
import { HeedsNarrowing, SignedIn } from '../../nest/route-policy.js';
import { statusOf, type StatusSetter } from '../created.js';
import { Paging, type ListAnswer } from '../paging.js';
import { idParams, type IdParams } from '../schemas.js';
import {
  grantBatch,
  grantsQuery,
  newGrant,
  type GrantBatchBody,
  type GrantsQuery,
  type NewGrantBody,
} from './grants.schema.js';
import { GrantsService } from './grants.service.js';

/** Who may see and change a grant hangs on its place and permission, so each write decides that inside its transaction. */
@SignedIn()
@HeedsNarrowing()
@Controller('api/v1/grants')
export class GrantsController {
  constructor(
    private readonly grants: GrantsService,
    private readonly reader: GrantReader,
    private readonly paging: Paging,
  ) {}

  @Get()
  list(
    @CallerOfRequest() caller: Caller,
    @Query({ schema: grantsQuery }) query: GrantsQuery,
  ): Promise<ListAnswer<GrantRecord>> {
    const { limit: _limit, cursor: _cursor, ...filter } = query;
    return this.paging.page({ caller, list: ['grants', filter], query }, (page) =>
      this.reader.list({ viewer: caller.subject, filter, ...page }),
    );
  }

  @Post()
  async create(
    @AuthorOfRequest() author: Author,
    @Body({ schema: newGrant }) body: NewGrantBody,
    @Res({ passthrough: true }) response: StatusSetter,
  ): Promise<GrantRecord> {
    const { record, created } = await this.grants.create(author, body);
    response.status(statusOf(created));
    return record;
  }

  @Post('batch')
  @HttpCode(200)
  async createBatch(
    @AuthorOfRequest() author: Author,
    @Body({ schema: grantBatch }) body: GrantBatchBody,
  ): Promise<{ items: GrantRecord[] }> {
    return { items: await this.grants.createBatch(author, body.grants) };
  }

  @Delete(':id')
  @HttpCode(204)
  delete(@AuthorOfRequest() author: Author, @Param({ schema: idParams }) params: IdParams): Promise<void> {
    return this.grants.delete(author, params.id);
  }
}
