import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig, DiscoveryService, Reflector } from '@nestjs/core';
import { routePolicy } from '../nest/route-policy.js';
import { routesOf, type DeclaredRoute } from '../nest/undeclared-routes.js';
import { VERB_ACTIONS } from '../nest/verb-actions.js';
import { methodDeclarations, type MethodDeclarations } from '../nest/method-declarations.js';
import { AUTHZ_BEHAVIOUR } from './authz-behaviour.js';
import type { AuthzBehaviour } from './authz-options.js';
import { AuthzGuard } from './authz.guard.js';
import { ownGuards } from './guard-log.js';

/** Looks at every route before the app starts: none may be left open, or shut, by an oversight. */
@Injectable()
export class RouteCheck implements OnApplicationBootstrap {
  readonly #log = new Logger('AuthzModule');

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
    private readonly config: ApplicationConfig,
    @Inject(AUTHZ_BEHAVIOUR) private readonly behaviour: AuthzBehaviour,
  ) {}

  /** @throws Error naming each route that declares nobody, or not well enough, and what is missing. */
  onApplicationBootstrap(): void {
    const isGlobal = this.config.getGlobalGuards().some((guard) => guard instanceof AuthzGuard);
    const { defaults = {}, undeclaredRoutes = 'refuse', authenticate } = this.behaviour;
    const policyDefaults = { ...defaults, objectParam: defaults.objectFrom ?? 'id' };
    const routes = routesOf(this.discovery, this.reflector, policyDefaults);
    const faults = routes.flatMap((route) => {
      const isGuarded = isGlobal || hasAuthzGuard(route);
      const fault = isGuarded ? faultOf(route) : this.#faultOfUnguarded(route);
      return fault === undefined ? [] : [`  ${route.route}: ${fault}`];
    });
    if (faults.length > 0) {
      const message = `These routes do not say who may use them:\n${faults.join('\n')}`;
      if (undeclaredRoutes === 'refuse') throw new Error(message);
      this.#log.warn(`${message}\nThey stay shut.`);
    }
    if (isGlobal && !authenticate) this.#warnOfLateGuards(routes);
  }

  // Without a global guard a route is open unless it names the guard: what it declares would count for nothing.
  #faultOfUnguarded({ controller, handler }: DeclaredRoute): string | undefined {
    const { access } = routePolicy(this.reflector, { getHandler: () => handler, getClass: () => controller as never });
    const isDeclared =
      (access !== undefined && access !== 'public') || methodDeclarations(handler).narrowing.length > 0;
    return isDeclared ? 'it declares who may use it, and no guard asks; say @UseGuards(AuthzGuard)' : undefined;
  }

  #warnOfLateGuards(routes: readonly DeclaredRoute[]): void {
    const late = routes.flatMap((route) => {
      const guards = route.policy.access === 'public' ? [] : ownGuards(route.controller, route.handler);
      return guards.length === 0 ? [] : [`  ${route.route}: ${guards.join(', ')}`];
    });
    if (late.length === 0) return;
    this.#log.warn(
      `AuthzGuard runs before the guards that these routes name themselves. One that signs callers in comes too late: give it to AuthzModule as \`authenticate\`, or make it an APP_GUARD that is registered before.\n${late.join('\n')}`,
    );
  }
}

/** What is missing for the guard to let anybody in, or what would be passed over; undefined when the route is declared well. */
function faultOf({ policy, verb, params, handler }: DeclaredRoute): string | undefined {
  const own = methodDeclarations(handler);
  if (policy.access === undefined)
    return 'say @Resource, @SignedIn, @DecidesItself or @Public, on it or on its controller';
  if (verb === undefined)
    return policy.access === 'public' ? undefined : 'it is no HTTP route, and refused unless it is declared @Public';
  if (policy.access === 'public' || policy.access === 'signed-in') {
    const without = own.narrowing.join(' and ');
    return without === '' ? undefined : `${without} counts for nothing on a route that is declared ${policy.access}`;
  }
  if (!policy.resource) return 'it names no type; say @Resource';
  if ('typeParam' in policy.resource && !params.includes(policy.resource.typeParam))
    return `its path has no parameter :${policy.resource.typeParam}`;
  if (policy.action === undefined && verb !== 'ALL' && VERB_ACTIONS[verb] === undefined)
    return `${verb} stands for no action; say @Action`;
  return policy.access === 'decides-itself' ? undefined : faultOfObject({ policy, params, own });
}

function faultOfObject({
  policy,
  params,
  own,
}: Pick<DeclaredRoute, 'policy' | 'params'> & { readonly own: MethodDeclarations }): string | undefined {
  const { parent, proposed, object, objectParam, resource } = policy;
  if (parent !== undefined && 'param' in parent && !params.includes(parent.param))
    return `its path has no parameter :${parent.param}, which @ParentFrom names`;
  if (parent !== undefined || proposed !== undefined || object !== undefined || params.includes(objectParam))
    return undefined;
  if (own.objectParam !== undefined) return `its path has no parameter :${own.objectParam}, which @ObjectFrom names`;
  const others = params.filter((param) => !resource || !('typeParam' in resource) || param !== resource.typeParam);
  if (others.length === 0) return undefined;
  return `which object is it about? It has no parameter :${objectParam}; say @ObjectFrom, @ParentFrom where it adds below one, or @NoObject`;
}

function hasAuthzGuard({ controller, handler }: DeclaredRoute): boolean {
  return [controller, handler].some((of) => {
    const guards = (Reflect.getMetadata(GUARDS_METADATA, of) as readonly unknown[] | undefined) ?? [];
    return guards.some((guard) => guard === AuthzGuard || guard instanceof AuthzGuard);
  });
}
