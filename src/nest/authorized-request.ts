import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ANONYMOUS_CALLER, type Author, type Caller } from '../core/caller.js';
import type { Answered } from '../core/decision-observer.js';
import { CastellanError } from '../core/errors.js';
import type { JsonObject, ObjectRef } from '../core/model.js';

// An app's own requests may have members of any name.
const AUTHORIZED = Symbol('castellan: what the guard decided on');
const GUARD_DECISION = Symbol('castellan: how the guard decided');

/** What the guard found out about a request: handlers take it from here, so that both speak of the same thing. */
export interface Authorized {
  /** The resource type that the route is about. */
  readonly type: string;
  /** The object in the path, as the guard parsed and decided it. */
  readonly object: DecidedObject | undefined;
}

/** An object that was decided on, with the attributes that a resolver brought along for it. */
export interface DecidedObject extends ObjectRef {
  readonly attributes?: JsonObject;
}

/** The part of a Fastify or Express request that is read and written here. */
export interface AuthorizableRequest {
  readonly method: string;
  readonly id?: unknown;
  readonly params?: unknown;
  user?: unknown;
  [AUTHORIZED]?: Authorized;
  [GUARD_DECISION]?: Answered;
}

/** Who makes the request; whoever the sign-in did not name is anonymous. */
export function callerOf(request: AuthorizableRequest): Caller {
  return isCaller(request.user) ? request.user : ANONYMOUS_CALLER;
}

/** The caller as the author of a write. */
export function authorOf(request: AuthorizableRequest): Author {
  return { subject: callerOf(request).subject, operator: false, requestId: requestIdOf(request) };
}

/** The id that the server gave the request; empty where it gives none. */
export function requestIdOf(request: AuthorizableRequest): string {
  return typeof request.id === 'string' ? request.id : '';
}

/** Leaves for the handler what the guard decides on. */
export function setAuthorized(request: AuthorizableRequest, authorized: Authorized): void {
  request[AUTHORIZED] = authorized;
}

/** What takes the guard's decision down with the request, for who keeps a log. */
export function tellingGuardDecision(request: AuthorizableRequest): (answered: Answered) => void {
  return (answered) => {
    request[GUARD_DECISION] = answered;
  };
}

/** How the guard decided about the request; undefined where the route asks it nothing, or it did not come to that. */
export function guardDecisionOf(request: AuthorizableRequest): Answered | undefined {
  return request[GUARD_DECISION];
}

/** The caller of the request, in a handler's parameter. */
export const CallerOfRequest = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  return callerOf(requestOf(context));
});

/** The caller of the request as the author of a write, in a handler's parameter. */
export const AuthorOfRequest = createParamDecorator((_: unknown, context: ExecutionContext): Author => {
  return authorOf(requestOf(context));
});

/**
 * The object that the guard decided on, in a handler's parameter: a handler that reads the path for itself may read another id.
 *
 * @example
 * \@Patch(':id')
 * change(\@Target() document: ObjectRef) {}
 */
export const Target = createParamDecorator((_: unknown, context: ExecutionContext): DecidedObject => {
  const object = requestOf(context)[AUTHORIZED]?.object;
  if (!object) throw new CastellanError('internal', 'The route declares no object.');
  return object;
});

/** The resource type that the guard read, in a handler's parameter. */
export const TargetType = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const type = requestOf(context)[AUTHORIZED]?.type;
  if (type === undefined) throw new CastellanError('internal', 'The route declares no resource type.');
  return type;
});

export function requestOf(context: ExecutionContext): AuthorizableRequest {
  return context.switchToHttp().getRequest<AuthorizableRequest>();
}

function isCaller(user: unknown): user is Caller {
  return typeof user === 'object' && user !== null && 'subject' in user && 'signedIn' in user;
}
