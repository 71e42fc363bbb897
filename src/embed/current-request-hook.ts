import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { AuthorizableRequest } from '../nest/authorized-request.js';
import { runInRequest, setFollowed } from '../nest/current-request.js';
import { Authz } from './authz.js';
import { AUTHZ_BEHAVIOUR } from './authz-behaviour.js';
import type { AuthzBehaviour } from './authz-options.js';
import { AuthzGuard } from './authz.guard.js';
import { enterRequest } from './request-state.js';
import { ViewablePipe } from './viewable.decorator.js';

type Next = () => void;
type Hook = (request: AuthorizableRequest, response: unknown, next: Next) => void;

interface FastifyHooks {
  addHook(name: 'preHandler', hook: Hook): unknown;
}

/** Lets writes know on whose behalf they are made, wherever in a request they are. */
@Injectable()
export class CurrentRequestHook {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly modules: ModulesContainer,
    private readonly authz: Authz,
    @Inject(AUTHZ_BEHAVIOUR) private readonly behaviour: AuthzBehaviour,
  ) {}

  /** To be called after the body's readers are there and before the routes are. */
  install(): void {
    // An application without HTTP has none.
    const adapter = this.adapterHost.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    if (!adapter) return;
    if (this.behaviour.followRequests ?? this.#isAuthzInjected()) this.authz.followRequests();
    setFollowed(this.authz, this.authz.followsRequests);
    const hook: Hook = (request, _response, next) => {
      // Node before 24 has every promise of the process pay for it, once it is done at all.
      if (this.authz.followsRequests) runInRequest(enterRequest(request, this.authz), next);
      else next();
    };
    // On Fastify after the body is read: what waits for it begins anew, and knows nothing of who asked.
    if (adapter.getType() === 'fastify') adapter.getInstance<FastifyHooks>().addHook('preHandler', hook);
    else adapter.use(hook);
  }

  /** The application is gone. */
  uninstall(): void {
    setFollowed(this.authz, true);
  }

  // Whoever writes in an app's transaction, or makes the Prisma extension, has it injected.
  #isAuthzInjected(): boolean {
    for (const { providers, controllers, injectables, middlewares } of this.modules.values())
      for (const wrappers of [providers, controllers, injectables, middlewares])
        for (const wrapper of wrappers.values()) if (isAppsOwn(wrapper) && injectsAuthz(wrapper)) return true;
    return false;
  }
}

function isAppsOwn({ metatype }: InstanceWrapper): boolean {
  return metatype !== AuthzGuard && metatype !== CurrentRequestHook && metatype !== ViewablePipe;
}

function injectsAuthz(wrapper: InstanceWrapper): boolean {
  const byConstructor: readonly (InstanceWrapper | undefined)[] = wrapper.getCtorMetadata() ?? [];
  const byProperty = (wrapper.getPropertiesMetadata() ?? []).map((property) => property.wrapper);
  return [...byConstructor, ...byProperty].some((injected) => injected?.token === Authz);
}
