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
import { isObservable, lastValueFrom } from 'rxjs';
import { AUTHZ_BEHAVIOUR } from './authz-behaviour.js';
import { signInFirst } from './authz-exception.js';
import type { Authenticate, AuthzBehaviour } from './authz-options.js';

/** Runs the app's own sign-in, where it was given to the module. */
@Injectable()
export class SignIn implements OnModuleInit {
  #run: ((context: ExecutionContext) => Promise<boolean>) | undefined;

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
    if (guard) this.#run = async (context) => Boolean(await outcomeOf(guard.canActivate(context)));
    else this.#run = async (context) => isNoRefusal((authenticate as (context: ExecutionContext) => unknown)(context));
  }

  /** @throws CastellanError `not_authenticated` when the sign-in says no; and as it does itself. */
  async run(context: ExecutionContext): Promise<void> {
    if (!this.#run) return;
    if (!(await this.#run(context))) throw signInFirst();
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

// What Nest takes for a guard's answer: the last value, and anything but a yes is a no.
async function outcomeOf(answer: unknown): Promise<unknown> {
  return isObservable(answer) ? lastValueFrom(answer, { defaultValue: undefined }) : answer;
}

// A function need not answer at all; what it does answer counts as a guard's would.
async function isNoRefusal(answer: unknown): Promise<boolean> {
  if (isObservable(answer)) return Boolean(await outcomeOf(answer));
  const outcome: unknown = await answer;
  return outcome === undefined || Boolean(outcome);
}
