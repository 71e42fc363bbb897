import 'reflect-metadata';
import type { ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { IdentityProviderOptions } from '../auth/identity-provider/provider-options.js';
import { Passwords } from '../auth/passwords.js';
import type { ErrorReport } from '../nest/problem.filter.js';
import { requireDeclaredRoutes } from '../nest/undeclared-routes.js';
import { installationSecret } from '../store/secrets.js';
import { PgExecutor } from '../store/executor.js';
import { PgSessionStore } from '../store/session-store.js';
import { PostgresSignInAttempts } from '../store/sign-in-attempts-store.js';
import type { Store } from '../store/store.js';
import { AppModule } from './app.module.js';
import { createHttpAdapter, headersOfAnswers } from './http-adapter.js';
import { Operations, type OperationsOptions } from './operations.js';

/** What a service needs to know beside its store. */
export interface ServiceOptions {
  readonly store: Store;
  readonly publicUrl: URL | undefined;
  readonly report: ErrorReport;
  /** Whose JWTs sign users in; nobody's without it. */
  readonly identityProvider?: IdentityProviderOptions | undefined;
  /** The proxies whose word on the client's address is taken: addresses and networks (CIDR); none without it. */
  readonly trustedProxies?: readonly string[];
  /** How it is watched: its log, its figures, its traces. */
  readonly operations?: OperationsOptions;
  /** Further modules, whose routes come under the same guards. */
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
}

/** Puts the service together over an open store; it does not listen yet. Closing it leaves the store open. */
export async function createService(options: ServiceOptions): Promise<NestFastifyApplication> {
  const { store, publicUrl, report, identityProvider, trustedProxies = [], imports = [] } = options;
  const https = publicUrl?.protocol === 'https:';
  const [cursorSecret, sessionSecret, signInSecret] = await Promise.all([
    installationSecret(store.database, 'cursors'),
    installationSecret(store.database, 'sessions'),
    installationSecret(store.database, 'sign-ins'),
  ]);
  const sessions = new PgSessionStore(
    store.database.pool,
    (error) => report(error, 'prune sessions'),
    store.database.hot,
  );
  const operations = new Operations(store, headersOfAnswers(https), options.operations);
  const adapter = await createHttpAdapter(
    { store: sessions, secret: sessionSecret, secureCookie: https },
    https,
    trustedProxies,
    operations,
  );
  const signInAttempts = new PostgresSignInAttempts(new PgExecutor(store.database.pool), signInSecret);
  const module = AppModule.of({
    store,
    signInAttempts,
    operations,
    cursorSecret,
    publicUrl,
    report,
    identityProvider,
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    { ...module, imports: [...(module.imports ?? []), ...imports] },
    adapter,
    {
      logger: options.operations?.log ? operations.nestLogger : ['error', 'fatal'],
      bodyParser: false,
      abortOnError: false,
    },
  );
  adapter.getInstance().addHook('onClose', (_instance, done) => {
    sessions.close();
    done();
  });
  requireDeclaredRoutes(app);
  await app.init();
  await adapter.getInstance().ready();
  operations.measure(app.get(Passwords));
  return app;
}
