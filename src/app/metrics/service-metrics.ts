import { Registry, type MetricObjectWithValues, type MetricValue } from 'prom-client';
import { Metrics } from '../../core/ports/metrics.js';
import { DecisionMetrics } from './decision-metrics.js';
import { registerProcessMetrics, type Gauges } from './process-metrics.js';
import { RequestMetrics } from './request-metrics.js';

/** The figures of one service, in a registry of its own: two services in one process don't count for each other. */
export class ServiceMetrics extends Metrics {
  readonly #registry = new Registry();
  readonly decisions = new DecisionMetrics(this.#registry);
  readonly requests = new RequestMetrics(this.#registry);

  /** `ofAll` answers for all processes of the service, where there are several; null when it can't. */
  constructor(
    gauges: Gauges,
    private readonly ofAll?: () => Promise<string | null>,
  ) {
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

  async text(): Promise<string> {
    return (await this.ofAll?.()) ?? this.#registry.metrics();
  }

  /** The figures of this process, for whoever adds them to those of others. */
  figures(): Promise<MetricObjectWithValues<MetricValue<string>>[]> {
    return this.#registry.getMetricsAsJSON();
  }
}
