import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import { CallerOfRequest } from '../../nest/authorized-request.js';
import { SignedIn } from '../../nest/route-policy.js';
import { AccessService } from './access.service.js';
import { parseEvaluation } from './evaluation.schema.js';

/** Every signed-in caller may ask about itself; asking more is decided with the question. */
@SignedIn()
@Controller('access/v1')
export class AccessController {
  constructor(private readonly access: AccessService) {}

  @Post('evaluation')
  @HttpCode(200)
  async evaluation(@CallerOfRequest() caller: Caller, @Body() body: unknown): Promise<{ decision: boolean }> {
    return { decision: await this.access.evaluate(caller, parseEvaluation(body)) };
  }
}
