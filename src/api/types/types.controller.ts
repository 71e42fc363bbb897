import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import type { Author, Caller } from '../../core/caller.js';
import { notFound } from '../../core/errors.js';
import type { ObjectRef } from '../../core/model.js';
import { TypeReader, type TypeRecord } from '../../core/ports/types.js';
import { AuthorOfRequest, CallerOfRequest, Target } from '../../nest/authorized-request.js';
import { Resource } from '../../nest/route-policy.js';
import { Paging, type ListAnswer } from '../paging.js';
import { viewableQuery, type ViewableQuery } from '../schemas.js';
import { ViewableLists } from '../viewable-lists.js';
import { newType, typePatch, type NewTypeBody, type TypePatch } from './types.schema.js';
import { TypesService } from './types.service.js';

@Resource('type')
@Controller('api/v1/types')
export class TypesController {
  constructor(
    private readonly types: TypesService,
    private readonly reader: TypeReader,
    private readonly lists: ViewableLists,
    private readonly paging: Paging,
  ) {}

  @Get()
  list(
    @CallerOfRequest() caller: Caller,
    @Query({ schema: viewableQuery }) query: ViewableQuery,
  ): Promise<ListAnswer<TypeRecord>> {
    return this.paging.page({ caller, list: ['types'], query }, (page) =>
      this.lists.pageOf(caller, 'type', { ...page, total: query.total }, (ids) => this.reader.findMany(ids)),
    );
  }

  @Post()
  create(@AuthorOfRequest() author: Author, @Body({ schema: newType }) body: NewTypeBody): Promise<TypeRecord> {
    return this.types.create(author, body);
  }

  @Get(':id')
  async get(@Target() target: ObjectRef): Promise<TypeRecord> {
    const type = await this.reader.find(target.id);
    if (!type) throw notFound();
    return type;
  }

  @Patch(':id')
  update(
    @AuthorOfRequest() author: Author,
    @Target() target: ObjectRef,
    @Body({ schema: typePatch }) patch: TypePatch,
  ): Promise<TypeRecord> {
    return this.types.update(author, target, patch);
  }

  @Delete(':id')
  @HttpCode(204)
  delete(@AuthorOfRequest() author: Author, @Target() target: ObjectRef): Promise<void> {
    return this.types.delete(author, target);
  }
}
