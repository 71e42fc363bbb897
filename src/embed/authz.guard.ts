import { Inject, Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, Reflector } from '@nestjs/core';
import type { Caller } from '../core/caller.js';
import { CastellanError, notFound } from '../core/errors.js';
import type { Question } from '../core/model.js';
import { requestOf, setAuthorized, type DecidedObject } from '../nest/authorized-request.js';
import { RoutePolicies } from '../nest/route-policies.js';
import type { RoutePolicy } from '../nest/route-policy.js';
import { requireActive } from './active-subject.js';
import { Authz } from './authz.js';
import { AUTHZ_BEHAVIOUR } from './authz-behaviour.js';
import { asHttp, signInFirst, undecided } from './authz-exception.js';
import { policyDefaults, type AuthzBehaviour } from './authz-options.js';
import { adding, mayNot } from './checker.js';
import { GuardLog } from './guard-log.js';
import type { ReadObject } from './object-argument.js';
import { enterRequest, type RequestState } from './request-state.js';
import { idFormsOn, routeQuestion, undeclared, type HttpRequest, type RouteQuestion } from './route-question.js';
import { ShutRoutes } from './shut-routes.js';
import { SignIn } from './sign-in.js';

/**
 * Lets a request in where its route declares that it may be, and the engine answers that the request's subject may do it. What declares
 * nothing stays shut; so does what can't be asked.
 */
@Injectable()
export class AuthzGuard implements CanActivate {
  readonly #policies: RoutePolicies;
  readonly #log = new GuardLog(new Logger('AuthzGuard'));
  readonly #challenge: string | undefined;

  constructor(
    reflector: Reflector,
    private readonly moduleRef: ModuleRef,
    private readonly adapterHost: HttpAdapterHost,
    private readonly authz: Authz,
    private readonly signIn: SignIn,
    private readonly shut: ShutRoutes,
    @Inject(AUTHZ_BEHAVIOUR) behaviour: AuthzBehaviour,
  ) {
    this.#policies = new RoutePolicies(reflector, policyDefaults(behaviour));
    this.#challenge = behaviour.challenge;
  }

  /** @throws AuthzException `not_authenticated`, `not_found`, `forbidden`, `database_unavailable`, `overloaded`. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const policy = this.#policies.of(context);
    try {
      if (context.getType() !== 'http') requireOpen(context, policy);
      else await this.#admit(context, policy);
      return true;
    } catch (error) {
      this.#log.refused(error, context, this.signIn.isGiven);
      throw this.#answerTo(error, context);
    }
  }

  async #admit(context: ExecutionContext, policy: RoutePolicy): Promise<void> {
    const request: HttpRequest = requestOf(context);
    const state = enterRequest(request, this.authz);
    const fault = this.shut.faultOf(context.getClass(), context.getHandler());
    if (fault !== undefined) throw undeclared(fault);
    if (policy.access === 'public') return state.settle();
    if (policy.access === undefined)
      throw undeclared('it says none of @Resource, @SignedIn, @DecidesItself and @Public');
    const signingIn = this.signIn.run(context);
    if (signingIn) await signingIn;
    // One who can't be read is refused also where nothing would be asked.
    const found = state.caller();
    const caller = found instanceof Promise ? await found : found;
    if (policy.access === 'signed-in') {
      if (!caller.signedIn) throw signInFirst();
      return requireActive(state.questions, caller.subject);
    }
    state.idFormOf = idFormsOn(policy, request);
    const read = routeQuestion(policy, request, this.moduleRef);
    const asked = read instanceof Promise ? await read : read;
    setAuthorized(request, {
      type: asked.type,
      object: asked.about === 'object' ? decidedObject(asked) : undefined,
    });
    // A list needs no permission of its own: it holds what may be viewed.
    if (policy.access === 'decides-itself') await requireSomewhere(state, asked, policy);
    else if (asked.about !== 'type' || asked.action !== 'view') await requireAllowed(state, caller, asked, policy);
  }

  #answerTo(error: unknown, context: ExecutionContext): unknown {
    const isChallenge = error instanceof CastellanError && error.status === 401 && this.#challenge !== undefined;
    if (isChallenge && context.getType() === 'http') {
      const response = context.switchToHttp().getResponse<unknown>();
      this.adapterHost.httpAdapter.setHeader(response, 'WWW-Authenticate', this.#challenge ?? '');
    }
    return asHttp(error);
  }
}

// There is no verb, no path and no user that the declarations could speak of.
function requireOpen(context: ExecutionContext, policy: RoutePolicy): void {
  if (policy.access === 'public') return;
  throw new CastellanError(
    'forbidden',
    `Castellan guards HTTP routes; a handler of ${context.getType()} is not let through unless it is declared @Public.`,
  );
}

async function requireAllowed(
  state: RequestState,
  { subject, signedIn }: Caller,
  asked: RouteQuestion,
  policy: RoutePolicy,
): Promise<void> {
  const { type, action } = asked;
  const questions = questionsOf(subject, asked, policy);
  let decisions: boolean[];
  try {
    decisions = (await state.questions.decideAll(questions)).map(
      ({ allowed }: { readonly allowed: unknown }) => allowed === true,
    );
  } catch (error) {
    throw undecided(error);
  }
  const isAllowed = asked.about !== 'nothing' && decisions.every(Boolean);
  if (isAllowed && decisions.length === questions.length) return;
  if (!signedIn) throw signInFirst();
  if (asked.about === 'type') throw new CastellanError('forbidden', `This takes the permission ${type}:${action}.`);
  if (asked.about === 'addition') {
    const isSeen = asked.parent === null || decisions[0] === true;
    if (!isSeen) throw notFound();
    throw new CastellanError('forbidden', `You may not ${action} a ${type} ${asked.parent ? 'there' : 'here'}.`);
  }
  if (asked.about === 'nothing' || decisions[0] !== true) throw notFound();
  throw mayNot(action, type);
}

function decidedObject({ object, attributes }: ReadObject): DecidedObject {
  return attributes ? { ...object, attributes } : object;
}

/** What is to be allowed, all of it; the first question is whether what it is about may be viewed. */
function questionsOf(subject: Question['subject'], asked: RouteQuestion, { mode }: RoutePolicy): Question[] {
  const { type, action } = asked;
  switch (asked.about) {
    case 'type':
      return [{ subject, permission: { type, action } }];
    case 'nothing':
      // Asked for nothing, so that it takes as long as for what there is; the type may be one that there can't be.
      return ['view', action].map((what) => ({ subject, permission: { type: 'type', action: what } }));
    case 'addition': {
      const { parent, proposed } = asked;
      const add = adding(subject, type, { parent, ...proposed, ...(mode ? { mode } : {}) }, action);
      if (!parent) return [add];
      return [{ subject, permission: { type: parent.type, action: 'view' }, object: parent }, add];
    }
    default: {
      const { object, attributes } = asked;
      const on = (what: string): Question => ({
        subject,
        permission: { type: object.type, action: what },
        object,
        supplied: attributes && { resource: attributes },
        mode,
      });
      return action === 'view' ? [on('view')] : [on('view'), on(action)];
    }
  }
}

// Whoever may do it nowhere is told as much as by any other route; whoever may somewhere is told by the handler.
async function requireSomewhere(
  state: RequestState,
  { type, action }: RouteQuestion,
  { mode }: RoutePolicy,
): Promise<void> {
  if (await state.checkerIn(mode).anywhere(action, type)) return;
  if (!(await state.caller()).signedIn) throw signInFirst();
  throw new CastellanError('forbidden', `This takes the permission ${type}:${action}.`);
}
