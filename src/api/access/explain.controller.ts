import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import type { ToldExplanation } from '../../core/explain-sight.js';
import type { Question } from '../../core/model.js';
import { CallerOfRequest } from '../../nest/authorized-request.js';
import { HeedsNarrowing, SignedIn } from '../../nest/route-policy.js';
import { explainRequest } from './explain.schema.js';
import { ExplainService } from './explain.service.js';

/** Whoever is signed in may come; what they may have explained hangs on the object, and is decided with it. */
@SignedIn()
@HeedsNarrowing()
@Controller('api/v1/access')
export class ExplainController {
  constructor(private readonly explanations: ExplainService) {}

  @Post('explain')
  @HttpCode(200)
  explain(
    @CallerOfRequest() caller: Caller,
    @Body({ schema: explainRequest }) question: Question,
  ): Promise<ToldExplanation> {
    return this.explanations.explain(caller, question);
  }
}
