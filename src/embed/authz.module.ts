import {
  Inject,
  Module,
  type DynamicModule,
  type NestModule,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AuthzEngine } from '../core/ports/engine.js';
import { Authz } from './authz.js';
import { AUTHZ_BEHAVIOUR } from './authz-behaviour.js';
import { AuthzGuard } from './authz.guard.js';
import {
  openEngine,
  requireOneSource,
  type AuthzModuleAsyncOptions,
  type AuthzModuleOptions,
  type AuthzOptions,
} from './authz-options.js';
import { CastellanErrorFilter } from './castellan-error.filter.js';
import { CurrentRequestHook } from './current-request-hook.js';
import { RouteCheck } from './route-check.js';
import { ShutRoutes } from './shut-routes.js';
import { SignIn } from './sign-in.js';

const PROVIDERS: Provider[] = [
  { provide: AuthzEngine, useFactory: openEngine, inject: [AUTHZ_BEHAVIOUR] },
  Authz,
  AuthzGuard,
  SignIn,
  RouteCheck,
  ShutRoutes,
  CurrentRequestHook,
  { provide: APP_FILTER, useClass: CastellanErrorFilter },
];

/**
 * Guards a Nest application: every route of it asks Castellan, and what declares nobody who may use it stays shut. To be imported once,
 * in the application's root module.
 *
 * @example
 * \@Module({ imports: [AuthzModule.forRoot({ databaseUrl: 'postgres://…/app' })] })
 * class AppModule {}
 */
@Module({})
export class AuthzModule implements NestModule, OnApplicationShutdown {
  constructor(
    @Inject(AUTHZ_BEHAVIOUR) private readonly options: AuthzOptions,
    private readonly engine: AuthzEngine,
    private readonly currentRequest: CurrentRequestHook,
  ) {}

  /** @throws TypeError for options that name no source, more than one, or one that can't be used. */
  static forRoot({ guard = true, ...options }: AuthzModuleOptions): DynamicModule {
    requireOneSource(options);
    return moduleOf({ provide: AUTHZ_BEHAVIOUR, useValue: options }, guard);
  }

  /** The same, with options that are made by a factory: from the application's configuration, say. */
  static forRootAsync({ imports = [], inject = [], useFactory, guard = true }: AuthzModuleAsyncOptions): DynamicModule {
    const module = moduleOf({ provide: AUTHZ_BEHAVIOUR, useFactory, inject }, guard);
    return { ...module, imports: [...(module.imports ?? []), ...imports] };
  }

  /** Nest calls it between the readers of bodies and the routes, which is when the hook is to be installed. */
  configure(): void {
    this.currentRequest.install();
  }

  /** Lets go of what the module opened itself, once no request is under way any more. */
  async onApplicationShutdown(): Promise<void> {
    if (!('engine' in this.options)) await this.engine.close();
  }
}

function moduleOf(options: Provider, guard: boolean): DynamicModule {
  const guards: Provider[] = guard ? [{ provide: APP_GUARD, useExisting: AuthzGuard }] : [];
  return {
    module: AuthzModule,
    global: true,
    imports: [DiscoveryModule],
    providers: [options, ...PROVIDERS, ...guards],
    // What @UseGuards(AuthzGuard) names is made in the module that says it, of these.
    exports: [AUTHZ_BEHAVIOUR, AuthzEngine, Authz, AuthzGuard, SignIn, ShutRoutes],
  };
}
