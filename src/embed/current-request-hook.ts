import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { AuthorizableRequest } from '../nest/authorized-request.js';
import { runInRequest } from '../nest/current-request.js';
import { Authz } from './authz.js';
import { enterRequest } from './request-state.js';

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
    private readonly authz: Authz,
  ) {}

  /** To be called after the body's readers are there and before the routes are. */
  install(): void {
    // An application without HTTP has none.
    const adapter = this.adapterHost.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    if (!adapter) return;
    const hook: Hook = (request, _response, next) => runInRequest(enterRequest(request, this.authz), next);
    // On Fastify after the body is read: what waits for it begins anew, and knows nothing of who asked.
    if (adapter.getType() === 'fastify') adapter.getInstance<FastifyHooks>().addHook('preHandler', hook);
    else adapter.use(hook);
  }
}
