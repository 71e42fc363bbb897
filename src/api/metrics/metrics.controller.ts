import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../core/caller.js';
import { Decider } from '../../core/decider.js';
import { Metrics } from '../../core/ports/metrics.js';
import { CallerOfRequest } from '../../nest/authorized-request.js';
import { SignedIn } from '../../nest/route-policy.js';

/**
 * The service's figures, for who may view the audit trail. Those who have the metrics token of the settings are answered before it comes to
 * this: see `bindMetrics`.
 */
@SignedIn()
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly decider: Decider,
  ) {}

  /** @throws CastellanError `not_authenticated`, `forbidden`. */
  @Get()
  async read(@CallerOfRequest() caller: Caller, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await this.decider.requireEverywhere(caller, 'audit', 'view');
    void reply.type(this.metrics.contentType);
    return this.metrics.text();
  }
}
