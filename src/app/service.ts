import 'reflect-metadata';
import type { ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ErrorReport } from '../nest/problem.filter.js';
import { requireDeclaredRoutes } from '../nest/undeclared-routes.js';
import { installationSecret } from '../store/secrets.js';
import { PgSessionStore } from '../store/session-store.js';
import type { Store } from '../store/store.js';
import { AppModule } from './app.module.js';
import { createHttpAdapter } from './http-adapter.js';

/** What a service needs to know beside its store. */
export interface ServiceOptions {
  readonly store: Store;
  readonly publicUrl: URL | undefined;
  readonly report: ErrorReport;
  /** Further modules, whose routes come under the same guards. */
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
}

/** Puts the service together over an open store; it does not listen yet. Closing it leaves the store open. */
export async function createService(options: ServiceOptions): Promise<NestFastifyApplication> {
  const { store, publicUrl, report, imports = [] } = options;
  const https = publicUrl?.protocol === 'https:';
  const [cursorSecret, sessionSecret] = await Promise.all([
    installationSecret(store.database, 'cursors'),
    installationSecret(store.database, 'sessions'),
  ]);
  const sessions = new PgSessionStore(store.database.pool, (error) => report(error, 'prune sessions'));
  const adapter = await createHttpAdapter({ store: sessions, secret: sessionSecret, secureCookie: https }, https);
  const module = AppModule.of({ store, cursorSecret, publicUrl, report });
  const app = await NestFactory.create<NestFastifyApplication>(
    { ...module, imports: [...(module.imports ?? []), ...imports] },
    adapter,
    { logger: ['error', 'fatal'], bodyParser: false, abortOnError: false },
  );
  adapter.getInstance().addHook('onClose', (_instance, done) => {
    sessions.close();
    done();
  });
  requireDeclaredRoutes(app);
  await app.init();
  await adapter.getInstance().ready();
  return app;
}
