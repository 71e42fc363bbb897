import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { z } from 'zod';
import type { DeclaredRoute } from '../../nest/undeclared-routes.js';
import { id, name } from '../../api/schemas.js';

/** The schemas through which a route reads its requests. */
export interface RouteSchemas {
  readonly body: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  /** Every parameter of its path, in the order of the path. */
  readonly params: ReadonlyMap<string, z.ZodType>;
}

/** Reads the schemas that the parameters of a route's handler name; the guard's own reading of the path goes for what none names. */
export function schemasOf({ controller, handler, params, policy }: DeclaredRoute): RouteSchemas {
  const read = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler.name) ?? {}) as Record<
    string,
    { readonly schema?: unknown }
  >;
  const schemaOf = (kind: RouteParamtypes): z.ZodType | undefined => {
    const found = Object.entries(read).find(([key]) => key.startsWith(`${kind}:`))?.[1].schema;
    return found instanceof z.ZodType ? found : undefined;
  };
  const ofParams = schemaOf(RouteParamtypes.PARAM);
  const shape = ofParams instanceof z.ZodObject ? (ofParams.shape as Record<string, z.ZodType>) : {};
  const { resource } = policy;
  const typeParam = resource && 'typeParam' in resource ? resource.typeParam : undefined;
  return {
    body: schemaOf(RouteParamtypes.BODY),
    query: schemaOf(RouteParamtypes.QUERY),
    params: new Map(params.map((param) => [param, shape[param] ?? (param === typeParam ? name : id)])),
  };
}
