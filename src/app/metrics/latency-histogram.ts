import type { MetricObjectWithValues, MetricValueWithName } from 'prom-client';

/** Counts of what took how long, for one set of labels. */
export class LatencySeries {
  readonly counts: Float64Array;
  sum = 0;

  constructor(
    readonly labels: Readonly<Record<string, string>>,
    private readonly bounds: readonly number[],
  ) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(seconds: number): void {
    const { bounds, counts } = this;
    let index = 0;
    while (index < bounds.length && seconds > (bounds[index] as number)) index += 1;
    counts[index] = (counts[index] as number) + 1;
    this.sum += seconds;
  }
}

const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * A histogram for a registry of prom-client. Its own finds the labels anew by their text for each value, which takes as long as
 * much of a decision does; here who observes holds on to the series.
 */
export class LatencyHistogram {
  readonly type = 'histogram';
  readonly #series: LatencySeries[] = [];

  constructor(
    readonly name: string,
    readonly help: string,
  ) {}

  /** Makes the series of these labels, which there must not be yet. */
  series(labels: Readonly<Record<string, string>>): LatencySeries {
    const made = new LatencySeries(labels, BOUNDS);
    this.#series.push(made);
    return made;
  }

  /** What prom-client asks a metric for. */
  get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    const values = this.#series.flatMap((series) => this.#valuesOf(series));
    return Promise.resolve({
      name: this.name,
      help: this.help,
      type: this.type as never,
      aggregator: 'sum',
      collect: () => {},
      values,
    });
  }

  reset(): void {
    for (const series of this.#series) {
      series.counts.fill(0);
      series.sum = 0;
    }
  }

  #valuesOf({ labels, counts, sum }: LatencySeries): MetricValueWithName<string>[] {
    let total = 0;
    const buckets = [...counts].map((count, index) => {
      total += count;
      return { metricName: `${this.name}_bucket`, labels: { ...labels, le: BOUNDS[index] ?? '+Inf' }, value: total };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: total },
    ];
  }
}
