import { Counter, Gauge, type Registry } from 'prom-client';

/** A metric whose values are looked up when they are asked for. */
export interface Measured<Metric> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** Sets the values, of which there are none yet. */
  readonly measure: (metric: Metric) => void;
}

/** Adds a gauge to the registry. */
export function addGauge(registry: Registry, { measure, labelNames = [], ...named }: Measured<Gauge>): void {
  const gauge: Gauge = new Gauge({
    ...named,
    labelNames: [...labelNames],
    registers: [],
    collect: () => {
      gauge.reset();
      measure(gauge);
    },
  });
  registry.registerMetric(gauge);
}

/** Adds a counter to the registry, of what is counted elsewhere. */
export function addCounter(registry: Registry, { measure, labelNames = [], ...named }: Measured<Counter>): void {
  const counter: Counter = new Counter({
    ...named,
    labelNames: [...labelNames],
    registers: [],
    collect: () => {
      counter.reset();
      measure(counter);
    },
  });
  registry.registerMetric(counter);
}
