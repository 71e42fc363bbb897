import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig, DiscoveryService, ModulesContainer, Reflector } from '@nestjs/core';
import { inheritsAccess, routePolicy } from '../nest/route-policy.js';
import { routesOf, type DeclaredRoute } from '../nest/undeclared-routes.js';
import { VERB_ACTIONS } from '../nest/verb-actions.js';
import { methodDeclarations, type MethodDeclarations } from '../nest/method-declarations.js';
import { AUTHZ_BEHAVIOUR } from './authz-behaviour.js';
import { policyDefaults, type AuthzBehaviour } from './authz-options.js';
import { AuthzGuard } from './authz.guard.js';
import { ownGuards } from './guard-log.js';
import { faultOfAddition, isAddition, parametersOfObjects } from './path-parameters.js';
import { ShutRoutes } from './shut-routes.js';

/** Looks at every route before the app starts: none may be left open, or shut, by an oversight. */
@Injectable()
export class RouteCheck implements OnApplicationBootstrap {
  readonly #log = new Logger('AuthzModule');

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
    private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
    private readonly shut: ShutRoutes,
    @Inject(AUTHZ_BEHAVIOUR) private readonly behaviour: AuthzBehaviour,
  ) {}

  /** @throws Error naming each route that declares nobody, or not well enough, and what is missing. */
  onApplicationBootstrap(): void {
    const isGlobal = this.config.getGlobalGuards().some((guard) => guard instanceof AuthzGuard);
    const { undeclaredRoutes = 'refuse', authenticate } = this.behaviour;
    const routes = routesOf(this.discovery, this.reflector, policyDefaults(this.behaviour), {
      global: this.config.getGlobalPrefix(),
      applicationId: this.modules.applicationId,
    });
    const faults = routes.flatMap((route) => {
      const isGuarded = isGlobal || hasAuthzGuard(route);
      const fault = isGuarded ? faultOf(route) : this.#faultOfUnguarded(route);
      if (fault !== undefined) this.shut.shut(route.controller, route.handler, fault);
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
function faultOf({ policy, verb, params, prefixParams, controller, handler }: DeclaredRoute): string | undefined {
  const own = methodDeclarations(handler);
  if (policy.access === undefined)
    return `say @Resource, @SignedIn, @DecidesItself or @Public, on it or on its controller${inheritsAccess(controller) ? '; what its base class says counts for the base class alone' : ''}`;
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
  const twice = params.find((param, index) => params.indexOf(param) !== index);
  if (twice !== undefined) return `its path has the parameter :${twice} more than once; give one of them another name`;
  if (policy.access === 'decides-itself') return undefined;
  const action = policy.action ?? VERB_ACTIONS[verb];
  return (
    (isAddition(policy)
      ? faultOfAddition(policy, action, params)
      : faultOfPrefix({ policy, prefixParams, controller, own })) ?? faultOfObject({ policy, params, own })
  );
}

/** A prefix names what a controller is below, which need not be what its routes are about. */
function faultOfPrefix({
  policy: { object, objectParam },
  prefixParams,
  controller,
  own,
}: Pick<DeclaredRoute, 'policy' | 'prefixParams' | 'controller'> & {
  readonly own: MethodDeclarations;
}): string | undefined {
  if (object !== undefined || !prefixParams.includes(objectParam)) return undefined;
  if (own.objectParam ?? methodDeclarations(controller).objectParam) return undefined;
  return `the parameter :${objectParam} stands in a prefix; say @ObjectFrom('${objectParam}') if that is the object it is about, or @NoObject`;
}

function faultOfObject({
  policy,
  params,
  own,
}: Pick<DeclaredRoute, 'policy' | 'params'> & { readonly own: MethodDeclarations }): string | undefined {
  const { parent, object, objectParam } = policy;
  if (parent !== undefined && 'param' in parent && !params.includes(parent.param))
    return `its path has no parameter :${parent.param}, which @ParentFrom names`;
  if (isAddition(policy) || object !== undefined || params.includes(objectParam)) return undefined;
  if (own.objectParam !== undefined) return `its path has no parameter :${own.objectParam}, which @ObjectFrom names`;
  if (parametersOfObjects(policy, params).length === 0) return undefined;
  return `which object is it about? It has no parameter :${objectParam}; say @ObjectFrom, @ParentFrom where it adds below one, or @NoObject`;
}

function hasAuthzGuard({ controller, handler }: DeclaredRoute): boolean {
  return [controller, handler].some((of) => {
    const guards = (Reflect.getMetadata(GUARDS_METADATA, of) as readonly unknown[] | undefined) ?? [];
    return guards.some((guard) => guard === AuthzGuard || guard instanceof AuthzGuard);
  });
}
