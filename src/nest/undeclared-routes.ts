import { RequestMethod, type INestApplication } from '@nestjs/common';
import { PATH_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { routePolicy, type RoutePolicy } from './route-policy.js';

/** One route of an application, with what it declares. */
export interface DeclaredRoute {
  /** `GET /api/v1/users/:id` */
  readonly route: string;
  readonly policy: RoutePolicy;
}

/** Every route that the application's controllers have. Takes Nest's DiscoveryModule among the application's imports. */
export function declaredRoutes(app: INestApplication): DeclaredRoute[] {
  const reflector = app.get(Reflector);
  const scanner = new MetadataScanner();
  return app
    .get(DiscoveryService, { strict: false })
    .getControllers()
    .flatMap(({ instance, metatype }) => {
      if (!metatype || typeof instance !== 'object' || instance === null) return [];
      const prototype = Object.getPrototypeOf(instance) as Record<string, (...args: unknown[]) => unknown>;
      return scanner.getAllMethodNames(prototype).flatMap((name) => {
        const handler = prototype[name];
        const method = handler && (Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined);
        if (!handler || method === undefined) return [];
        const paths = [metatype, handler].map((of) =>
          [Reflect.getMetadata(PATH_METADATA, of) as string | string[]].flat(),
        );
        const policy = routePolicy(reflector, { getHandler: () => handler, getClass: () => metatype as never });
        return joined(paths).map((path) => ({ route: `${RequestMethod[method]} ${path}`, policy }));
      });
    });
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
