import { Module } from '@nestjs/common';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';

/** The routes under /api/v1/auth. Takes the ports from a global module, and `AuthModule` to be there. */
@Module({ controllers: [AuthController], providers: [AuthService] })
export class AuthApiModule {}
