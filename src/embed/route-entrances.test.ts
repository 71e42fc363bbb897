import { RouterModule } from '@nestjs/core';
import type { INestApplication, Type } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import {
  AdditionsController,
  ListChild,
  RESTATED,
  SilentChild,
  ThingsController,
  ThingsModule,
} from '../../test/support/embedding/entrances.js';
import { FakeEngine } from '../../test/support/embedding/fake-engine.js';
import { startGuardedApp, type AppParts, type GuardedApp } from '../../test/support/embedding/guarded-app.js';
import type { AuthzDefaults } from './authz-options.js';

let app: GuardedApp | undefined;
afterEach(async () => {
  await app?.stop();
  app = undefined;
});

const engine = new FakeEngine(
  ...['view', 'change', 'delete', 'add'].flatMap((action) => [
    `user:alice document:${action} everywhere`,
    `user:alice document:${action} folder:7`,
    `user:alice document:${action} document:5`,
  ]),
  'user:alice folder:view folder:7',
);

type Parts = Partial<AppParts> & { readonly deny?: boolean; readonly defaults?: AuthzDefaults };

async function start(controllers: Type[], { deny = false, defaults = {}, ...parts }: Parts = {}): Promise<GuardedApp> {
  app = await startGuardedApp({
    platform: 'fastify',
    controllers,
    ...parts,
    authz: { engine, defaults, undeclaredRoutes: deny ? 'deny' : 'refuse' },
  });
  return app;
}

/** The routes that the refusal to start names, with what it says of each. */
async function faults(controllers: Type[], parts: Parts = {}): Promise<Record<string, string>> {
  const lines = await start(controllers, parts).then(
    () => [],
    (reason: unknown) => (reason as Error).message.split('\n').slice(1),
  );
  return Object.fromEntries(lines.map((line) => line.trim().split(': ') as [string, string]));
}

describe('a route that says what is added', () => {
  it('keeps the app from starting where its path names an object as well', async () => {
    const found = await faults([AdditionsController]);
    expect(found).toEqual({
      'PATCH /entrances/:id': expect.stringContaining('the object :id'),
      'PATCH /entrances/:id/move': expect.stringContaining('the object :id'),
      'DELETE /entrances/:id/from/:folder': expect.stringContaining('the object :id'),
      'PUT /entrances/by-slug/:slug': expect.stringContaining('the object :slug'),
      'POST /entrances/found': expect.stringContaining('@ObjectFrom'),
    });
  });

  it('lets nobody in by such a route where the app starts all the same', async () => {
    const { send } = await start([AdditionsController], { deny: true });
    for (const [verb, path] of [
      ['PATCH', '/entrances/1'],
      ['PATCH', '/entrances/1/move'],
      ['DELETE', '/entrances/1/from/7'],
      ['PUT', '/entrances/by-slug/one'],
      ['POST', '/entrances/found'],
    ] as const) {
      const answer = await send(verb, path, { as: 'alice', body: { owner: 'alice', folder: '7' } });
      expect([path, answer.status]).toEqual([path, 403]);
    }
    for (const path of ['/entrances/below/7', '/entrances/1/copies', '/entrances/in/2024'])
      expect((await send('POST', path, { as: 'alice', body: {} })).status).toBe(201);
  });
});

describe('a prefix with a parameter', () => {
  const below = (path: string): Parts => ({
    imports: [ThingsModule, RouterModule.register([{ path, module: ThingsModule }])],
  });
  const global: Parts = { prepare: (nest: INestApplication) => nest.setGlobalPrefix('tenants/:id') };

  it('of a module is not taken for the object of its routes', async () => {
    expect(await faults([], below('tenants/:id'))).toEqual({
      'GET /tenants/:id/things': expect.stringContaining('stands in a prefix'),
      'PUT /tenants/:id/things': expect.stringContaining('stands in a prefix'),
      'GET /tenants/:id/things/:id': expect.stringContaining(':id more than once'),
    });
  });

  it('of the application is not either', async () => {
    expect(await faults([ThingsController], global)).toEqual({
      'GET /things': expect.stringContaining('stands in a prefix'),
      'PUT /things': expect.stringContaining('stands in a prefix'),
      'GET /things/:id': expect.stringContaining(':id more than once'),
    });
  });

  it.each([
    ['a module', [] as Type[], below('tenants/:id')],
    ['the application', [ThingsController] as Type[], global],
  ])('of %s keeps such routes shut where the app starts all the same', async (_of, controllers, parts) => {
    const { send } = await start(controllers, { ...parts, deny: true });
    expect((await send('PUT', '/tenants/5/things', { as: 'alice' })).status).toBe(403);
    expect((await send('GET', '/tenants/5/things', { as: 'alice' })).status).toBe(403);
    expect((await send('PATCH', '/tenants/5/things', { as: 'alice' })).status).toBe(200);
    expect((await send('PATCH', '/tenants/6/things', { as: 'alice' })).status).toBe(404);
    expect((await send('POST', '/tenants/5/things', { as: 'alice' })).status).toBe(201);
  });

  it('of another name leaves it to the routes to say which object they are about', async () => {
    expect(await faults([], below('tenants/:tenant'))).toEqual({
      'GET /tenants/:tenant/things': expect.stringContaining('which object is it about?'),
      'PUT /tenants/:tenant/things': expect.stringContaining('which object is it about?'),
      'PATCH /tenants/:tenant/things': expect.stringContaining('no parameter :id, which @ObjectFrom names'),
    });
  });

  it('is nothing to a module without one', async () => {
    expect(await faults([], below('tenants'))).toEqual({
      'PATCH /tenants/things': expect.stringContaining('no parameter :id'),
    });
  });
});

describe('a controller with a base class', () => {
  it('has to say for itself who may use it', async () => {
    expect(await faults([SilentChild])).toEqual({
      'PUT /silent': expect.stringContaining('base class'),
      'GET /silent/inherited': expect.stringContaining('base class'),
    });
    expect(await faults([RESTATED])).toEqual({});
  });

  it('is not opened by what the module says of routes that say nothing', async () => {
    const defaults = { access: 'signed-in' } as const;
    expect(Object.keys(await faults([SilentChild], { defaults }))).toEqual(['PUT /silent', 'GET /silent/inherited']);
  });

  it('opens nothing by what its base class says', async () => {
    const { send } = await start([SilentChild, RESTATED, ListChild], { deny: true });
    expect((await send('PUT', '/silent')).status).toBe(403);
    expect((await send('GET', '/silent/inherited')).status).toBe(403);
    expect((await send('GET', '/restated/inherited')).status).toBe(200);
    expect((await send('GET', '/children/5', { as: 'alice' })).status).toBe(200);
    expect((await send('GET', '/children/6', { as: 'alice' })).status).toBe(404);
  });
});
