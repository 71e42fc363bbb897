import {
  All,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Options,
  Patch,
  Post,
  Put,
  Search,
  VERSION_NEUTRAL,
  Version,
} from '@nestjs/common';
import type { ObjectRef } from '../../../src/core/model.js';
import { Can } from '../../../src/embed/can.decorator.js';
import type { Checker } from '../../../src/embed/checker.js';
import { Target } from '../../../src/nest/authorized-request.js';
import { ParentFrom, ProposedFrom } from '../../../src/nest/creation-sources.js';
import { Action, Mode, NoObject, ObjectFrom, Public, Resource, SignedIn } from '../../../src/nest/route-policy.js';

/** The routes of an app about documents: one of each kind that a declaration can make. */
@Resource('document')
@Controller({ path: 'documents', version: VERSION_NEUTRAL })
export class DocumentsController {
  @Get()
  list(): string {
    return 'a list';
  }

  @Get('public')
  @Public()
  open(): string {
    return 'for everybody';
  }

  @Get('mine')
  @SignedIn()
  mine(): string {
    return 'for whoever signed in';
  }

  @Get('export')
  @Action('change')
  export(): string {
    return 'of the type as a whole';
  }

  @Get('in/:folder')
  @NoObject()
  within(): string {
    return 'a list';
  }

  @Get('by-slug/:slug')
  @ObjectFrom((request) => (request.params['slug'] === 'first' ? '1' : null))
  bySlug(@Target() target: ObjectRef): ObjectRef {
    return target;
  }

  @Get('by-status/:id')
  @ObjectFrom(async (request) => ({
    type: 'note',
    id: Number(request.params['id']),
    attributes: await Promise.resolve({ status: String(request.query['status']) }),
  }))
  byStatus(@Target() target: ObjectRef): ObjectRef {
    return target;
  }

  @Get(':id')
  show(@Target() target: ObjectRef): ObjectRef {
    return target;
  }

  @Options(':id')
  options(): string {
    return 'what may be done';
  }

  @Get([':id/pages', ':id/leaves'])
  pages(): string {
    return 'of one document';
  }

  @Post()
  add(): string {
    return 'added';
  }

  @Put(':id')
  replace(): string {
    return 'replaced';
  }

  @Patch(':id')
  change(): string {
    return 'changed';
  }

  @Delete(':id')
  @HttpCode(204)
  delete(): void {}

  @Post(':id/publish')
  @HttpCode(200)
  @Action('publish')
  publish(): string {
    return 'published';
  }

  @Get(':id/both')
  @Mode('both')
  both(): string {
    return 'by both';
  }

  @All(':id/anything')
  anything(): string {
    return 'by any verb';
  }

  @Search(':id/search')
  @Action('view')
  search(): string {
    return 'found';
  }

  @Get(':id/versioned')
  @Version('2')
  second(): string {
    return 'the second';
  }

  @Get(':id/rights')
  async rights(@Can() can: Checker, @Target() target: ObjectRef): Promise<object> {
    return {
      change: await can.check('change', target),
      both: await can.check('change', target, { mode: 'both' }),
      many: await can.many('view', ['document:1', 'document:2', { type: 'document', id: 3 }]),
      actions: await can.actions(target),
      everywhere: await can.everywhere('view', 'document'),
      anywhere: await can.anywhere('change', 'document'),
      nowhere: await can.anywhere('change', 'folder'),
      add: await can.add('document', { parent: 'folder:7' }),
      addAtRoot: await can.add('document'),
    };
  }

  @Patch(':id/checked')
  @Action('view')
  async checked(@Can() can: Checker, @Body() { object }: { object: string }): Promise<string> {
    await can.require('change', object);
    return 'checked';
  }
}

@Resource('document')
@Controller('folders/:folder/documents')
export class FoldersController {
  @Post()
  @ParentFrom('folder', 'folder')
  add(): string {
    return 'added below';
  }

  @Post('by-body')
  @ParentFrom({ body: 'in.folder', type: 'folder' })
  @ProposedFrom('document')
  addByBody(): string {
    return 'added below';
  }

  @Post('by-resolver')
  @ParentFrom((request) => (request.body as { parent?: string }).parent)
  @ProposedFrom((request) => ({ attributes: { status: request.headers['x-status'] === undefined ? 'none' : 'draft' } }))
  addByResolver(): string {
    return 'added below';
  }
}
