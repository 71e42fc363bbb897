import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { AuthorizableRequest } from '../nest/authorized-request.js';
import { currentRequest, runInRequest, runOutsideOfRequests } from '../nest/current-request.js';
import { Authz } from './authz.js';
import { AUTHZ_BEHAVIOUR } from './authz-behaviour.js';
import type { AuthzBehaviour } from './authz-options.js';
import { AuthzGuard } from './authz.guard.js';
import { followingOf, mayHave, type RequestFollowing } from './request-following.js';
import { enterRequest } from './request-state.js';
import { ViewablePipe } from './viewable.decorator.js';

type Next = () => void;
type Hook = (request: AuthorizableRequest, response: unknown, next: Next) => void;

interface FastifyHooks {
  addHook(name: 'preHandler', hook: Hook): unknown;
}

/** Lets writes know on whose behalf they are made, wherever in a request they are. */
@Injectable()
export class CurrentRequestHook implements OnApplicationBootstrap {
  readonly #following: RequestFollowing;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly modules: ModulesContainer,
    private readonly authz: Authz,
    @Inject(AUTHZ_BEHAVIOUR) behaviour: AuthzBehaviour,
  ) {
    this.#following = followingOf(behaviour);
  }

  /** To be called after the body's readers are there and before the routes are. */
  install(): void {
    // An application without HTTP has none.
    const adapter = this.adapterHost.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    if (!adapter) return;
    const hook: Hook = (request, _response, next) => {
      const state = enterRequest(request, this.authz);
      // Node before 24 has every promise of the process pay for it, once it is done at all.
      if (this.#following.isOn) runInRequest(state, next);
      // The app may have been started, or asked, from within another one's request: whoever is behind that has nothing to do with this one.
      else if (currentRequest()) runOutsideOfRequests(next);
      else next();
    };
    // On Fastify after the body is read: what waits for it begins anew, and knows nothing of who asked.
    if (adapter.getType() === 'fastify') adapter.getInstance<FastifyHooks>().addHook('preHandler', hook);
    else adapter.use(hook);
  }

  /** By now all is there that could have Authz injected, and no request has come yet. */
  onApplicationBootstrap(): void {
    // AuthzModule can't be named here: it is what provides this.
    const own = new Set<unknown>([AuthzGuard, CurrentRequestHook, ViewablePipe]);
    for (const module of this.modules.values()) if (module.providers.has(CurrentRequestHook)) own.add(module.metatype);
    if (mayHave(this.modules, Authz, own)) this.#following.begin();
  }
}
