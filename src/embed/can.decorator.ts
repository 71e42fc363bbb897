import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { requestOf } from '../nest/authorized-request.js';
import type { Mode } from '../core/model.js';
import { MODE } from '../nest/route-policy.js';
import type { Checker } from './checker.js';
import { stateOf } from './request-state.js';

const reflector = new Reflector();

/**
 * A checker of what the subject of the request may do, in a handler's parameter. What the request asks twice is asked once, the guard's own
 * questions too; the route's mode is that of what it asks.
 *
 * @example
 * \@Get(':id')
 * async show(\@Target() target: ObjectRef, \@Can() can: Checker) {
 *   return { editable: await can.check('change', target) };
 * }
 */
export const Can = createParamDecorator((_: unknown, context: ExecutionContext): Checker => {
  const mode = reflector.getAllAndOverride<Mode | undefined>(MODE, [context.getHandler(), context.getClass()]);
  return stateOf(requestOf(context)).checkerIn(mode);
});
