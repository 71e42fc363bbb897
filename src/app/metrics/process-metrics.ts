import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import type { PasswordWork } from '../../auth/passwords.js';
import type { StoreLoad } from '../../store/store-load.js';
import { addCounter, addGauge } from './measured.js';

/** What is measured when it is asked for. */
export interface Gauges {
  readonly store: () => StoreLoad;
  readonly passwords: () => PasswordWork;
  /** How many sessions are open, in all processes; may fail while the database is away. */
  readonly openSessions: () => Promise<number>;
  readonly requestsUnderWay: () => number;
}

/** Has the registry tell how much is waiting for what: connections, shared statements, passwords; and the process's own figures. */
export function registerProcessMetrics(registry: Registry, gauges: Gauges): void {
  addGauge(registry, {
    name: 'castellan_http_requests_under_way',
    help: 'Requests that have not been answered yet.',
    measure: (metric) => metric.set(gauges.requestsUnderWay()),
  });
  registerStore(registry, gauges.store);
  registerPasswords(registry, gauges.passwords);
  registerSessions(registry, gauges.openSessions);
  collectDefaultMetrics({ register: registry });
}

function registerStore(registry: Registry, load: () => StoreLoad): void {
  addGauge(registry, {
    name: 'castellan_pool_connections',
    help: 'Connections to the database, by pool and state; waiting are requests without one.',
    labelNames: ['pool', 'state'],
    measure: (metric) => {
      for (const [pool, { size, idle, waiting }] of Object.entries(load().pools)) {
        metric.set({ pool, state: 'busy' }, size - idle);
        metric.set({ pool, state: 'idle' }, idle);
        metric.set({ pool, state: 'waiting' }, waiting);
      }
    },
  });
  addGauge(registry, {
    name: 'castellan_shared_statement_questions_waiting',
    help: 'Questions that wait for a statement to share, by what they ask for.',
    labelNames: ['asks'],
    measure: (metric) => {
      for (const [asks, { waiting }] of Object.entries(load().questions)) metric.set({ asks }, waiting);
    },
  });
  addGauge(registry, {
    name: 'castellan_shared_statements_running',
    help: 'Shared statements that the database is answering, by what they ask for.',
    labelNames: ['asks'],
    measure: (metric) => {
      for (const [asks, { running }] of Object.entries(load().questions)) metric.set({ asks }, running);
    },
  });
}

function registerPasswords(registry: Registry, work: () => PasswordWork): void {
  addGauge(registry, {
    name: 'castellan_password_hashes',
    help: 'Passwords that argon2 works on (running), and those that wait for it.',
    labelNames: ['state'],
    measure: (metric) => {
      const { running, waiting } = work();
      metric.set({ state: 'running' }, running);
      metric.set({ state: 'waiting' }, waiting);
    },
  });
  addCounter(registry, {
    name: 'castellan_password_hashes_refused_total',
    help: 'Passwords that were not looked at, as too many waited.',
    measure: (metric) => metric.inc(work().refused),
  });
}

function registerSessions(registry: Registry, openSessions: Gauges['openSessions']): void {
  const sessions: Gauge = new Gauge({
    name: 'castellan_sessions_open',
    help: 'Sessions that are open, of all processes; left out while the database does not answer.',
    registers: [],
    // Each process counts those of all.
    aggregator: 'max',
    collect: async () => {
      const open = await openSessions().catch(() => null);
      if (open === null) sessions.remove();
      else sessions.set(open);
    },
  });
  registry.registerMetric(sessions);
}
