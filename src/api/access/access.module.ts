import { Module } from '@nestjs/common';
import { AbilityController } from './ability.controller.js';
import { AbilityService } from './ability.service.js';
import { AccessController } from './access.controller.js';
import { AccessService } from './access.service.js';
import { ExplainController } from './explain.controller.js';
import { ExplainService } from './explain.service.js';
import { MetadataController } from './metadata.controller.js';
import { SearchPages } from './search-pages.js';
import { SearchService } from './search.service.js';

/** Questions of access: by the AuthZEN Authorization API, and by explanations of our own. */
@Module({
  controllers: [AccessController, MetadataController, ExplainController, AbilityController],
  providers: [AccessService, SearchService, SearchPages, ExplainService, AbilityService],
})
export class AccessModule {}
