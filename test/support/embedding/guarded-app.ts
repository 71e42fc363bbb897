import { Module, type INestApplication, type ModuleMetadata, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import type { AuthzModuleOptions } from '../../../src/embed/authz-options.js';
import { AuthzModule } from '../../../src/embed/authz.module.js';
import { HeaderSignIn } from './header-sign-in.js';

/** The platforms that an embedding app can be on. */
export const PLATFORMS = ['express', 'fastify'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** What an embedding app is put together from. */
export interface AppParts {
  readonly platform: Platform;
  readonly controllers: Type[];
  readonly authz: AuthzModuleOptions;
  readonly providers?: ModuleMetadata['providers'];
  readonly imports?: ModuleMetadata['imports'];
  /** Does to the application what has to be done before it starts. */
  readonly prepare?: (app: INestApplication) => void;
}

/** Who sends a request (nobody, where it is not said), and what. */
export interface Sending {
  readonly as?: string | undefined;
  readonly body?: object | undefined;
}

/** A little application of somebody's own, guarded by Castellan: `x-user` says who asks. */
export interface GuardedApp {
  readonly nest: INestApplication;
  readonly send: (verb: string, path: string, options?: Sending) => Promise<supertest.Response>;
  readonly stop: () => Promise<void>;
}

/** Starts it on a port of its own. The sign-in is the module's, unless the options say otherwise. */
export async function startGuardedApp(parts: AppParts): Promise<GuardedApp> {
  const { platform, controllers, authz, providers = [], imports = [], prepare } = parts;

  @Module({
    imports: [...imports, AuthzModule.forRoot({ authenticate: HeaderSignIn, ...authz })],
    controllers,
    providers,
  })
  class AppModule {}

  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const nest = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
  prepare?.(nest);
  try {
    await nest.init();
  } catch (error) {
    await nest.close();
    throw error;
  }
  if (platform === 'fastify') await (nest as NestFastifyApplication).getHttpAdapter().getInstance().ready();
  await nest.listen(0, '127.0.0.1');
  const server = nest.getHttpServer() as Parameters<typeof supertest>[0];
  return {
    nest,
    send: (verb, path, { as, body } = {}) => {
      const agent = supertest(server) as unknown as Record<string, (path: string) => supertest.Test>;
      const request = agent[verb.toLowerCase()]?.(path);
      if (!request) throw new Error(`supertest knows no ${verb}`);
      if (as !== undefined) void request.set('x-user', as);
      return Promise.resolve(body === undefined ? request : request.send(body));
    },
    stop: () => nest.close(),
  };
}
