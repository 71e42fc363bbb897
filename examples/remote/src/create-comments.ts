import {
  Module,
  StandardSchemaValidationPipe,
  type INestApplication,
  type NestApplicationOptions,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AuthzModule } from 'castellan';
import { CommentsController } from './comments.controller.js';
import { ServiceSignIn } from './service-sign-in.js';

/** Where the service is, and who this app is to it: somebody with the permission access:evaluate. */
export interface ServiceSettings {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

export async function createComments(
  service: ServiceSettings,
  options: NestApplicationOptions = { logger: ['error', 'warn'] },
): Promise<INestApplication> {
  const authenticate = new ServiceSignIn(service.url);
  // All that differs from an app with a database: `url` in the place of `databaseUrl`.
  const authorization = AuthzModule.forRoot({ ...service, authenticate, challenge: 'Basic realm="comments"' });

  @Module({ imports: [authorization], controllers: [CommentsController] })
  class CommentsModule {}

  const app = await NestFactory.create(CommentsModule, new FastifyAdapter(), options);
  app.useGlobalPipes(new StandardSchemaValidationPipe());
  return app;
}
