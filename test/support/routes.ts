import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Every route that the HTTP server itself knows, as `GET /api/v1/users/:id`, whoever added it. */
export function servedRoutes(app: NestFastifyApplication): string[] {
  const tree = app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  const parents: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const branch = /^(?<indent>[│ ]*)[├└]── (?<part>.*?)(?: \((?<methods>[A-Z, ]+)\))?$/.exec(line)?.groups;
    if (!branch) return [];
    const depth = (branch['indent'] ?? '').length / 4;
    const path = `${depth === 0 ? '' : parents[depth - 1]}${branch['part']}`;
    parents[depth] = path;
    return (branch['methods'] ?? '').split(', ').flatMap((method) => (method === '' ? [] : `${method} ${path}`));
  });
}

/** Whether the client of the REST API has a method for the route: it leaves out what is there for people, and for clients of other kinds. */
export function isOfClient(route: string): boolean {
  return !/^GET \/(?:docs|docs\/:file|openapi\.json|metrics)$/.test(route);
}

/** The route that a request reaches: of those that fit, the one that names most of it. */
export function routeOf(routes: readonly string[], request: string): string | undefined {
  const fitting = routes.filter((route) =>
    new RegExp(`^${route.replaceAll('.', String.raw`\.`).replaceAll(/:\w+/g, '[^/]+')}$`).test(request),
  );
  const parameters = (route: string): number => route.split(':').length;
  return fitting.toSorted((one, other) => parameters(one) - parameters(other))[0];
}
