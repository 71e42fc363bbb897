import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Decider } from '../core/decider.js';
import { CastellanError, invalidField, notSignedIn } from '../core/errors.js';
import { faultOfId, faultOfName } from '../core/identifiers.js';
import type { ObjectRef } from '../core/model.js';
import { isNarrowed, permits } from '../core/narrowing.js';
import { ObjectLists } from '../core/ports/lists.js';
import {
  callerOf,
  requestOf,
  setAuthorized,
  tellingGuardDecision,
  type AuthorizableRequest,
} from './authorized-request.js';
import { RoutePolicies } from './route-policies.js';
import type { RoutePolicy } from './route-policy.js';
import { SAFE_VERBS, VERB_ACTIONS } from './verb-actions.js';

/**
 * The one guard of every route: asks the engine whether the caller may do the route's action, and lets nobody in by a route
 * that declares nothing. A list is let through: it holds what the caller may view, and nothing else.
 */
@Injectable()
export class ServiceGuard implements CanActivate {
  readonly #policies: RoutePolicies;

  constructor(
    reflector: Reflector,
    private readonly decider: Decider,
    private readonly lists: ObjectLists,
  ) {
    this.#policies = new RoutePolicies(reflector);
  }

  /** @throws CastellanError `not_authenticated`, `not_found`, `forbidden`, `invalid_request` (an id that can't be one). */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') throw new CastellanError('forbidden', 'Only HTTP requests are guarded.');
    const policy = this.#policies.of(context);
    const request = requestOf(context);
    switch (policy.access) {
      case 'public':
        return true;
      case 'signed-in':
        if (!callerOf(request).signedIn) throw notSignedIn();
        if (isNarrowed(callerOf(request).subject) && !policy.heedsNarrowing) throw narrowedAway();
        return true;
      case 'resource':
        await this.#decide(policy, request);
        return true;
      case 'decides-itself':
        await this.#requireSomewhere(policy, request);
        return true;
      default:
        throw new CastellanError('forbidden', 'This route declares nobody who may use it.');
    }
  }

  async #decide(policy: RoutePolicy, request: AuthorizableRequest): Promise<void> {
    const { type, object, action } = readTarget(policy, request);
    const caller = callerOf(request);
    const tell = tellingGuardDecision(request);
    if (object) await this.decider.requireOnObject(caller, action, object, tell);
    else if (!SAFE_VERBS.has(request.method)) await this.decider.requireEverywhere(caller, type, action, tell);
    else if (!policy.heedsNarrowing && !permits(caller.subject, { type, action })) throw narrowedAway();
  }

  // Whoever may do it nowhere is told as much as by any other route; whoever may somewhere is told by the write.
  async #requireSomewhere(policy: RoutePolicy, request: AuthorizableRequest): Promise<void> {
    const { type, action } = readTarget(policy, request);
    const caller = callerOf(request);
    if (await this.lists.holdsAnywhere(caller.subject, { type, action })) return;
    await this.decider.requireEverywhere(caller, type, action, tellingGuardDecision(request));
  }
}

function narrowedAway(): CastellanError {
  return new CastellanError('forbidden', 'This token is narrowed to some permissions, and names none that opens this.');
}

function readTarget(
  policy: RoutePolicy,
  request: AuthorizableRequest,
): { type: string; object: ObjectRef | undefined; action: string } {
  const params = (request.params ?? {}) as Record<string, string | undefined>;
  const type = resourceType(policy, params);
  const object = objectOf(type, policy.objectParam, params);
  setAuthorized(request, { type, object });
  const action = policy.action ?? VERB_ACTIONS[request.method];
  if (action === undefined) throw new CastellanError('forbidden', `${request.method} stands for no action.`);
  return { type, object, action };
}

function resourceType(policy: RoutePolicy, params: Record<string, string | undefined>): string {
  const source = policy.resource;
  if (!source) throw new CastellanError('forbidden', 'This route declares no resource type.');
  if ('type' in source) return source.type;
  const type = params[source.typeParam];
  if (type === undefined) throw new CastellanError('forbidden', 'This route has no resource type in its path.');
  const fault = faultOfName(type);
  if (fault) throw invalidField(source.typeParam, fault);
  return type;
}

function objectOf(type: string, param: string, params: Record<string, string | undefined>): ObjectRef | undefined {
  const id = params[param];
  if (id === undefined) return undefined;
  const fault = faultOfId(id);
  if (fault) throw invalidField(param, fault);
  return { type, id };
}
