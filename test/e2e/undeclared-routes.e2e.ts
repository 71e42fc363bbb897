import { Controller, Get, Inject, Module, Post, type ModuleMetadata } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppModule } from '../../src/app/app.module.js';
import { createHttpAdapter } from '../../src/app/http-adapter.js';
import { Operations } from '../../src/app/operations.js';
import { createService } from '../../src/app/service.js';
import { Public, Resource } from '../../src/nest/route-policy.js';
import { declaredRoutes } from '../../src/nest/undeclared-routes.js';
import { openStore, type Store } from '../../src/store/store.js';
import { InMemorySignInAttempts } from '../support/in-memory-sign-in-attempts.js';
import { InMemorySessionStore } from '../support/in-memory-session-store.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { servedRoutes } from '../support/routes.js';
import { operator } from '../../src/core/caller.js';
import { Passwords } from '../../src/auth/passwords.js';

type Imports = NonNullable<ModuleMetadata['imports']>;

@Controller('reports')
class ReportsController {
  @Get()
  @Public()
  list(): string {
    return 'everybody may read this';
  }

  @Get(':id')
  get(): string {
    return 'nobody has said who may read this';
  }

  @Post([':id/copies', ':id/drafts'])
  copy(): string {
    return 'nor who may do this';
  }
}

@Module({ controllers: [ReportsController] })
class ReportsModule {}

@Resource('report')
@Controller('declared')
class DeclaredController {
  @Get(':id')
  get(): string {
    return 'who holds report:view';
  }
}

@Module({ controllers: [DeclaredController] })
class DeclaredModule {}

@Module({})
class BackDoorModule {
  constructor(@Inject(HttpAdapterHost) host: HttpAdapterHost) {
    const fastify = host.httpAdapter.getInstance<FastifyInstance>();
    fastify.get('/back-door', (_request, reply) => reply.send('no guard stands here'));
  }
}

describe('a route that declares nobody who may use it', () => {
  let database: TestDatabase;
  let store: Store;
  let app: NestFastifyApplication | undefined;
  const unexpected: unknown[] = [];
  const report = (error: unknown): void => void unexpected.push(error);
  const start = (imports: Imports) => createService({ store, publicUrl: undefined, report, imports });

  beforeEach(async () => {
    database = await createTestDatabase();
    store = openStore({ url: database.databaseUrl, connections: 2 });
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await store.close();
    await database.drop();
    expect(unexpected.splice(0)).toEqual([]);
  });

  it('keeps the service from starting, and is named', async () => {
    const starting = start([ReportsModule]);
    await expect(starting).rejects.toThrow(
      /declare nobody who may use them.*\n {2}GET \/reports\/:id\n {2}POST \/reports\/:id\/copies\n {2}POST \/reports\/:id\/drafts$/,
    );
    await expect(starting).rejects.not.toThrow(/GET \/reports\n|\/declared|\/api\/v1/);
  });

  it('keeps the service from starting beside others that are declared', async () => {
    await expect(start([DeclaredModule, ReportsModule])).rejects.toThrow('GET /reports/:id');
    app = await start([DeclaredModule]);
    const answer = await app.inject({ url: '/declared/x' });
    expect(answer.statusCode).toBe(401);
  });

  it('is shut to all should it come so far, also to a superuser', async () => {
    app = await startWithoutTheCheck([ReportsModule]);
    const passwordHash = await new Passwords().hash('correct horse battery');
    await store.writes.write(operator('test', 'test'), 'structure', (unit) =>
      unit.users.create({
        id: 'admin',
        username: 'admin',
        email: null,
        active: true,
        superuser: true,
        attributes: {},
        passwordHash,
      }),
    );
    const admin = { authorization: `Basic ${btoa('admin:correct horse battery')}` };
    await expect(app.inject({ url: '/api/v1/users', headers: admin })).resolves.toMatchObject({ statusCode: 200 });
    await expect(app.inject({ url: '/reports' })).resolves.toMatchObject({ statusCode: 200 });
    for (const headers of [{}, admin]) {
      for (const [method, url] of [
        ['GET', '/reports/1'],
        ['HEAD', '/reports/1'],
        ['POST', '/reports/1/copies'],
        ['POST', '/reports/1/drafts'],
      ] as const) {
        const answer = await app.inject({ method, url, headers });
        expect([method, url, answer.statusCode]).toEqual([method, url, 403]);
        expect(answer.body).not.toContain('nobody has said');
      }
    }
  });

  it('is seen among the routes that the server answers when it was added behind Nest', async () => {
    app = await start([BackDoorModule]);
    const declared = new Set(declaredRoutes(app).map(({ route }) => route));
    const behind = servedRoutes(app).filter((route) => !route.startsWith('HEAD ') && !declared.has(route));
    expect(behind).toEqual(['GET /back-door']);
  });

  // The service as it is put together, but for the refusal at its start.
  async function startWithoutTheCheck(imports: Imports): Promise<NestFastifyApplication> {
    const secret = 'only-a-test-may-know-this-secret-of-its-own';
    const sessions = { store: new InMemorySessionStore({ standing: async () => null }), secret, secureCookie: false };
    const adapter = await createHttpAdapter(sessions, false);
    const module = AppModule.of({
      store,
      operations: new Operations(store, {}),
      signInAttempts: new InMemorySignInAttempts(),
      cursorSecret: secret,
      publicUrl: undefined,
      report,
    });
    const nest = await NestFactory.create<NestFastifyApplication>(
      { ...module, imports: [...(module.imports ?? []), ...imports] },
      adapter,
      { logger: false, bodyParser: false, abortOnError: false },
    );
    await nest.init();
    await adapter.getInstance().ready();
    return nest;
  }
});
