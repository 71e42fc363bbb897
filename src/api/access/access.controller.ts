import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import type { ObjectRef, SubjectRef } from '../../core/model.js';
import { CallerOfRequest } from '../../nest/authorized-request.js';
import { HeedsNarrowing, SignedIn } from '../../nest/route-policy.js';
import { AccessService, type EvaluationAnswer } from './access.service.js';
import { parseEvaluation, parseEvaluations } from './evaluation.schema.js';
import type { SearchAnswer } from './search-pages.js';
import { parseActionSearch, parseResourceSearch, parseSubjectSearch } from './search.schema.js';
import { SearchService } from './search.service.js';

/**
 * The AuthZEN Authorization API. Every signed-in caller may ask about itself; asking more is decided with the question.
 *
 * @see https://openid.net/specs/authorization-api-1_0.html
 */
@SignedIn()
@HeedsNarrowing()
@Controller('access/v1')
export class AccessController {
  constructor(
    private readonly access: AccessService,
    private readonly searches: SearchService,
  ) {}

  @Post('evaluation')
  @HttpCode(200)
  evaluation(@CallerOfRequest() caller: Caller, @Body() body: unknown): Promise<EvaluationAnswer> {
    return this.access.evaluate(caller, parseEvaluation(body));
  }

  @Post('evaluations')
  @HttpCode(200)
  async evaluations(
    @CallerOfRequest() caller: Caller,
    @Body() body: unknown,
  ): Promise<EvaluationAnswer | { evaluations: EvaluationAnswer[] }> {
    const request = parseEvaluations(body);
    if (!('evaluations' in request)) return this.access.evaluate(caller, request);
    return { evaluations: await this.access.evaluateAll(caller, request) };
  }

  @Post('search/subject')
  @HttpCode(200)
  searchSubjects(@CallerOfRequest() caller: Caller, @Body() body: unknown): Promise<SearchAnswer<SubjectRef>> {
    return this.searches.subjects(caller, parseSubjectSearch(body));
  }

  @Post('search/resource')
  @HttpCode(200)
  searchResources(@CallerOfRequest() caller: Caller, @Body() body: unknown): Promise<SearchAnswer<ObjectRef>> {
    return this.searches.resources(caller, parseResourceSearch(body));
  }

  @Post('search/action')
  @HttpCode(200)
  searchActions(@CallerOfRequest() caller: Caller, @Body() body: unknown): Promise<SearchAnswer<{ name: string }>> {
    return this.searches.actions(caller, parseActionSearch(body));
  }
}
