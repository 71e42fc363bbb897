import { SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

/**
 * Who may come in by a route. `public`: everybody, unasked. `signed-in`: every signed-in caller, what it may do being
 * decided by the handler's own write or question. `resource`: whoever the engine lets do the route's action. `decides-itself`:
 * whoever might do the action somewhere, what exactly being decided by the handler's own write.
 */
export type RouteAccess = 'public' | 'signed-in' | 'resource' | 'decides-itself';

/** Where a route finds the resource type it is about: a fixed one, or the value of a path parameter. */
export type ResourceSource = { readonly type: string } | { readonly typeParam: string };

/** What is declared for one route, a method's declaration going over its class's. */
export interface RoutePolicy {
  readonly access: RouteAccess | undefined;
  readonly resource: ResourceSource | undefined;
  /** The action that goes over the one the HTTP verb stands for. */
  readonly action: string | undefined;
  /** The path parameter that holds the object's id. */
  readonly objectParam: string;
}

const ACCESS = 'castellan:access';
const RESOURCE = 'castellan:resource';
const ACTION = 'castellan:action';
const OBJECT_PARAM = 'castellan:object-param';

/** Lets everybody in: the route needs no sign-in, and none is looked at. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(ACCESS, 'public' satisfies RouteAccess);

/** Lets every signed-in caller in: for routes whose handler decides, inside its transaction, what the caller may do. */
export const SignedIn = (): MethodDecorator & ClassDecorator => SetMetadata(ACCESS, 'signed-in' satisfies RouteAccess);

/**
 * Guards a controller's routes by the engine: the verb says the action, the path says the object.
 *
 * @example
 * \@Resource('document')
 * \@Controller('documents')
 * class DocumentsController {}
 */
export function Resource(source: string | ResourceSource): MethodDecorator & ClassDecorator {
  const resource: ResourceSource = typeof source === 'string' ? { type: source } : source;
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const decorated = (descriptor ? [target, key, descriptor] : [target]) as [object];
    (SetMetadata(ACCESS, 'resource' satisfies RouteAccess) as (...of: unknown[]) => void)(...decorated);
    (SetMetadata(RESOURCE, resource) as (...of: unknown[]) => void)(...decorated);
  };
}

/**
 * Lets in whoever might do the route's action on something of the type, and leaves the decision to the handler's own write: for routes whose body
 * says what they are about. Goes with a `@Resource` on the controller, whose path parameters it reads.
 */
export const DecidesItself = (): MethodDecorator => SetMetadata(ACCESS, 'decides-itself' satisfies RouteAccess);

/** Names the action of a route, where the verb would name another. */
export const Action = (action: string): MethodDecorator & ClassDecorator => SetMetadata(ACTION, action);

/** Names the path parameter that holds the object's id, where it is not `id`. */
export const ObjectFrom = (param: string): MethodDecorator & ClassDecorator => SetMetadata(OBJECT_PARAM, param);

/** What is declared for the route in hand. A route that declares nothing has no access, and nobody is let in. */
export function routePolicy(
  reflector: Reflector,
  context: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): RoutePolicy {
  const read = (key: string): unknown =>
    reflector.getAllAndOverride<unknown>(key, [context.getHandler(), context.getClass()]);
  return {
    access: read(ACCESS) as RouteAccess | undefined,
    resource: read(RESOURCE) as ResourceSource | undefined,
    action: read(ACTION) as string | undefined,
    objectParam: (read(OBJECT_PARAM) as string | undefined) ?? 'id',
  };
}

/** Whether the route in hand is declared public. */
export function isPublic(reflector: Reflector, context: Pick<ExecutionContext, 'getHandler' | 'getClass'>): boolean {
  return routePolicy(reflector, context).access === 'public';
}
