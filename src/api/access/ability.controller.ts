import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import { CallerOfRequest } from '../../nest/authorized-request.js';
import { HeedsNarrowing, SignedIn } from '../../nest/route-policy.js';
import { abilityRequest, type AbilityRequest } from './ability.schema.js';
import { AbilityService, type AbilityAnswer } from './ability.service.js';

/** Whoever is signed in may ask about itself; asking about others is decided with the question. */
@SignedIn()
@HeedsNarrowing()
@Controller('api/v1/access')
export class AbilityController {
  constructor(private readonly abilities: AbilityService) {}

  @Post('ability')
  @HttpCode(200)
  ability(
    @CallerOfRequest() caller: Caller,
    @Body({ schema: abilityRequest }) { subject }: AbilityRequest,
  ): Promise<AbilityAnswer> {
    return this.abilities.abilityOf(caller, subject);
  }
}
