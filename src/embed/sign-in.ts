import {
  Inject,
  Injectable,
  Scope,
  type CanActivate,
  type ExecutionContext,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { firstValueFrom, isObservable } from 'rxjs';
import { AUTHZ_BEHAVIOUR } from './authz-behaviour.js';
import { signInFirst } from './authz-exception.js';
import type { Authenticate, AuthzBehaviour } from './authz-options.js';

/** Runs the app's own sign-in, where it was given to the module. */
@Injectable()
export class SignIn implements OnModuleInit {
  #run: ((context: ExecutionContext) => unknown) | undefined;

  constructor(
    @Inject(AUTHZ_BEHAVIOUR) private readonly behaviour: AuthzBehaviour,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** Whether there is one. */
  get isGiven(): boolean {
    return this.behaviour.authenticate !== undefined;
  }

  async onModuleInit(): Promise<void> {
    const { authenticate } = this.behaviour;
    if (!authenticate) return;
    const guard = await this.#guardOf(authenticate);
    this.#run = guard
      ? (context) => guard.canActivate(context)
      : (authenticate as (context: ExecutionContext) => unknown);
  }

  /** @throws CastellanError `not_authenticated` when the sign-in says no; and as it does itself. */
  async run(context: ExecutionContext): Promise<void> {
    if (!this.#run) return;
    const outcome = this.#run(context);
    if ((isObservable(outcome) ? await firstValueFrom(outcome) : await outcome) === false) throw signInFirst();
  }

  async #guardOf(authenticate: Authenticate): Promise<CanActivate | undefined> {
    if (typeof authenticate !== 'function') return authenticate;
    const { prototype } = authenticate as Partial<Type<CanActivate>>;
    if (typeof prototype?.canActivate !== 'function') return undefined;
    const guard = authenticate as Type<CanActivate>;
    const scope = this.#scopeOf(guard);
    if (scope === undefined) return this.moduleRef.create(guard);
    if (scope !== Scope.DEFAULT)
      throw new TypeError(
        `AuthzModule: ${guard.name} is made anew for each request, and can't be what \`authenticate\` runs.`,
      );
    return this.moduleRef.get(guard, { strict: false });
  }

  /** Undefined for what the application does not provide. */
  #scopeOf(guard: Type<CanActivate>): Scope | undefined {
    try {
      return this.moduleRef.introspect(guard).scope;
    } catch {
      return undefined;
    }
  }
}
