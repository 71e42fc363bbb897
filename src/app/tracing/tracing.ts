import type { FastifyInstance } from 'fastify';
import type { DecisionObserver } from '../../core/decision-observer.js';
import type { StatementObserver } from '../../store/statement-observer.js';
import type { TraceIdOf } from '../requests/request-log.js';
import type { RequestObserver } from '../requests/requests-under-way.js';

/** Follows requests through the service, and tells a collector of them. */
export interface Tracing {
  readonly statements: StatementObserver;
  readonly decisions: DecisionObserver;
  readonly requests: RequestObserver;
  readonly traceIdOf: TraceIdOf;
  /** Has the server's requests followed from their very start. To be called before other hooks are added. */
  follow(fastify: FastifyInstance): void;
  /** Sends what has not been sent yet. */
  close(): Promise<void>;
}
