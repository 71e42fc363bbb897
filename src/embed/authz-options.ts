import type { CanActivate, ExecutionContext, InjectionToken, ModuleMetadata, Type } from '@nestjs/common';
import type { Mode } from '../core/model.js';
import { AuthzEngine } from '../core/ports/engine.js';
import { openDecisions } from '../store/decision-store.js';
import { requireIdForm, type IdForms } from '../nest/id-form.js';
import type { PolicyDefaults } from '../nest/route-policy.js';
import type { AppPool } from '../store/borrowed-connections.js';
import type { SubjectOfRequest } from './authz-subject.js';
import { DatabaseEngine } from './database-engine.js';
import { RemoteEngine } from './remote-engine.js';
import type { RemoteOptions } from './remote-options.js';

/** What answers the questions: a database, an app's own pool of `pg` on one, a Castellan service, or an engine. */
export type AuthzSource =
  | {
      /** The address of a database that Castellan's tables live in. */
      readonly databaseUrl: string;
      /** How many connections are opened at most, beside the three for decisions; 4 unless it is said. */
      readonly connections?: number;
    }
  | {
      /** The app's own pool: it is used, and never ended. */
      readonly pool: AppPool;
    }
  | RemoteOptions
  | {
      /** It is used, and never closed. */
      readonly engine: AuthzEngine;
    };

/** Signs a caller in: a guard (its class or an instance), or a function. It leaves who it is in the request. */
export type Authenticate = Type<CanActivate> | CanActivate | ((context: ExecutionContext) => unknown);

/** What a route is guarded by where it says nothing of it. */
export interface AuthzDefaults {
  /** Lets every signed-in caller in where a route declares nobody. Without it, such a route is refused. */
  readonly access?: 'signed-in';
  /** The path parameter that holds an object's id; `id` unless it is said. */
  readonly objectFrom?: string;
  readonly mode?: Mode;
  /** How ids are written where the app keeps them, of all types or by type: `'uuid'`, or `{ document: 'uuid', folder: 'int' }`. */
  readonly idForm?: IdForms;
}

/** How requests are guarded. */
export interface AuthzBehaviour {
  /** Says on whose behalf a request is made: `{ type, id }`, `'user:alice'`, or null for nobody. Reads `request.user` unless it is said. */
  readonly subject?: SubjectOfRequest;
  /**
   * The app's sign-in, for the guard to run before it decides. Without it, whatever signs callers in has to come first: a middleware, or a
   * guard that is an APP_GUARD as well. A guard said by `@UseGuards` on a controller comes too late.
   */
  readonly authenticate?: Authenticate;
  /** What becomes of routes that declare nobody who may use them: the app does not start (`refuse`), or they stay shut (`deny`). */
  readonly undeclaredRoutes?: 'refuse' | 'deny';
  readonly defaults?: AuthzDefaults;
  /**
   * Whether `authz.with(tx)` and the Prisma extension know by themselves which request they run in. Unless it is said, they do where something of
   * the app could have `Authz`. On Node 20 and 22 it costs every request of the app, on 24 nearly nothing.
   */
  readonly followRequests?: boolean;
  /** The WWW-Authenticate of an answer that asks for a sign-in, such as `Basic realm="blog"`. */
  readonly challenge?: string;
}

/** Whether every route is guarded (the usual thing), or those that say `@UseGuards(AuthzGuard)`. */
export interface GuardOption {
  readonly guard?: boolean;
}

export type AuthzOptions = AuthzSource & AuthzBehaviour;
export type AuthzModuleOptions = AuthzOptions & GuardOption;

/** Options that are yet to be had. */
export interface AuthzModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'>, GuardOption {
  readonly inject?: InjectionToken[];
  // oxlint-disable-next-line typescript/no-explicit-any -- what is injected has whatever type its token stands for
  readonly useFactory: (...injected: any[]) => AuthzOptions | Promise<AuthzOptions>;
}

const SOURCES = ['databaseUrl', 'pool', 'url', 'engine'] as const;

/** @throws TypeError for options that name no source, more than one, or one that can't be used. */
export function requireOneSource(options: AuthzOptions): void {
  const given = SOURCES.filter((source) => Reflect.get(options, source) !== undefined);
  if (given.length !== 1) {
    const named = given.length === 0 ? 'none of them' : given.join(' and ');
    throw new TypeError(
      `AuthzModule takes one of databaseUrl, pool, url (with a token, or a username and password) and engine; it was given ${named}.`,
    );
  }
  if ('pool' in options && typeof (options.pool as Partial<AppPool> | null)?.connect !== 'function')
    throw new TypeError('AuthzModule: `pool` is no pool of pg.');
  if ('engine' in options && typeof (options.engine as Partial<AuthzEngine> | null)?.decideAll !== 'function')
    throw new TypeError('AuthzModule: `engine` is no AuthzEngine.');
  if ('databaseUrl' in options && !/^postgres(ql)?:\/\//.test(options.databaseUrl))
    throw new TypeError(
      'AuthzModule: `databaseUrl` is an address of Postgres; it begins with postgres:// or postgresql://.',
    );
  if ('url' in options) requireOneCredential(options);
  const { idForm } = options.defaults ?? {};
  for (const form of typeof idForm === 'object' ? Object.values(idForm) : [idForm]) requireIdForm(form);
}

/** Opens what answers the questions. Connections are made as they are needed. @throws TypeError as {@link requireOneSource}. */
export function openEngine(options: AuthzOptions): AuthzEngine {
  requireOneSource(options);
  if ('engine' in options) return options.engine;
  if ('url' in options) return new RemoteEngine(options);
  if ('pool' in options) return new DatabaseEngine(openDecisions({ pool: options.pool }));
  return new DatabaseEngine(openDecisions({ url: options.databaseUrl, connections: options.connections ?? 4 }));
}

/** The defaults as policies of routes are read with them. */
export function policyDefaults({ defaults = {} }: AuthzBehaviour): PolicyDefaults {
  const { objectFrom = 'id', idForm, ...others } = defaults;
  return { ...others, objectParam: objectFrom, idForms: idForm };
}

function requireOneCredential(options: RemoteOptions): void {
  const { token, username, password }: { token?: unknown; username?: unknown; password?: unknown } = options;
  const byToken = typeof token === 'string' && username === undefined && password === undefined;
  const byPassword = typeof username === 'string' && typeof password === 'string' && token === undefined;
  if (!byToken && !byPassword)
    throw new TypeError('AuthzModule: `url` takes either a `token`, or a `username` and `password`.');
}
