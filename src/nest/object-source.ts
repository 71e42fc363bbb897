import type { ModuleRef } from '@nestjs/core';

/** What a resolver is given where it says nothing else: the parts that requests of Express and of Fastify have in common. */
export interface AppRequest {
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
  readonly user?: unknown;
}

/** An id as apps have them; it is written in decimal where it is a number. */
export type AppId = string | number | bigint;

/** An object as a resolver finds it. */
export interface ResolvedObject {
  /** The route's own type where it is left out. */
  readonly type?: string;
  /** Null or undefined where there is no such object. */
  readonly id: AppId | null | undefined;
  /** They go over those that are stored, for the conditions of this decision. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** Null or undefined where there is no such object. */
export type Resolution = ResolvedObject | AppId | null | undefined;

/** Finds the object of a request, before the handler runs; providers are had from the module reference. */
export type ObjectResolver<Request = AppRequest> = (
  request: Request,
  moduleRef: ModuleRef,
) => Resolution | Promise<Resolution>;

/** Where a route's object comes from: a path parameter, a resolver, or (null) the route is about none. */
export type ObjectSource = string | ObjectResolver<never> | null;

export const OBJECT = 'castellan:object';
