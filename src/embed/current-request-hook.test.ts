import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Scope,
  UseGuards,
  type CanActivate,
  type MiddlewareConsumer,
  type NestMiddleware,
  type NestModule,
} from '@nestjs/common';
import { LazyModuleLoader, ModuleRef } from '@nestjs/core';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeEngine } from '../../test/support/embedding/fake-engine.js';
import {
  PLATFORMS,
  startGuardedApp,
  type AppParts,
  type GuardedApp,
} from '../../test/support/embedding/guarded-app.js';
import { AuthzEngine } from '../core/ports/engine.js';
import { currentRequest } from '../nest/current-request.js';
import { Public, Resource } from '../nest/route-policy.js';
import { accessModel } from './access-model.js';
import { AUTHZ_BEHAVIOUR } from './authz-behaviour.js';
import { Authz } from './authz.js';
import { AuthzGuard } from './authz.guard.js';
import type { AuthzBehaviour, AuthzModuleOptions } from './authz-options.js';
import { Can } from './can.decorator.js';
import type { Checker } from './checker.js';
import { castellan } from './prisma-extension.js';
import { Viewable } from './viewable.decorator.js';

const ALICE = { type: 'user', id: 'alice' };
const FOLLOWED = { subject: ALICE };
const NOT_FOLLOWED = { subject: null };
const seen = (): object => ({ subject: currentRequest()?.subject ?? null });

@Resource('document')
@Controller('documents')
@UseGuards(AuthzGuard)
class PlainController {
  @Get()
  list(@Can() _can: Checker): object {
    return seen();
  }

  @Get('rows')
  @Public()
  rows(@Viewable(accessModel({ type: 'document', id: 'text' })) _rows: unknown): string {
    return 'rows';
  }
}

@Resource('document')
@Controller('documents')
class InjectingController {
  constructor(readonly authz: Authz) {}

  @Get()
  list(): object {
    return seen();
  }
}

@Injectable()
class ByProperty {
  @Inject(Authz) readonly authz!: Authz;
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  constructor(readonly authz: Authz) {}
}

@Injectable()
class Finding {
  constructor(readonly moduleRef: ModuleRef) {}
}

@Injectable()
class Loading {
  constructor(readonly loader: LazyModuleLoader) {}
}

@Injectable()
class Derived extends Authz {
  constructor(engine: AuthzEngine, @Inject(AUTHZ_BEHAVIOUR) behaviour: AuthzBehaviour) {
    super(engine, behaviour);
  }
}

@Injectable()
class InjectingGuard implements CanActivate {
  constructor(private readonly authz: Authz) {}

  canActivate(): boolean {
    return this.authz.engine instanceof FakeEngine;
  }
}

@Resource('document')
@Controller('documents')
@UseGuards(InjectingGuard)
class GuardedByInjector {
  @Get()
  list(): object {
    return seen();
  }
}

@Injectable()
class InjectingMiddleware implements NestMiddleware {
  constructor(readonly authz: Authz) {}

  use(_request: unknown, _response: unknown, next: () => void): void {
    next();
  }
}

@Module({})
class WithMiddleware implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(InjectingMiddleware).forRoutes('*path');
  }
}

@Controller('unguarded')
class UnguardedController {
  @Get()
  async may(@Can() can: Checker): Promise<object> {
    return { may: await can.check('view', 'document:1') };
  }
}

const apps: GuardedApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.stop();
});

async function start(parts: Partial<AppParts> = {}, authz: Partial<AuthzModuleOptions> = {}): Promise<GuardedApp> {
  const app = await startGuardedApp({
    platform: 'fastify',
    controllers: [PlainController],
    ...parts,
    authz: { engine: new FakeEngine('user:alice document:view document:1'), ...authz },
  });
  apps.push(app);
  return app;
}

async function listed(app: GuardedApp, as = 'alice'): Promise<unknown> {
  return ((await app.send('GET', '/documents', { as })) as { readonly body: unknown }).body;
}

const client = { $extends: (extension: object) => extension, _runtimeDataModel: { models: {} } };

describe('requests are followed', () => {
  it.each(PLATFORMS)('where a controller injects Authz, on %s', async (platform) => {
    expect(await listed(await start({ platform, controllers: [InjectingController] }))).toEqual(FOLLOWED);
  });

  it.each<[string, NonNullable<AppParts['providers']>]>([
    ['has it as a property', [ByProperty]],
    ['is made for each request', [PerRequest]],
    ['is made by a factory', [{ provide: 'writer', useFactory: (authz: Authz) => authz, inject: [Authz] }]],
    ['is another name for it', [{ provide: 'authorization', useExisting: Authz }]],
    ['is derived from it', [Derived]],
    ['is derived from it, under another name', [{ provide: 'authorization', useClass: Derived }]],
    ['could find it', [Finding]],
    ['could load a module that has it', [Loading]],
  ])('where a provider %s', async (_how, providers) => {
    expect(await listed(await start({ providers }))).toEqual(FOLLOWED);
  });

  it('where a guard injects it', async () => {
    expect(await listed(await start({ controllers: [GuardedByInjector] }))).toEqual(FOLLOWED);
  });

  it.each(PLATFORMS)('where a middleware injects it, on %s', async (platform) => {
    expect(await listed(await start({ platform, imports: [WithMiddleware] }))).toEqual(FOLLOWED);
  });

  it('where the module says so', async () => {
    expect(await listed(await start({}, { followRequests: true }))).toEqual(FOLLOWED);
  });

  it('once the Prisma extension is made, also over another Authz of the same app', async () => {
    const app = await start();
    expect(await listed(app)).toEqual(NOT_FOLLOWED);
    const authz = new Derived(app.nest.get(AuthzEngine), app.nest.get<AuthzBehaviour>(AUTHZ_BEHAVIOUR));
    castellan({ authz, models: {} })(client);
    expect(await listed(app)).toEqual(FOLLOWED);
  });
});

describe('requests are not followed', () => {
  it.each(PLATFORMS)('where nothing of the app could have Authz, on %s', async (platform) => {
    expect(await listed(await start({ platform }))).toEqual(NOT_FOLLOWED);
  });

  it('where the module says so, whatever is injected', async () => {
    const app = await start({ controllers: [InjectingController] }, { followRequests: false });
    expect(await listed(app)).toEqual(NOT_FOLLOWED);
    castellan({ authz: app.nest.get(Authz), models: {} })(client);
    expect(await listed(app)).toEqual(NOT_FOLLOWED);
  });

  it("and are on nobody's behalf, where one comes from within a request of another app", async () => {
    const inner = await start({ platform: 'express' });
    @Controller('outer')
    class OuterController {
      @Get()
      @Public()
      async ask(): Promise<object> {
        return { outer: currentRequest()?.subject ?? null, inner: await listed(inner, 'bob') };
      }
    }
    const outer = await start({ controllers: [OuterController] }, { followRequests: true });
    const { body } = await outer.send('GET', '/outer', { as: 'alice' });
    expect(body).toEqual({ outer: null, inner: NOT_FOLLOWED });
  });

  it('and an app that is started on behalf of somebody serves nobody on theirs', async () => {
    const app = await castellan.as('user:alice', () => start());
    expect(await listed(app, 'bob')).toEqual(NOT_FOLLOWED);
  });

  it.each(PLATFORMS)('and a checker is there also on routes without the guard, on %s', async (platform) => {
    const app = await start({ platform, controllers: [UnguardedController] }, {
      guard: false,
      authenticate: undefined,
    } as never);
    const { body } = await app.send('GET', '/unguarded');
    expect(body).toEqual({ may: false });
  });
});
