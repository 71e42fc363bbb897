import type { DynamicModule, ExecutionContext } from '@nestjs/common';
import type { SubjectRef } from '../core/model.js';
import type { AuthzBehaviour, AuthzOptions, GuardOption } from '../embed/authz-options.js';
import { subjectInRequestUser, type SubjectArgument } from '../embed/authz-subject.js';
import { AuthzModule } from '../embed/authz.module.js';
import { subjectActing } from './act-as.js';
import type { World } from './world.js';

/** How an app's requests are guarded in a test: what the app itself says, without its sign-in. */
export interface TestingBehaviour extends Omit<AuthzBehaviour, 'authenticate'> {
  /** What the app's sign-in leaves in `request.user`, for handlers that read it; nothing is left there without it. */
  readonly user?: ((subject: SubjectRef) => unknown) | undefined;
}

interface TestedRequest {
  readonly headers?: Readonly<Record<string, unknown>>;
  user?: unknown;
}

/**
 * Takes the place of AuthzModule in a test: the same guards and decorators over a world in memory, with requests that act as whomever
 * `actAs` says. Nothing else reads what `actAs` sends, so there is no acting as anybody without this module.
 *
 * @example
 * const world = new World().type('document').user('alice').object('document:1');
 * \@Module({ imports: [AuthzTestingModule.forWorld(world)], controllers: [DocumentsController] })
 * class TestedModule {}
 */
export const AuthzTestingModule = {
  /** The module over the world, for the place of `AuthzModule.forRoot(…)`. */
  forWorld(world: World, { guard, ...behaviour }: TestingBehaviour & GuardOption = {}): DynamicModule {
    return AuthzModule.forRoot({ ...worldOptions(world, behaviour), ...(guard === undefined ? {} : { guard }) });
  },
} as const;

/**
 * Options of AuthzModule that put it over a world: for the place of the app's own, where these can be replaced but the module can't.
 *
 * @example
 * Test.createTestingModule({ imports: [AppModule] }).overrideProvider(AUTHZ_BEHAVIOUR).useValue(worldOptions(world));
 */
export function worldOptions(world: World, { user, subject, ...behaviour }: TestingBehaviour = {}): AuthzOptions {
  const otherwise = subject ?? subjectInRequestUser;
  return {
    ...behaviour,
    engine: world.engine(),
    subject: (request: TestedRequest): SubjectArgument | Promise<SubjectArgument> =>
      subjectActing(request.headers) ?? otherwise(request as never),
    ...(user ? { authenticate: (context: ExecutionContext) => signIn(context, user) } : {}),
  };
}

function signIn(context: ExecutionContext, user: (subject: SubjectRef) => unknown): void {
  const request = context.switchToHttp().getRequest<TestedRequest>();
  const subject = subjectActing(request.headers);
  if (subject) request.user = user(subject);
}
