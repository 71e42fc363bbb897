// The app under test, in a process of its own: one controller, whose routes are guarded when a database is named, and open otherwise.
import 'reflect-metadata';
import { Controller, Get, Injectable, Module, Patch } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AuthzModule, Resource } from '../dist/index.js';

const [databaseUrl, follow] = process.argv.slice(2);

class DocumentsController {
  show() {
    return { title: 'Plan' };
  }

  change() {
    return { title: 'Plan B' };
  }
}
const handler = (name) => [
  DocumentsController.prototype,
  name,
  Object.getOwnPropertyDescriptor(DocumentsController.prototype, name),
];
Get(':id')(...handler('show'));
Patch(':id')(...handler('change'));
Resource('document')(DocumentsController);
Controller('documents')(DocumentsController);

// Both sign callers in, by a header, so that the guard is all that one of them has beside the other.
class HeaderSignIn {
  canActivate(context) {
    const request = context.switchToHttp().getRequest();
    request.user = { id: request.headers['x-user'] };
    return true;
  }
}
Injectable()(HeaderSignIn);

const AppModule = class {};
Module({
  imports: databaseUrl
    ? [AuthzModule.forRoot({ databaseUrl, authenticate: HeaderSignIn, followRequests: follow === 'follow' })]
    : [],
  controllers: [DocumentsController],
  providers: databaseUrl ? [] : [{ provide: APP_GUARD, useClass: HeaderSignIn }],
})(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
process.send({ port: app.getHttpServer().address().port });
process.on('message', (message) => {
  if (message === 'usage') process.send({ usage: process.cpuUsage() });
  if (message === 'stop') void app.close().then(() => process.disconnect());
});
