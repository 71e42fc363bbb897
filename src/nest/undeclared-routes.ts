import { RequestMethod, type INestApplication, type Type } from '@nestjs/common';
import { MODULE_PATH, PATH_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { routePolicy, type PolicyDefaults, type RoutePolicy } from './route-policy.js';

/** One route of an application, with what it declares. */
export interface DeclaredRoute {
  /** `GET /api/v1/users/:id` */
  readonly route: string;
  /** `GET`, or `ALL`; undefined for a handler of messages. */
  readonly verb: string | undefined;
  /** The names of the parameters in its path, prefixes included. */
  readonly params: readonly string[];
  /** Those of them that stand in a prefix: of the module (by `RouterModule`), or of the application. */
  readonly prefixParams: readonly string[];
  readonly policy: RoutePolicy;
  readonly controller: Type;
  readonly handler: Handler;
}

type Handler = (...args: unknown[]) => unknown;

// What @MessagePattern and @EventPattern leave behind; @nestjs/microservices need not be there.
const PATTERN_METADATA = 'microservices:pattern';

/** Every route that the application's controllers have. Takes Nest's DiscoveryModule among the application's imports. */
export function declaredRoutes(app: INestApplication): DeclaredRoute[] {
  return routesOf(app.get(DiscoveryService, { strict: false }), app.get(Reflector));
}

/** What stands before the paths of controllers. */
export interface PathPrefixes {
  /** Of the application, by `setGlobalPrefix`; routes that are excluded from it are taken for routes that are not. */
  readonly global: string;
  /** Of an application whose modules `RouterModule` gave paths. */
  readonly applicationId: string;
}

/** The same, for who has the parts of it. */
export function routesOf(
  discovery: DiscoveryService,
  reflector: Reflector,
  defaults: PolicyDefaults = {},
  { global, applicationId }: PathPrefixes = { global: '', applicationId: '' },
): DeclaredRoute[] {
  const scanner = new MetadataScanner();
  return discovery.getControllers().flatMap(({ metatype, host }) => {
    if (typeof metatype !== 'function') return [];
    const controller = metatype as Type;
    const modulePath = pathOfModule(host?.metatype, applicationId);
    const prefixParams = paramsOf(`${global}/${modulePath}`);
    const prototype = controller.prototype as Record<string, Handler>;
    return scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      if (!handler) return [];
      const policy = routePolicy(
        reflector,
        { getHandler: () => handler, getClass: () => controller as never },
        defaults,
      );
      return pathsOf(controller, handler, modulePath).map(({ route, verb, params }) => ({
        route,
        verb,
        params: [...prefixParams, ...params],
        prefixParams,
        policy,
        controller,
        handler,
      }));
    });
  });
}

// As Nest itself looks it up.
function pathOfModule(module: object | null | undefined, applicationId: string): string {
  if (!module) return '';
  const path = (Reflect.getMetadata(MODULE_PATH + applicationId, module) ??
    Reflect.getMetadata(MODULE_PATH, module)) as unknown;
  return typeof path === 'string' ? path : '';
}

function pathsOf(
  controller: Type,
  handler: Handler,
  modulePath: string,
): Pick<DeclaredRoute, 'route' | 'verb' | 'params'>[] {
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
  if (method === undefined) {
    if (Reflect.getMetadata(PATTERN_METADATA, handler) === undefined) return [];
    return [{ route: `messages to ${controller.name}.${handler.name}`, verb: undefined, params: [] }];
  }
  const verb = RequestMethod[method];
  const paths = [controller, handler].map((of) => [Reflect.getMetadata(PATH_METADATA, of) as string | string[]].flat());
  return joined(paths).map((path) => ({
    route: `${verb} ${joined([[modulePath], [path]]).join('')}`,
    verb,
    params: paramsOf(path),
  }));
}

// `:id` and `*path`; a `*` by itself is a parameter of that name on Fastify.
function paramsOf(path: string): string[] {
  return [...path.matchAll(/:([\w$]+)|\*([\w$]*)/g)].map(([, name, wildcard]) => name ?? (wildcard || '*'));
}

/**
 * Refuses to go on with an application in which a route declares nothing: it would be shut to all, and nobody would know why.
 *
 * @throws Error naming each such route.
 */
export function requireDeclaredRoutes(app: INestApplication): void {
  const undeclared = declaredRoutes(app).filter(({ policy }) => policy.access === undefined);
  if (undeclared.length === 0) return;
  const names = undeclared.map(({ route }) => `  ${route}`).join('\n');
  throw new Error(
    `These routes declare nobody who may use them; say @Resource, @SignedIn, @DecidesItself or @Public on each:\n${names}`,
  );
}

function joined([bases = [''], paths = ['']]: string[][]): string[] {
  const slash = (part: string): string => part.replaceAll(/^\/+|\/+$/g, '');
  return bases.flatMap((base) =>
    paths.map((path) => `/${[slash(base), slash(path)].filter((part) => part !== '').join('/')}`),
  );
}
