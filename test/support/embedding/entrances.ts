import { Controller, Delete, Get, Module, Patch, Post, Put, type Type } from '@nestjs/common';
import { ParentFrom, ProposedFrom } from '../../../src/nest/creation-sources.js';
import { NoObject, ObjectFrom, Public, Resource } from '../../../src/nest/route-policy.js';

/** Routes that name an object beside what is added, and some that look as if they did. */
@Resource('document')
@Controller('entrances')
export class AdditionsController {
  @Patch(':id')
  @ProposedFrom()
  propose(): void {}

  @Patch(':id/move')
  @ParentFrom({ body: 'folder', type: 'folder' })
  move(): void {}

  @Delete(':id/from/:folder')
  @ParentFrom('folder', 'folder')
  take(): void {}

  @Put('by-slug/:slug')
  @ProposedFrom()
  bySlug(): void {}

  @Post('found')
  @ObjectFrom(() => '1')
  @ProposedFrom()
  found(): void {}

  @Post('below/:id')
  @ParentFrom('id', 'folder')
  below(): void {}

  @Post(':id/copies')
  @NoObject()
  @ProposedFrom()
  copy(): void {}

  @Post('in/:year')
  @ProposedFrom()
  add(): void {}
}

@Resource('document')
@Controller('things')
export class ThingsController {
  @Get()
  list(): void {}

  @Put()
  replaceAll(): void {}

  @Get(':id')
  show(): void {}

  @Patch()
  @ObjectFrom('id')
  change(): void {}

  @Post()
  @NoObject()
  add(): void {}
}

@Module({ controllers: [ThingsController] })
export class ThingsModule {}

@Public()
export class OpenBase {
  @Get('inherited')
  inherited(): string {
    return 'inherited';
  }
}

@Controller('silent')
export class SilentChild extends OpenBase {
  @Put()
  put(): string {
    return 'open to all';
  }
}

@NoObject()
@Resource('document')
class ListBase {}

@Resource('document')
@Controller('children')
export class ListChild extends ListBase {
  @Get(':id')
  show(): string {
    return 'shown';
  }
}

@Resource('document')
@Controller('restated')
class Restated extends OpenBase {}
export const RESTATED: Type = Restated;
