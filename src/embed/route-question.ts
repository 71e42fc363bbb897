import type { IncomingHttpHeaders } from 'node:http';
import { ModuleRef } from '@nestjs/core';
import { CastellanError } from '../core/errors.js';
import { faultOfId, faultOfName } from '../core/identifiers.js';
import type { ObjectRef } from '../core/model.js';
import type { AuthorizableRequest } from '../nest/authorized-request.js';
import type { ParentSource, ProposedObject, ProposedSource } from '../nest/creation-sources.js';
import type { IdForm } from '../core/id-forms.js';
import { idFormOf, isCanonicalId } from '../nest/id-form.js';
import type { AppId, AppRequest, ObjectResolver, Resolution } from '../nest/object-source.js';
import type { RoutePolicy } from '../nest/route-policy.js';
import { VERB_ACTIONS } from '../nest/verb-actions.js';
import { faultOfAddition, isAddition, parametersOfObjects } from './path-parameters.js';
import { bodyAt, isObject } from './request-body.js';
import { asJson, readRef, textOf, type ObjectArgument, type ReadObject } from './object-argument.js';

/** A request as it comes from Express or Fastify. */
export type HttpRequest = AuthorizableRequest & {
  readonly body?: unknown;
  readonly query?: unknown;
  readonly headers?: IncomingHttpHeaders;
};

/** What a request asks of the engine. */
export type RouteQuestion = { readonly type: string; readonly action: string } &
  /** Something of the type as a whole; where it is viewing, it is a list. */
  (
    | { readonly about: 'type' }
    | ({ readonly about: 'object' } & ReadObject)
    /** An object that there can't be, or that a resolver did not find. */
    | { readonly about: 'nothing' }
    | { readonly about: 'addition'; readonly parent: ObjectRef | null; readonly proposed: ProposedObject }
  );

/**
 * Reads what a request asks, as its route declares it; at once, unless something has to be found first.
 *
 * @throws CastellanError `forbidden` for what is not declared well enough to be asked; and as the app's own resolvers do.
 */
export function routeQuestion(
  policy: RoutePolicy,
  request: HttpRequest,
  moduleRef: ModuleRef,
): RouteQuestion | Promise<RouteQuestion> {
  const params = (request.params ?? {}) as Params;
  const type = typeOf(policy, params);
  const action = policy.action ?? VERB_ACTIONS[request.method];
  if (action === undefined) throw undeclared(`${request.method} stands for no action; @Action names one`);
  if (faultOfName(type)) return { about: 'nothing', type, action };
  const { object: source } = policy;
  if (isAddition(policy)) return additionQuestion(policy, { type, action }, request, moduleRef);
  if (source === null) return { about: 'type', type, action };
  if (typeof source === 'function')
    return resolve(source, request, moduleRef).then((resolution) => objectQuestion(policy, type, action, resolution));
  const id = paramOf(params, policy.objectParam);
  if (id !== undefined) return objectQuestion(policy, type, action, id);
  // A path with parameters names something: to take it for a list would let everybody in.
  if (parametersOfObjects(policy, Object.keys(params)).length > 0)
    throw undeclared(
      `none of its parameters is :${policy.objectParam}; @ObjectFrom or @ParentFrom names another, or @NoObject`,
    );
  return { about: 'type', type, action };
}

async function additionQuestion(
  policy: RoutePolicy,
  { type, action }: { readonly type: string; readonly action: string },
  request: HttpRequest,
  moduleRef: ModuleRef,
): Promise<RouteQuestion> {
  const fault = faultOfAddition(policy, action, Object.keys(request.params ?? {}));
  if (fault !== undefined) throw undeclared(fault);
  const { parent, proposed } = policy;
  const formOf = (parentType: string): IdForm | undefined => formOfIds(policy, type, parentType);
  const below = parent === undefined ? null : await parentOf(parent, formOf, request, moduleRef);
  if (below === undefined) return { about: 'nothing', type, action };
  const proposal = proposed === undefined ? { attributes: {} } : await proposalOf(proposed, request, moduleRef);
  return { about: 'addition', type, action, parent: below, proposed: proposal };
}

type Params = Readonly<Record<string, string | readonly string[] | undefined>>;

// Express gives what a wildcard stands for in its segments.
function paramOf(params: Params, name: string): string | undefined {
  const value = Object.hasOwn(params, name) ? params[name] : undefined;
  return typeof value === 'object' ? value.join('/') : value;
}

/** What is told of a route that nobody can use. */
export function undeclared(why: string): CastellanError {
  return new CastellanError('forbidden', 'This route declares nobody who may use it.', [], { cause: new Error(why) });
}

function typeOf({ resource }: RoutePolicy, params: Params): string {
  if (!resource) throw undeclared('it names no resource type');
  if ('type' in resource) return resource.type;
  const type = paramOf(params, resource.typeParam);
  if (type === undefined) throw undeclared(`its path has no parameter :${resource.typeParam}`);
  return type;
}

function objectQuestion(policy: RoutePolicy, type: string, action: string, resolution: Resolution): RouteQuestion {
  const read = readResolution(policy, resolution, type);
  if (!read) return { about: 'nothing', type, action };
  return { about: 'object', type: read.object.type, action, ...read };
}

/** Null where there is none. */
function readResolution(policy: RoutePolicy, resolution: Resolution, type: string): ReadObject | null {
  if (resolution === null || resolution === undefined) return null;
  const named = typeof resolution === 'object' ? resolution : { id: resolution };
  if (named.id === null || named.id === undefined) return null;
  const object = { type: named.type ?? type, id: textOf(named.id) };
  if (!canBe(object, formOfIds(policy, type, object.type))) return null;
  return { object, attributes: named.attributes && asJson(named.attributes) };
}

/** Whether there can be such an object, and this is how its id is written. */
function canBe({ type, id }: ObjectRef, form: IdForm | undefined): boolean {
  return !faultOfName(type) && !faultOfId(id) && isCanonicalId(id, form);
}

/** How the ids of a type are written on this route. */
export function idFormsOn(policy: RoutePolicy, request: HttpRequest): (type: string) => IdForm | undefined {
  return (type) => formOfIds(policy, typeOf(policy, (request.params ?? {}) as Params), type);
}

/** The form of ids of the type, on a route that is about `routeType`. */
function formOfIds({ resource, idForms }: RoutePolicy, routeType: string, type: string): IdForm | undefined {
  return (type === routeType ? resource?.id : undefined) ?? idFormOf(idForms, type);
}

async function resolve(source: ObjectResolver<never>, request: HttpRequest, moduleRef: ModuleRef): Promise<Resolution> {
  return (source as ObjectResolver)(request as AppRequest, moduleRef);
}

/** Null for none; undefined for one that there can't be. */
async function parentOf(
  source: ParentSource,
  formOf: (type: string) => IdForm | undefined,
  request: HttpRequest,
  moduleRef: ModuleRef,
): Promise<ObjectRef | null | undefined> {
  if (typeof source === 'function') return parentNamed(await resolve(source, request, moduleRef), formOf);
  const form = (type: string): IdForm | undefined => source.id ?? formOf(type);
  if ('param' in source) {
    const id = paramOf((request.params ?? {}) as Params, source.param);
    if (id === undefined) throw undeclared(`its path has no parameter :${source.param}`);
    return parentNamed({ type: source.type, id }, form);
  }
  const value = bodyAt(request, source.body);
  if (value === undefined || value === null) return null;
  if (source.type === undefined) return parentNamed(value as Resolution, form);
  return isId(value) ? parentNamed({ type: source.type, id: value }, form) : undefined;
}

function parentNamed(
  resolution: Resolution,
  formOf: (type: string) => IdForm | undefined,
): ObjectRef | null | undefined {
  if (resolution === null || resolution === undefined) return null;
  try {
    const argument = typeof resolution === 'string' ? readRef(resolution, 'a parent') : (resolution as ObjectArgument);
    const { type, id } = argument as { type?: unknown; id?: unknown };
    if (typeof type !== 'string' || !isId(id)) return undefined;
    const parent = { type, id: textOf(id) };
    return canBe(parent, formOf(type)) ? parent : undefined;
  } catch {
    return undefined;
  }
}

async function proposalOf(source: ProposedSource, request: HttpRequest, moduleRef: ModuleRef): Promise<ProposedObject> {
  if (typeof source === 'function') {
    type Resolver = (request: AppRequest, moduleRef: ModuleRef) => ProposedObject | Promise<ProposedObject>;
    const { id, attributes } = await (source as Resolver)(request as AppRequest, moduleRef);
    return { ...(id === undefined ? {} : { id }), attributes: asJson(attributes) };
  }
  const value = bodyAt(request, source.body);
  return { attributes: isObject(value) ? asJson(value) : {} };
}

function isId(value: unknown): value is AppId {
  return typeof value === 'string' || typeof value === 'bigint' || Number.isSafeInteger(value);
}
