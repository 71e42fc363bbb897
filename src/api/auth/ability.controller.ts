import { Controller, Get } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import type { PackedAbility } from '../../core/packed-ability.js';
import { CallerOfRequest } from '../../nest/authorized-request.js';
import { HeedsNarrowing, Resource } from '../../nest/route-policy.js';
import { AbilityService } from './ability.service.js';

/** What a caller may do, for front ends. It is a list of what the caller holds, so it lets everybody in, and takes no permission of its own. */
@Resource('access')
@HeedsNarrowing()
@Controller('api/v1/auth/me/ability')
export class AbilityController {
  constructor(private readonly abilities: AbilityService) {}

  @Get()
  ability(@CallerOfRequest() caller: Caller): Promise<PackedAbility> {
    return this.abilities.packedFor(caller);
  }
}
