import {
  Controller,
  Get,
  Patch,
  Post,
  Query,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Can } from '../../../src/embed/can.decorator.js';
import type { Checker } from '../../../src/embed/checker.js';
import { Target } from '../../../src/nest/authorized-request.js';
import { ParentFrom, ProposedFrom } from '../../../src/nest/creation-sources.js';
import { Action, ObjectFrom, Resource } from '../../../src/nest/route-policy.js';
import type { ObjectRef } from '../../../src/core/model.js';

/** Documents whose ids are said in several ways, and no form of them. */
@Resource('document')
@Controller('unsaid')
export class UnsaidController {
  @Get('found/:number')
  @ObjectFrom((request) => request.params['number'])
  found(): void {}

  @Get('typed/:type/:number')
  @ObjectFrom(({ params }) => ({ type: params['type'] ?? '', id: params['number'] }))
  typed(): void {}

  @Get(':id')
  show(@Target() target: ObjectRef): ObjectRef {
    return target;
  }

  @Post('below/:folder')
  @ParentFrom('folder', 'folder')
  below(): void {}

  @Post('below-number/:folder')
  @ParentFrom('folder', 'folder', 'int')
  belowNumber(): void {}

  @Post('below-text/:folder')
  @ParentFrom('folder', 'folder', 'text')
  belowText(): void {}

  @Post('below-body')
  @ParentFrom({ body: 'folder', type: 'folder' })
  belowBody(): void {}

  @Post('below-found')
  @ParentFrom(({ body }) => (body as { folder: string }).folder)
  belowFound(): void {}
}

@Resource({ type: 'document', id: 'text' })
@Controller('texts')
export class TextsController {
  @Get(':id')
  show(): void {}
}

/** Asks in its handlers about what requests name, as well. */
class AskingAgain {
  @Get(':id/asked')
  async asked(@Can() can: Checker, @Target() target: ObjectRef, @Query('also') also: string): Promise<object> {
    return {
      target: await can.check('view', target),
      also: await can.many('view', [`folder:${also}`, `folder:7`]),
      actions: await can.actions({ type: 'folder', id: also }),
      add: await can.add('document', { parent: `folder:${also}` }),
    };
  }
}

@Resource({ type: 'document', id: 'text' })
@Controller('asking-texts')
export class AskingTextsController extends AskingAgain {}

@Resource({ type: 'document', id: 'uuid' })
@Controller('uuids')
export class UuidsController {
  @Get(':id')
  show(): void {}
}

@Resource({ typeParam: 'type', id: 'int' })
@Controller('numbers')
export class NumbersController {
  @Get(':type/:id')
  show(): void {}
}

/** Reads the body as upload interceptors do: after the guard. */
class LateReader implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): ReturnType<CallHandler['handle']> {
    context.switchToHttp().getRequest<{ body?: unknown }>().body = { folder: '7' };
    return next.handle();
  }
}

@Resource('document')
@Controller('uploads')
export class UploadsController {
  @Post()
  @ParentFrom({ body: 'folder', type: 'folder' })
  @UseInterceptors(new LateReader())
  below(): void {}

  @Post('proposed')
  @ProposedFrom()
  @UseInterceptors(new LateReader())
  proposed(): void {}

  @Patch(':id')
  @Action('change')
  change(): void {}
}
