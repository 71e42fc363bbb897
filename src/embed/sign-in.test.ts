import {
  Controller,
  Get,
  HttpException,
  Injectable,
  Scope,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { EMPTY, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { eachWithAskingApp } from '../../test/support/embedding/asking-app.js';
import { Titles } from '../../test/support/embedding/asking.js';
import {
  PLATFORMS,
  startGuardedApp,
  type AppParts,
  type GuardedApp,
} from '../../test/support/embedding/guarded-app.js';
import { HeaderSignIn } from '../../test/support/embedding/header-sign-in.js';
import { Public, Resource } from '../nest/route-policy.js';
import type { AuthzModuleOptions } from './authz-options.js';

const asking = eachWithAskingApp();

describe.each(PLATFORMS)('an app on %s', (platform) => {
  const start = (authz: Partial<AuthzModuleOptions> = {}, parts: Partial<AppParts> = {}): Promise<GuardedApp> =>
    asking.start(platform, authz, parts);

  describe('with a sign-in of its own', () => {
    @UseGuards(HeaderSignIn)
    @Resource('document')
    @Controller('late')
    class LateController {
      @Get(':id')
      show(): string {
        return 'shown';
      }
    }
    const late = { controllers: [LateController] };

    it('that comes too late lets nobody in, and is told of at the start and where it refused', async () => {
      const { send } = await start({ authenticate: undefined } as never, late);
      expect(asking.logged.join('\n')).toMatch(/comes too late[^]*GET \/late\/:id: HeaderSignIn/);
      asking.logged.length = 0;
      expect((await send('GET', '/late/1', { as: 'alice' })).status).toBe(401);
      expect((await send('GET', '/late/1', { as: 'alice' })).status).toBe(401);
      expect(asking.logged).toHaveLength(1);
      expect(asking.logged[0]).toMatch(
        /LateController\.show was refused because nobody was signed in.*HeaderSignIn.*`authenticate`/,
      );
    });

    it('that is given to the module comes first', async () => {
      const { send } = await start({ authenticate: HeaderSignIn }, late);
      expect(asking.logged).toEqual([]);
      expect((await send('GET', '/late/1', { as: 'alice' })).status).toBe(200);
      expect((await send('GET', '/late/1')).status).toBe(401);
    });

    it.each([
      ['an instance', new HeaderSignIn()],
      [
        'a function',
        (context: ExecutionContext) => {
          new HeaderSignIn().canActivate(context);
        },
      ],
      [
        'a function that takes its time',
        async (context: ExecutionContext) => Promise.resolve(new HeaderSignIn().canActivate(context)),
      ],
    ])('can be %s', async (_what, authenticate) => {
      const { send } = await start({ authenticate }, late);
      expect((await send('GET', '/late/1', { as: 'alice' })).status).toBe(200);
    });

    it('that says no is a 401, and what it throws is what is answered', async () => {
      const { send } = await start({ authenticate: () => false, subject: () => 'user:alice' });
      expect((await send('GET', '/documents/1', { as: 'alice' })).status).toBe(401);
      await asking.app?.stop();
      const teapot = await start({
        authenticate: () => {
          throw new HttpException('no tea', 418);
        },
      });
      expect((await teapot.send('GET', '/documents/1', { as: 'alice' })).status).toBe(418);
    });

    it.each<[string, () => unknown, number]>([
      ['undefined', () => undefined, 401],
      ['null', () => null, 401],
      ['0', () => 0, 401],
      ['no value', () => EMPTY, 401],
      ['a yes that becomes a no', () => of(true, false), 401],
      ['a no that becomes a yes', () => of(false, true), 200],
      ['a promised no', () => Promise.resolve(false), 401],
      ['a yes', () => true, 200],
    ])('that is a guard is understood as Nest would: %s', async (_what, answer, status) => {
      const guard: CanActivate = {
        canActivate: (context) => {
          new HeaderSignIn().canActivate(context);
          return answer() as boolean;
        },
      };
      const { send } = await start({ authenticate: guard }, late);
      expect((await send('GET', '/late/1', { as: 'alice' })).status).toBe(status);
    });

    it.each<[string, unknown, number]>([
      ['nothing', undefined, 200],
      ['false', false, 401],
      ['null', null, 401],
      ['a promised no', Promise.resolve(false), 401],
      ['a yes that becomes a no', of(true, false), 401],
    ])('that is a function may answer nothing, and refuses by a no: %s', async (_what, answer, status) => {
      const authenticate = (context: ExecutionContext): unknown => {
        new HeaderSignIn().canActivate(context);
        return answer;
      };
      const { send } = await start({ authenticate }, late);
      expect((await send('GET', '/late/1', { as: 'alice' })).status).toBe(status);
    });

    it('that is a guard of the whole application comes first when it is registered first', async () => {
      const { send } = await start({ authenticate: undefined } as never, {
        providers: [Titles, { provide: APP_GUARD, useClass: HeaderSignIn }],
      });
      expect((await send('GET', '/documents/1', { as: 'alice' })).status).toBe(200);
      expect((await send('GET', '/documents/1')).status).toBe(401);
    });

    it('is what the app wants where it names the subject itself', async () => {
      const subject = async (request: { headers: Record<string, string> }): Promise<string | null> => {
        await Promise.resolve();
        const name = request.headers['x-user'];
        return name === undefined ? null : `user:${name}`;
      };
      const { send } = await start({ authenticate: undefined, subject } as never);
      expect((await send('GET', '/documents/1', { as: 'alice' })).status).toBe(200);
      expect((await send('GET', '/documents/1')).status).toBe(401);
    });

    it('that names nobody who could be lets nobody in, not even where nothing is asked', async () => {
      const { send } = await start({ subject: () => 'alice' });
      expect((await send('GET', '/documents/1', { as: 'alice' })).status).toBe(500);
      await asking.app?.stop();
      const failing = await start({ subject: () => Promise.reject(new Error('the directory is away')) });
      const answer = await failing.send('GET', '/documents/1', { as: 'alice' });
      expect(answer.status).toBe(500);
      expect(answer.text).not.toContain('directory');
    });
  });
});

describe('a sign-in that is made anew for each request', () => {
  it('can not come first, and is refused as what the module runs', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class ScopedSignIn implements CanActivate {
      canActivate(): boolean {
        return true;
      }
    }
    @Controller()
    class NoController {
      @Public()
      @Get()
      get(): void {}
    }
    const starting = startGuardedApp({
      platform: 'express',
      controllers: [NoController],
      providers: [ScopedSignIn],
      authz: { engine: asking.engine, authenticate: ScopedSignIn },
    });
    await expect(starting).rejects.toThrow('ScopedSignIn is made anew for each request');
  });
});
