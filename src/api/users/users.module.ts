import { Module } from '@nestjs/common';
import { UsersController } from './users.controller.js';
import { UserViews } from './user-views.js';
import { UsersService } from './users.service.js';

@Module({ controllers: [UsersController], providers: [UsersService, UserViews] })
export class UsersModule {}
