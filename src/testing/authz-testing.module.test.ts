import 'reflect-metadata';
import { Controller, Get, Module, Patch, Req, type DynamicModule, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectRef } from '../core/model.js';
import { AuthzModule } from '../embed/authz.module.js';
import { Can } from '../embed/can.decorator.js';
import type { Checker } from '../embed/checker.js';
import { Target } from '../nest/authorized-request.js';
import { Resource } from '../nest/route-policy.js';
import { ACT_AS, actAs, actingHeaders } from './act-as.js';
import { AuthzTestingModule } from './authz-testing.module.js';
import { World } from './world.js';

@Resource('document')
@Controller('documents')
class DocumentsController {
  @Get(':id')
  async show(
    @Target() target: ObjectRef,
    @Can() can: Checker,
    @Req() request: { user?: unknown },
  ): Promise<{ id: string; may: string[]; user: unknown }> {
    return { id: target.id, may: await can.actions(target), user: request.user ?? null };
  }

  @Patch(':id')
  change(@Target() target: ObjectRef): { id: string } {
    return { id: target.id };
  }
}

@Module({})
class AppModule {
  static with(authorization: DynamicModule): DynamicModule {
    return { module: AppModule, imports: [authorization], controllers: [DocumentsController] };
  }
}

const ADAPTERS = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };
let app: INestApplication | undefined;
let world: World;

async function start(adapter: keyof typeof ADAPTERS, authorization: DynamicModule): Promise<supertest.Agent> {
  app = await NestFactory.create(AppModule.with(authorization), ADAPTERS[adapter](), { logger: false });
  await app.init();
  if (adapter === 'Fastify') await (app as NestFastifyApplication).getHttpAdapter().getInstance().ready();
  return supertest(app.getHttpServer() as Parameters<typeof supertest>[0]);
}

beforeEach(() => {
  world = new World()
    .type('document', { actions: ['view', 'change', 'publish'] })
    .user('alice')
    .user('bob')
    .object('document:1')
    .object('document:2')
    .grant('user:alice', 'document:view', 'document:1')
    .grant('user:bob', 'document:view')
    .grant('user:bob', 'document:change', 'document:2');
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});

describe.each(Object.keys(ADAPTERS) as (keyof typeof ADAPTERS)[])('an app on %s over a world', (adapter) => {
  it('is guarded for whomever a request acts as', async () => {
    const agent = await start(adapter, AuthzTestingModule.forWorld(world));
    const status = async (subject: string, verb: 'get' | 'patch', id: string): Promise<number> =>
      (await agent[verb](`/documents/${id}`).use(actAs(subject))).status;
    expect(await status('user:alice', 'get', '1')).toBe(200);
    expect(await status('user:alice', 'get', '2')).toBe(404);
    expect(await status('user:alice', 'patch', '1')).toBe(403);
    expect(await status('user:bob', 'patch', '2')).toBe(200);
    expect((await agent.get('/documents/1')).status).toBe(401);
    const shown = await agent.get('/documents/2').set(actingHeaders('user:bob'));
    expect(shown.body).toEqual({ id: '2', may: ['view', 'change'], user: null });
  });

  it('sees what changes in the world', async () => {
    const agent = await start(adapter, AuthzTestingModule.forWorld(world));
    const status = async (): Promise<number> => (await agent.patch('/documents/1').use(actAs('user:alice'))).status;
    expect(await status()).toBe(403);
    world.grant('user:alice', 'document:change', 'document:1');
    expect(await status()).toBe(200);
    world.revoke('user:alice', 'document:view', 'document:1');
    expect(await status()).toBe(404);
  });

  it('leaves in request.user what the app says its sign-in does', async () => {
    const user = ({ id }: { id: string }): object => ({ name: id });
    const agent = await start(adapter, AuthzTestingModule.forWorld(world, { user }));
    const shown = await agent.get('/documents/1').use(actAs('user:alice'));
    expect(shown.body).toMatchObject({ user: { name: 'alice' } });
  });

  it('asks the function of the app where a request acts as nobody', async () => {
    const subject = (): string => 'user:bob';
    const agent = await start(adapter, AuthzTestingModule.forWorld(world, { subject }));
    expect((await agent.get('/documents/2')).status).toBe(200);
    expect((await agent.get('/documents/2').use(actAs('user:alice'))).status).toBe(404);
  });

  it('refuses a header that nobody here made', async () => {
    const agent = await start(adapter, AuthzTestingModule.forWorld(world, { subject: () => 'user:bob' }));
    expect((await agent.get('/documents/2').set(ACT_AS, 'user:bob')).status).toBe(401);
  });

  it('is reached by acting as somebody only through the testing module', async () => {
    const agent = await start(adapter, AuthzModule.forRoot({ engine: world.engine() }));
    expect((await agent.get('/documents/1').use(actAs('user:alice'))).status).toBe(401);
  });
});
