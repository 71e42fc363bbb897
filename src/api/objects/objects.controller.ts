import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import type { Author, Caller } from '../../core/caller.js';
import { notFound } from '../../core/errors.js';
import type { ObjectRef } from '../../core/model.js';
import { ObjectLists } from '../../core/ports/lists.js';
import type { ObjectRecord } from '../../core/ports/objects.js';
import { AuthorOfRequest, CallerOfRequest, Target, TargetType } from '../../nest/authorized-request.js';
import { DecidesItself, Resource } from '../../nest/route-policy.js';
import { Paging, type ListAnswer } from '../paging.js';
import { ViewableLists } from '../viewable-lists.js';
import {
  newObject,
  objectDeletion,
  objectPatch,
  objectsQuery,
  type NewObjectBody,
  type ObjectDeletion,
  type ObjectPatch,
  type ObjectsQuery,
} from './objects.schema.js';
import { ObjectsService, requireOwnType } from './objects.service.js';

@Resource({ typeParam: 'type' })
@Controller('api/v1/objects/:type')
export class ObjectsController {
  constructor(
    private readonly objects: ObjectsService,
    private readonly viewable: ObjectLists,
    private readonly lists: ViewableLists,
    private readonly paging: Paging,
  ) {}

  @Get()
  async list(
    @CallerOfRequest() caller: Caller,
    @TargetType() type: string,
    @Query({ schema: objectsQuery }) query: ObjectsQuery,
  ): Promise<ListAnswer<ObjectRecord>> {
    requireOwnType(type);
    const { action, attributes, total } = query;
    return this.paging.page({ caller, list: ['objects', type, action, attributes], query }, (page) =>
      this.lists.page(caller, { permission: { type, action }, attributes, total, ...page }),
    );
  }

  /** What it takes to add an object hangs on the parent that the body names. */
  @Post()
  @DecidesItself()
  create(
    @AuthorOfRequest() author: Author,
    @TargetType() type: string,
    @Body({ schema: newObject }) body: NewObjectBody,
  ): Promise<ObjectRecord> {
    return this.objects.create(author, type, body);
  }

  @Get(':id')
  async get(@CallerOfRequest() caller: Caller, @Target() target: ObjectRef): Promise<ObjectRecord> {
    requireOwnType(target.type);
    const object = await this.viewable.findViewable(caller.subject, target);
    if (!object) throw notFound();
    return object;
  }

  @Patch(':id')
  update(
    @AuthorOfRequest() author: Author,
    @Target() target: ObjectRef,
    @Body({ schema: objectPatch }) patch: ObjectPatch,
  ): Promise<ObjectRecord> {
    return this.objects.update(author, target, patch);
  }

  @Delete(':id')
  @HttpCode(204)
  delete(
    @AuthorOfRequest() author: Author,
    @Target() target: ObjectRef,
    @Query({ schema: objectDeletion }) query: ObjectDeletion,
  ): Promise<void> {
    return this.objects.delete(author, target, query.cascade);
  }
}
