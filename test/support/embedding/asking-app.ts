import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, vi } from 'vitest';
import type { AuthzModuleOptions } from '../../../src/embed/authz-options.js';
import { AskingController, Titles } from './asking.js';
import { FakeEngine } from './fake-engine.js';
import { startGuardedApp, type AppParts, type GuardedApp, type Platform } from './guarded-app.js';

/** What a test has of an application whose routes ask: an engine of its own, what was logged, and the application once it is started. */
export interface AskingTest {
  engine: FakeEngine;
  app: GuardedApp | undefined;
  readonly logged: string[];
  start(platform: Platform, authz?: Partial<AuthzModuleOptions>, parts?: Partial<AppParts>): Promise<GuardedApp>;
}

/** For each test of the file anew: alice may view document 1, and the application is stopped at the end. */
export function eachWithAskingApp(): AskingTest {
  const test: AskingTest = {
    engine: new FakeEngine(),
    app: undefined,
    logged: [],
    start: async (platform, authz = {}, parts = {}) => {
      test.app = await startGuardedApp({
        platform,
        controllers: [AskingController],
        providers: [Titles],
        ...parts,
        authz: { engine: test.engine, ...authz },
      });
      return test.app;
    },
  };
  beforeEach(() => {
    test.engine = new FakeEngine('user:alice document:view document:1');
    vi.spyOn(Logger.prototype, 'error').mockImplementation((message: string) => void test.logged.push(message));
    vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: string) => void test.logged.push(message));
  });
  afterEach(async () => {
    await test.app?.stop();
    test.app = undefined;
    test.logged.length = 0;
  });
  return test;
}
