import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { AskingController, Titles } from '../../test/support/embedding/asking.js';
import { FakeEngine } from '../../test/support/embedding/fake-engine.js';
import { startGuardedApp } from '../../test/support/embedding/guarded-app.js';
import { HeaderSignIn } from '../../test/support/embedding/header-sign-in.js';
import { Authz } from './authz.js';
import type { AuthzModuleOptions } from './authz-options.js';
import { AuthzModule } from './authz.module.js';

let engine: FakeEngine;
beforeEach(() => {
  engine = new FakeEngine('user:alice document:view document:1');
});

describe('AuthzModule', () => {
  it('takes options from a factory', async () => {
    @Module({ providers: [{ provide: 'ENGINE', useFactory: () => engine }], exports: ['ENGINE'] })
    class SettingsModule {}
    @Module({
      imports: [
        AuthzModule.forRootAsync({
          imports: [SettingsModule],
          inject: ['ENGINE'],
          useFactory: async (given: FakeEngine) => {
            await Promise.resolve();
            return { engine: given, authenticate: HeaderSignIn };
          },
        }),
      ],
      controllers: [AskingController],
      providers: [Titles],
    })
    class AppModule {}
    const nest = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await nest.init();
    expect(await nest.get(Authz).for('user:alice').check('view', 'document:1')).toBe(true);
    await nest.close();
  });

  it.each([[{}], [{ databaseUrl: 'postgres://localhost/a', pool: {} }]])(
    'does not start with options of a factory that name no one source: %o',
    async (options) => {
      @Module({ imports: [AuthzModule.forRootAsync({ useFactory: () => options as AuthzModuleOptions })] })
      class AppModule {}
      await expect(NestFactory.create(AppModule, { logger: false, abortOnError: false })).rejects.toThrow(
        /takes one of/,
      );
    },
  );

  it('closes what it opened, and not what it was given', async () => {
    const app = await startGuardedApp({
      platform: 'express',
      controllers: [AskingController],
      providers: [Titles],
      authz: { engine },
    });
    await app.stop();
    expect(engine.closed).toBe(false);
  });

  it('works in an application without HTTP', async () => {
    @Module({ imports: [AuthzModule.forRoot({ engine })] })
    class JobsModule {}
    const context = await NestFactory.createApplicationContext(JobsModule, { logger: false, abortOnError: false });
    const can = context.get(Authz).for({ type: 'user', id: 'alice' });
    expect(await can.check('view', 'document:1')).toBe(true);
    expect(await can.many('view', [])).toEqual([]);
    expect(() => context.get(Authz).for('alice')).toThrow(TypeError);
    await context.close();
  });

  it('remembers nothing for a subject that is asked about in code', async () => {
    @Module({ imports: [AuthzModule.forRoot({ engine })] })
    class JobsModule {}
    const context = await NestFactory.createApplicationContext(JobsModule, { logger: false, abortOnError: false });
    const can = context.get(Authz).for('user:alice');
    await can.check('view', 'document:1');
    await can.check('view', 'document:1');
    expect(engine.asked).toHaveLength(2);
    await context.close();
  });
});
