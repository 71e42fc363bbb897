import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { routePolicy, type PolicyDefaults, type RoutePolicy } from './route-policy.js';

/** The policies of an application's routes, each put together once. */
export class RoutePolicies {
  readonly #known = new Map<unknown, Map<unknown, RoutePolicy>>();

  constructor(
    private readonly reflector: Reflector,
    private readonly defaults: PolicyDefaults = {},
  ) {}

  /** What is declared for the route in hand. */
  of(context: Pick<ExecutionContext, 'getHandler' | 'getClass'>): RoutePolicy {
    // Controllers may inherit a handler from one base class, so the handler alone does not tell routes apart.
    const handler = context.getHandler();
    const controller = context.getClass();
    let byHandler = this.#known.get(controller);
    if (!byHandler) this.#known.set(controller, (byHandler = new Map()));
    let policy = byHandler.get(handler);
    if (!policy) byHandler.set(handler, (policy = routePolicy(this.reflector, context, this.defaults)));
    return policy;
  }
}
