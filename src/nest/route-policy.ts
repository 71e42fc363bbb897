import { SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Mode as CoreMode } from '../core/model.js';
import { PARENT, PROPOSED, type ParentSource, type ProposedSource } from './creation-sources.js';
import type { IdForm } from '../core/id-forms.js';
import { requireIdForm, type IdForms } from './id-form.js';
import { OBJECT, type AppRequest, type ObjectResolver, type ObjectSource } from './object-source.js';

/**
 * Who may come in by a route. `public`: everybody, unasked. `signed-in`: every signed-in caller, what it may do being
 * decided by the handler's own write or question. `resource`: whoever the engine lets do the route's action. `decides-itself`:
 * whoever might do the action somewhere, what exactly being decided by the handler's own write.
 */
export type RouteAccess = 'public' | 'signed-in' | 'resource' | 'decides-itself';

/** Where a route finds the resource type it is about: a fixed one, or the value of a path parameter. `id` is the form of its ids. */
export type ResourceSource = ({ readonly type: string } | { readonly typeParam: string }) & { readonly id?: IdForm };

/** What is declared for one route, a method's declaration going over its class's. */
export interface RoutePolicy {
  readonly access: RouteAccess | undefined;
  readonly resource: ResourceSource | undefined;
  /** Whether tokens that are narrowed to some permissions come in where the guard itself decides nothing. */
  readonly heedsNarrowing: boolean;
  /** The action that goes over the one the HTTP verb stands for. */
  readonly action: string | undefined;
  /** The path parameter that holds the object's id, unless `object` says otherwise. */
  readonly objectParam: string;
  /** Where the object comes from, if not from a path parameter. */
  readonly object: Exclude<ObjectSource, string> | undefined;
  readonly mode: CoreMode | undefined;
  /** How ids are written, where neither the resource nor the parent says it. */
  readonly idForms: IdForms | undefined;
  readonly parent: ParentSource | undefined;
  readonly proposed: ProposedSource | undefined;
}

/** What counts for routes that say nothing of it. */
export type PolicyDefaults = Partial<Pick<RoutePolicy, 'access' | 'objectParam' | 'mode' | 'idForms'>>;

const ACCESS = 'castellan:access';
const RESOURCE = 'castellan:resource';
const HEEDS_NARROWING = 'castellan:heeds-narrowing';
export const ACTION = 'castellan:action';
export const MODE = 'castellan:mode';

/** Lets everybody in: the route needs no sign-in, and none is looked at. */
export const Public = (): MethodDecorator & ClassDecorator => access('public');

/** Lets every signed-in caller in: for routes whose handler decides, inside its transaction, what the caller may do. */
export const SignedIn = (): MethodDecorator & ClassDecorator => access('signed-in');

/**
 * Guards a controller's routes by the engine: the verb says the action, the path says the object.
 *
 * @example
 * \@Resource('document')
 * \@Controller('documents')
 * class DocumentsController {}
 *
 * @example
 * \@Resource({ type: 'document', id: 'uuid' })
 */
export function Resource(source: string | ResourceSource): MethodDecorator & ClassDecorator {
  const resource: ResourceSource = typeof source === 'string' ? { type: source } : source;
  requireIdForm(resource.id);
  return decorating(access('resource'), SetMetadata(RESOURCE, resource));
}

/**
 * Lets narrowed tokens in as well, where the guard does not decide itself (a signed-in route, a list): the handler must ask for all that it does by the
 * caller's own subject, which knows what the token names. Without it they are refused there.
 */
export const HeedsNarrowing = (): MethodDecorator & ClassDecorator => SetMetadata(HEEDS_NARROWING, true);

/**
 * Lets in whoever might do the route's action on something of the type, and leaves the decision to the handler's own write: for routes whose body
 * says what they are about. Goes with a `@Resource` on the controller, whose path parameters it reads.
 */
export const DecidesItself = (): MethodDecorator => access('decides-itself');

/**
 * Names the action of a route, where the verb would name another.
 *
 * @example
 * \@Action('publish')
 * \@Post(':id/publish')
 */
export const Action = (action: string): MethodDecorator & ClassDecorator => SetMetadata(ACTION, action);

/**
 * Says where a route's object comes from: the path parameter that holds its id, where it is not `id`, or a function that finds it. The
 * function answers an id, or `{ id, type?, attributes? }` (the attributes go over those stored, for conditions), or null where there is none.
 *
 * @example
 * \@ObjectFrom('slug')
 * \@ObjectFrom((request) => ({ type: 'profile', id: request.params['userId'] ?? '' }))
 */
export function ObjectFrom<Request = AppRequest>(
  source: string | ObjectResolver<Request>,
): MethodDecorator & ClassDecorator {
  return SetMetadata(OBJECT, source);
}

/** Says that a route is about no object in particular, whatever parameters its path has: a list, or something of the type as a whole. */
export const NoObject = (): MethodDecorator & ClassDecorator => SetMetadata(OBJECT, null satisfies ObjectSource);

/**
 * Goes over the mode of the resource type for these routes: `both` takes a rule placed everywhere and one on the object.
 *
 * @example
 * \@Resource('document')
 * \@Mode('both')
 * class DocumentsController {}
 */
export const Mode = (mode: CoreMode): MethodDecorator & ClassDecorator => SetMetadata(MODE, mode);
export type Mode = CoreMode;

/**
 * What is declared for the route in hand. A route that declares nothing has no access, and nobody is let in: what a base class says of who
 * may use it counts for the base class alone.
 */
export function routePolicy(
  reflector: Reflector,
  context: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
  defaults: PolicyDefaults = {},
): RoutePolicy {
  const read = (key: string): unknown =>
    reflector.getAllAndOverride<unknown>(key, [context.getHandler(), context.getClass()]);
  const readOwn = (key: string): unknown =>
    Reflect.getOwnMetadata(key, context.getHandler()) ?? Reflect.getOwnMetadata(key, context.getClass());
  const inherited = read(OBJECT) as ObjectSource | undefined;
  // That a base class is about no object would make lists of what its children show.
  const source = inherited === null ? (declaresNoObject(context) ? null : undefined) : inherited;
  return {
    // A child that forgot what its base class says is no route that says nothing: no default opens it.
    access:
      (readOwn(ACCESS) as RouteAccess | undefined) ??
      (inheritsAccess(context.getClass()) ? undefined : defaults.access),
    resource: readOwn(RESOURCE) as ResourceSource | undefined,
    heedsNarrowing: readOwn(HEEDS_NARROWING) === true,
    action: read(ACTION) as string | undefined,
    objectParam: typeof source === 'string' ? source : (defaults.objectParam ?? 'id'),
    object: typeof source === 'string' ? undefined : source,
    mode: (read(MODE) as CoreMode | undefined) ?? defaults.mode,
    idForms: defaults.idForms,
    parent: read(PARENT) as ParentSource | undefined,
    proposed: read(PROPOSED) as ProposedSource | undefined,
  };
}

/** Whether a base class says who may use its routes, and this controller does not. */
export function inheritsAccess(controller: object): boolean {
  return Reflect.hasMetadata(ACCESS, controller) && !Reflect.hasOwnMetadata(ACCESS, controller);
}

function declaresNoObject(context: Pick<ExecutionContext, 'getHandler' | 'getClass'>): boolean {
  return [context.getHandler(), context.getClass()].some((of) => Reflect.getOwnMetadata(OBJECT, of) === null);
}

/** Whether the route in hand is declared public. */
export function isPublic(reflector: Reflector, context: Pick<ExecutionContext, 'getHandler' | 'getClass'>): boolean {
  return routePolicy(reflector, context).access === 'public';
}

function access(value: RouteAccess): MethodDecorator & ClassDecorator {
  return decorating(
    (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
      const decorated = (descriptor?.value ?? target) as { readonly name?: string };
      const other = Reflect.getOwnMetadata(ACCESS, decorated) as RouteAccess | undefined;
      // Which of the two counts would hang on their order.
      if (other !== undefined && other !== value)
        throw new Error(`${decorated.name ?? 'A route'} is declared both ${other} and ${value}: say one of them.`);
    },
    SetMetadata(ACCESS, value),
  );
}

type AnyDecorator = (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => unknown;

function decorating(...decorators: AnyDecorator[]): MethodDecorator & ClassDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    for (const decorator of decorators) decorator(target, key, descriptor);
  };
}
