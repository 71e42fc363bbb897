import { Controller, Get } from '@nestjs/common';
import { Readiness } from '../../core/ports/readiness.js';
import { Public } from '../../nest/route-policy.js';

/** What an orchestrator asks: is the process there, and can it answer. */
@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready(): Promise<{ status: 'ok' }> {
    await this.readiness.check();
    return { status: 'ok' };
  }
}
