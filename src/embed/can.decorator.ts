import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { requestOf } from '../nest/authorized-request.js';
import type { Checker } from './checker.js';
import { stateOf } from './request-state.js';

/**
 * A checker of what the subject of the request may do, in a handler's parameter. What the request asks twice is asked once, the guard's own
 * questions too.
 *
 * @example
 * \@Get(':id')
 * async show(\@Target() target: ObjectRef, \@Can() can: Checker) {
 *   return { editable: await can.check('change', target) };
 * }
 */
export const Can = createParamDecorator((_: unknown, context: ExecutionContext): Checker => {
  return stateOf(requestOf(context)).checker;
});
