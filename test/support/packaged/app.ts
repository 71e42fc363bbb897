// An application of somebody else's, of which test/e2e/package.e2e.ts makes a project outside of this one: the package is all that it knows.
import 'reflect-metadata';
import { Controller, Get, Module, Patch } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as face from 'castellan';
import { accessModel, Can, Resource, Target, type Checker, type ObjectRef } from 'castellan';
import * as clientFace from 'castellan/client';
import { CastellanClient, NetworkError } from 'castellan/client';
import * as testingFace from 'castellan/testing';
import { actingHeaders, AuthzTestingModule, World } from 'castellan/testing';
import { Adapter } from './adapter.js';

@Resource('document')
@Controller('documents')
class DocumentsController {
  @Get(':id')
  async show(@Target() target: ObjectRef, @Can() can: Checker): Promise<object> {
    return { id: target.id, editable: await can.check('change', target) };
  }

  @Patch(':id')
  change(): object {
    return { changed: true };
  }
}

const world = new World()
  .type('document')
  .user('alice')
  .user('bob')
  .object('document:1', { creator: 'user:alice' })
  .grant('user:bob', 'document:view', 'document:1');

@Module({ imports: [AuthzTestingModule.forWorld(world)], controllers: [DocumentsController] })
class AppModule {}

const app = await NestFactory.create(AppModule, new Adapter(), { logger: ['error'] });
await app.listen(0, '127.0.0.1');
const { port } = (app.getHttpServer() as { address(): { port: number } }).address();

async function send(method: string, as?: string): Promise<string> {
  const headers = as === undefined ? {} : actingHeaders(`user:${as}`);
  const answer = await fetch(`http://127.0.0.1:${port}/documents/1`, { method, headers });
  return `${answer.status} ${await answer.text()}`;
}

const client = new CastellanClient({ url: 'http://127.0.0.1:9', retries: 0 });
const said = {
  alice: await send('GET', 'alice'),
  bob: await send('GET', 'bob'),
  bobChanges: (await send('PATCH', 'bob')).slice(0, 3),
  nobody: (await send('GET')).slice(0, 3),
  model: accessModel({ type: 'document', id: 'text' }).type,
  client: await client.health.live().then(
    () => 'answered',
    (error: unknown) => error instanceof NetworkError,
  ),
  exported: [face, testingFace, clientFace].map((names) => Object.keys(names).toSorted()),
  platform: app.getHttpAdapter().getType(),
};
await app.close();
console.log(JSON.stringify(said));
