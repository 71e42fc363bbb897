import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { SignedInUser } from './accounts.js';
import type { BlogRequest } from './sign-in.guard.js';

/** Whoever the sign-in let in. */
export const CurrentUser = createParamDecorator(
  (_: unknown, context: ExecutionContext): SignedInUser | undefined =>
    context.switchToHttp().getRequest<BlogRequest>().user,
);
