import { Controller, Get, Module, type NestInterceptor } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { map } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Public } from '../../src/nest/route-policy.js';
import { startTestService, type TestService } from '../support/service.js';
import { takeUndocumented } from '../support/undocumented-notes.js';

/** Answers with a member that nobody has described. */
const telling: NestInterceptor = {
  intercept: (_context, next) => next.handle().pipe(map((body: object) => ({ ...body, passwordHash: 'told' }))),
};

@Public()
@Controller('elsewhere')
class ElsewhereController {
  @Get()
  answer(): object {
    return {};
  }
}

@Module({ controllers: [ElsewhereController], providers: [{ provide: APP_INTERCEPTOR, useValue: telling }] })
class TellingModule {}

describe('an answer that is not as it is described', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService({ imports: [TellingModule] });
  });
  afterAll(() => service.stop());

  it('is noted, with its route and what is wrong with it, whoever asked', async () => {
    await service.as().get('/health/live').expect(200);
    await service.app.inject({ url: '/health/ready' });
    expect(takeUndocumented()).toEqual([
      expect.stringMatching(/^GET \/health\/live answered 200, .*additional properties \(passwordHash\)/),
      expect.stringMatching(/^GET \/health\/ready answered 200, .*additional properties \(passwordHash\)/),
    ]);
  });

  it('is not looked for among the routes of other modules', async () => {
    await service.as().get('/elsewhere').expect(200, { passwordHash: 'told' });
    expect(takeUndocumented()).toEqual([]);
  });
});
