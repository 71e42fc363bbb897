import type { Counter, Registry } from 'prom-client';
import type { Answered, DecisionObserver } from '../../core/decision-observer.js';
import { LatencyHistogram, type LatencySeries } from './latency-histogram.js';
import { addCounter } from './measured.js';

const MOST_PERMISSIONS = 500;
const UNKNOWN = 'unknown';
const OTHER = 'other';

interface Count {
  readonly type: string;
  readonly action: string;
  allow: number;
  deny: number;
}

/** Counts decisions by resource type, action and verdict. Only registered types and actions are named, and of those so many. */
export class DecisionMetrics implements DecisionObserver {
  readonly #counts = new Map<string, Map<string, Count>>();
  #permissions = 0;
  readonly #latency: LatencySeries;
  #failed = 0;

  constructor(registry: Registry) {
    const latency = new LatencyHistogram(
      'castellan_decision_duration_seconds',
      'How long questions that were put together waited for their decisions.',
    );
    this.#latency = latency.series({});
    registry.registerMetric(latency as never);
    addCounter(registry, {
      name: 'castellan_decisions_total',
      help: 'Decisions, by resource type, action and verdict.',
      labelNames: ['type', 'action', 'verdict'],
      measure: (metric) => this.#tell(metric),
    });
    addCounter(registry, {
      name: 'castellan_decisions_failed_total',
      help: 'Times that questions were left without a decision, as the database did not answer or too many waited.',
      measure: (metric) => metric.inc(this.#failed),
    });
  }

  begin(): (answered: readonly Answered[] | null) => void {
    const startedAt = performance.now();
    return (answered) => {
      this.#latency.observe((performance.now() - startedAt) / 1000);
      if (answered) for (const each of answered) this.#count(each);
      else this.#failed += 1;
    };
  }

  #tell(metric: Counter): void {
    for (const actions of this.#counts.values()) {
      for (const { type, action, allow, deny } of actions.values()) {
        metric.inc({ type, action, verdict: 'allow' }, allow);
        metric.inc({ type, action, verdict: 'deny' }, deny);
      }
    }
  }

  #count({ question, facts, decision }: Answered): void {
    const known = facts.typeKnown && facts.actionKnown;
    const { type, action } = question.permission;
    const count = known ? this.#countOf(type, action) : this.#countOf(UNKNOWN, UNKNOWN);
    if (decision.allowed) count.allow += 1;
    else count.deny += 1;
  }

  #countOf(type: string, action: string): Count {
    const count = this.#counts.get(type)?.get(action);
    if (count) return count;
    if (this.#permissions >= MOST_PERMISSIONS && type !== OTHER) return this.#countOf(OTHER, OTHER);
    this.#permissions += 1;
    const made = { type, action, allow: 0, deny: 0 };
    const actions = this.#counts.get(type) ?? new Map<string, Count>();
    this.#counts.set(type, actions.set(action, made));
    return made;
  }
}
