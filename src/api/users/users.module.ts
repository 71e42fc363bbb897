import { Module } from '@nestjs/common';
import { TokensController } from './tokens.controller.js';
import { TokensService } from './tokens.service.js';
import { UsersController } from './users.controller.js';
import { UserViews } from './user-views.js';
import { UsersService } from './users.service.js';

@Module({ controllers: [UsersController, TokensController], providers: [UsersService, UserViews, TokensService] })
export class UsersModule {}
