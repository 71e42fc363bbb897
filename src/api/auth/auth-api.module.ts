import { Module } from '@nestjs/common';
import { AbilityController } from './ability.controller.js';
import { AbilityService } from './ability.service.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';

/** The routes under /api/v1/auth. Takes the ports from a global module, and `AuthModule` to be there. */
@Module({
  controllers: [AuthController, SessionsController, AbilityController],
  providers: [AuthService, SessionsService, AbilityService],
})
export class AuthApiModule {}
