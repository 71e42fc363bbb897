import { Counter, type Registry } from 'prom-client';
import type { EndedRequest, RefusalReason, RequestObserver } from '../requests/requests-under-way.js';
import { routeOf } from '../requests/route-of.js';
import { LatencyHistogram, type LatencySeries } from './latency-histogram.js';

/** Measures requests by method, route and status, and counts those that were refused unseen. */
export class RequestMetrics implements RequestObserver {
  readonly #latency = new LatencyHistogram(
    'castellan_http_request_duration_seconds',
    'How long requests took, by method, pattern of the route and status.',
  );
  readonly #series = new Map<string, Map<string, Map<number, LatencySeries>>>();
  readonly #refused: Counter<'why'>;

  constructor(registry: Registry) {
    registry.registerMetric(this.#latency as never);
    this.#refused = new Counter({
      name: 'castellan_http_requests_refused_total',
      help: 'Requests refused unseen: too many under way (overloaded), or the service stops (stopping).',
      labelNames: ['why'],
      registers: [registry],
    });
    for (const why of ['overloaded', 'stopping'] as const) this.#refused.inc({ why }, 0);
  }

  ended({ request, status, seconds }: EndedRequest): void {
    this.#seriesOf(request.method, routeOf(request), status).observe(seconds);
  }

  refused(why: RefusalReason): void {
    this.#refused.inc({ why });
  }

  // Each is bounded by what there is: routes, and the methods and statuses that the server knows.
  #seriesOf(method: string, route: string, status: number): LatencySeries {
    let methods = this.#series.get(route);
    if (!methods) this.#series.set(route, (methods = new Map()));
    let statuses = methods.get(method);
    if (!statuses) methods.set(method, (statuses = new Map()));
    let series = statuses.get(status);
    if (!series) statuses.set(status, (series = this.#latency.series({ method, route, status: String(status) })));
    return series;
  }
}
