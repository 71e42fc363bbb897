import 'reflect-metadata';
import { Controller, Get, Module, Patch, type DynamicModule, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import request from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Resource } from '../nest/route-policy.js';
import { actAs, AuthzTestingModule, World } from './index.js';

@Resource('document')
@Controller('documents')
class DocumentsController {
  @Get(':id')
  show(): object {
    return { title: 'Plan' };
  }

  @Patch(':id')
  change(): object {
    return { title: 'Plan B' };
  }
}

@Module({})
class AppModule {
  // The app itself hands in AuthzModule.forRoot({ databaseUrl }).
  static with(authorization: DynamicModule): DynamicModule {
    return { module: AppModule, imports: [authorization], controllers: [DocumentsController] };
  }
}

const world = new World()
  .type('folder')
  .type('document')
  .user('alice')
  .user('dave')
  .group('staff', ['user:dave'])
  .role('editor', ['document:view', 'document:change'])
  .object('folder:7')
  .object('document:1', { parent: 'folder:7', attributes: { status: 'draft' } })
  .grant('group:staff', 'document:view', 'folder:7');

let app: INestApplication;

beforeAll(async () => {
  app = await NestFactory.create(AppModule.with(AuthzTestingModule.forWorld(world)), { logger: false });
  await app.init();
});
afterAll(() => app.close());

const documents = (verb: 'get' | 'patch', as: string) =>
  request(app.getHttpServer())[verb]('/documents/1').use(actAs(as));

it('shows a document to whoever may view its folder, and to nobody else', async () => {
  await documents('get', 'user:dave').expect(200);
  await documents('get', 'user:alice').expect(404);
  await request(app.getHttpServer()).get('/documents/1').expect(401);
});

it('lets an editor change it, for as long as the assignment says', async () => {
  world.at('2030-06-30T23:59:59Z');
  await documents('patch', 'user:dave').expect(403);
  world.assign('user:dave', 'editor', 'folder:7', { expiresAt: '2030-07-01T00:00:00Z' });
  await documents('patch', 'user:dave').expect(200);
  world.at('2030-07-01T00:00:00Z');
  await documents('patch', 'user:dave').expect(403);
});

it('can be asked without any request, too', () => {
  const { allowed, reason } = world.decide('user:alice', 'view', 'document:1');
  expect([allowed, reason]).toEqual([false, 'no_rule_allows']);
});
