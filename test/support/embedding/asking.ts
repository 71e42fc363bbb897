import { Controller, Get, Injectable, Patch, Post } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CastellanError } from '../../../src/core/errors.js';
import type { ObjectRef } from '../../../src/core/model.js';
import { Authz } from '../../../src/embed/authz.js';
import { Can } from '../../../src/embed/can.decorator.js';
import type { Checker } from '../../../src/embed/checker.js';
import { Target } from '../../../src/nest/authorized-request.js';
import { currentRequest } from '../../../src/nest/current-request.js';
import { Action, DecidesItself, ObjectFrom, Public, Resource, SignedIn } from '../../../src/nest/route-policy.js';

/** What an app of somebody's own provides. */
@Injectable()
export class Titles {
  of(id: string): { id: string; attributes: { title: string } } | null {
    return id === '1' ? { id, attributes: { title: 'the first' } } : null;
  }
}

/** Handlers that ask for themselves. */
@Resource('document')
@Controller('documents')
export class AskingController {
  constructor(private readonly authz: Authz) {}

  @Get('who')
  @Public()
  async who(@Can() can: Checker): Promise<object> {
    await Promise.resolve();
    return { current: currentRequest()?.subject ?? null, may: await can.check('view', 'document:1') };
  }

  @Get('titled/:id')
  @ObjectFrom((request, moduleRef: ModuleRef) =>
    moduleRef.get(Titles, { strict: false }).of(request.params['id'] ?? ''),
  )
  titled(@Target() target: ObjectRef): ObjectRef {
    return target;
  }

  @Get(':id')
  show(): string {
    return 'shown';
  }

  @Patch(':id')
  async change(@Can() can: Checker, @Target() target: ObjectRef): Promise<object> {
    const [first, second] = await Promise.all([can.check('change', target), can.check('delete', target)]);
    return {
      change: first,
      delete: second,
      again: await can.check('delete', target),
      view: await can.check('view', target),
    };
  }

  @Post(':id/written')
  @Action('view')
  async written(@Can() can: Checker, @Target() target: ObjectRef): Promise<object> {
    const before = await can.check('change', target);
    this.authz.writes.count();
    return { before, after: await can.check('change', target) };
  }

  @Post()
  @DecidesItself()
  add(): string {
    return 'added';
  }

  @Post('failing')
  @SignedIn()
  fail(): never {
    throw new CastellanError('cycle', 'It would contain itself.');
  }
}
