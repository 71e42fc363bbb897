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
  #run: ((context: ExecutionContext) => boolean | Promise<boolean>) | undefined;

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
    if (guard) this.#run = (context) => isYes(guard.canActivate(context));
    else this.#run = (context) => isNoRefusal((authenticate as (context: ExecutionContext) => unknown)(context));
  }

  /** Signs the caller in, at once where the app does. @throws CastellanError `not_authenticated` when the sign-in says no; and as it does itself. */
  run(context: ExecutionContext): void | Promise<void> {
    if (!this.#run) return;
    const outcome = this.#run(context);
    // Nothing else counts at once: whatever an app has put in the place of `Promise`, a promise is never taken for a yes.
    if (typeof outcome !== 'boolean') return outcome.then(requireYes);
    requireYes(outcome);
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

function requireYes(isSignedIn: boolean): void {
  if (!isSignedIn) throw signInFirst();
}

// What Nest takes for a guard's answer: the last value, and anything but a yes is a no.
function isYes(answer: unknown): boolean | Promise<boolean> {
  return isAtOnce(answer) ? Boolean(answer) : outcomeOf(answer).then(Boolean);
}

async function outcomeOf(answer: unknown): Promise<unknown> {
  return isObservable(answer) ? lastValueFrom(answer, { defaultValue: undefined }) : answer;
}

function isAtOnce(answer: unknown): boolean {
  return answer === null || (typeof answer !== 'object' && typeof answer !== 'function');
}

// A function need not answer at all; what it does answer counts as a guard's would.
function isNoRefusal(answer: unknown): boolean | Promise<boolean> {
  if (answer === undefined) return true;
  if (isAtOnce(answer) || isObservable(answer)) return isYes(answer);
  return outcomeOf(answer).then((outcome) => outcome === undefined || Boolean(outcome));
}
