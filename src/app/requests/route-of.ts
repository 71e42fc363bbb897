import type { FastifyRequest } from 'fastify';

/** The pattern of the route that a request came to, such as `/api/v1/users/:id`; `none` where there is no such route. */
export function routeOf({ routeOptions }: Pick<FastifyRequest, 'routeOptions'>): string {
  return routeOptions.url ?? 'none';
}
