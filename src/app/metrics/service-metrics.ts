import { Registry } from 'prom-client';
import { Metrics } from '../../core/ports/metrics.js';
import { DecisionMetrics } from './decision-metrics.js';
import { registerProcessMetrics, type Gauges } from './process-metrics.js';
import { RequestMetrics } from './request-metrics.js';

/** The figures of one service, in a registry of its own: two services in one process don't count for each other. */
export class ServiceMetrics extends Metrics {
  readonly #registry = new Registry();
  readonly decisions = new DecisionMetrics(this.#registry);
  readonly requests = new RequestMetrics(this.#registry);

  constructor(gauges: Gauges) {
    super();
    registerProcessMetrics(this.#registry, gauges);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The names of all metrics, with what each says. */
  get listed(): readonly { readonly name: string; readonly help: string }[] {
    return this.#registry.getMetricsAsArray();
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
