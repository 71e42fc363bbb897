import { Controller, Get, Inject, Injectable, Scope, UseGuards, type CanActivate } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeEngine } from '../../test/support/embedding/fake-engine.js';
import {
  PLATFORMS,
  startGuardedApp,
  type AppParts,
  type GuardedApp,
} from '../../test/support/embedding/guarded-app.js';
import { currentSubject } from '../nest/current-request.js';
import { Public, Resource } from '../nest/route-policy.js';
import { accessModel } from './access-model.js';
import { Authz } from './authz.js';
import { AuthzGuard } from './authz.guard.js';
import type { AuthzModuleOptions } from './authz-options.js';
import { Can } from './can.decorator.js';
import { castellan } from './prisma-extension.js';
import { Viewable } from './viewable.decorator.js';

const ALICE = { type: 'user', id: 'alice' };

@Resource('document')
@Controller('documents')
@UseGuards(AuthzGuard)
class PlainController {
  @Get()
  list(@Can() _can: unknown): object {
    return { subject: currentSubject() ?? null };
  }

  @Get('seen')
  @Public()
  seen(@Viewable(accessModel({ type: 'document', id: 'text' })) _rows: unknown): string {
    return 'seen';
  }
}

@Resource('document')
@Controller('documents')
class InjectingController {
  constructor(private readonly authz: Authz) {}

  @Get()
  list(): object {
    return { subject: currentSubject() ?? null, follows: this.authz.followsRequests };
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
    return { subject: currentSubject() ?? null };
  }
}

let app: GuardedApp | undefined;
afterEach(async () => {
  await app?.stop();
  app = undefined;
});

async function listAs(
  parts: Partial<AppParts> = {},
  authz: Partial<AuthzModuleOptions> = {},
): Promise<[number, unknown]> {
  app = await startGuardedApp({
    platform: 'fastify',
    controllers: [PlainController],
    ...parts,
    authz: { engine: new FakeEngine(), ...authz },
  });
  const { status, body } = await app.send('GET', '/documents', { as: 'alice' });
  return [status, body];
}

describe('requests are followed', () => {
  it.each(PLATFORMS)('where a controller injects Authz, on %s', async (platform) => {
    expect(await listAs({ platform, controllers: [InjectingController] })).toEqual([
      200,
      { subject: ALICE, follows: true },
    ]);
  });

  it.each<[string, AppParts['providers']]>([
    ['has it as a property', [ByProperty]],
    ['is made for each request', [PerRequest]],
    ['is made by a factory', [{ provide: 'writer', useFactory: (authz: Authz) => authz, inject: [Authz] }]],
    ['is another name for it', [{ provide: 'authorization', useExisting: Authz }]],
  ])('where a provider %s', async (_how, providers) => {
    expect(await listAs({ providers: providers ?? [] })).toEqual([200, { subject: ALICE }]);
  });

  it('where a guard injects it', async () => {
    expect(await listAs({ controllers: [GuardedByInjector] })).toEqual([200, { subject: ALICE }]);
  });

  it('where the module says so', async () => {
    expect(await listAs({}, { followRequests: true })).toEqual([200, { subject: ALICE }]);
  });

  it('once the Prisma extension is made', async () => {
    await listAs();
    const authz = app?.nest.get(Authz) as Authz;
    expect(authz.followsRequests).toBe(false);
    const client = { $extends: (extension: object) => extension, _runtimeDataModel: { models: {} } };
    castellan({ authz, models: {} })(client);
    const { body } = (await app?.send('GET', '/documents', { as: 'alice' })) ?? {};
    expect(body).toEqual({ subject: ALICE });
  });
});

describe('requests are not followed', () => {
  it.each(PLATFORMS)('where nothing of the app injects Authz, and whoever asks is told, on %s', async (platform) => {
    const [status] = await listAs({ platform });
    expect(status).toBe(500);
    expect(app?.nest.get(Authz).followsRequests).toBe(false);
    expect(() => currentSubject()).toThrow('followRequests: true');
  });

  it('where the module says so, whatever is injected', async () => {
    const [status] = await listAs({ controllers: [InjectingController] }, { followRequests: false });
    expect(status).toBe(500);
    const authz = app?.nest.get(Authz) as Authz;
    authz.followRequests();
    expect(authz.followsRequests).toBe(false);
  });

  it('and once the application is gone nobody is told of it', async () => {
    await listAs();
    await app?.stop();
    app = undefined;
    expect(currentSubject()).toBeUndefined();
  });
});
