import { Controller, Get } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeEngine } from '../../test/support/embedding/fake-engine.js';
import { PLATFORMS, startGuardedApp, type GuardedApp } from '../../test/support/embedding/guarded-app.js';
import type { Decision, Question } from '../core/model.js';
import { SignedIn } from '../nest/route-policy.js';

class FrankIsInactive extends FakeEngine {
  override async decideAll(questions: readonly Question[]): Promise<Decision[]> {
    const decisions = await super.decideAll(questions);
    return decisions.map((decision, index) =>
      questions[index]?.subject.id === 'frank' ? { ...decision, reason: 'subject_inactive' } : decision,
    );
  }
}

@SignedIn()
@Controller('mine')
class MineController {
  @Get()
  mine(): string {
    return 'mine';
  }
}

let app: GuardedApp | undefined;
afterEach(() => app?.stop());

describe.each(PLATFORMS)('a route for whoever is signed in (%s)', (platform) => {
  it('lets in who is active or unknown, and nobody who is inactive', async () => {
    app = await startGuardedApp({ platform, controllers: [MineController], authz: { engine: new FrankIsInactive() } });
    expect((await app.send('GET', '/mine', { as: 'alice' })).status).toBe(200);
    expect((await app.send('GET', '/mine', { as: 'frank' })).status).toBe(401);
    expect((await app.send('GET', '/mine')).status).toBe(401);
  });

  it('lets nobody in while nobody can tell', async () => {
    const engine = new FakeEngine();
    engine.failWith(new Error('away'));
    app = await startGuardedApp({ platform, controllers: [MineController], authz: { engine } });
    expect((await app.send('GET', '/mine', { as: 'alice' })).status).toBe(503);
  });
});
