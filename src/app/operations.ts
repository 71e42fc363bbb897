import type { LoggerService } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { Passwords, type PasswordWork } from '../auth/passwords.js';
import { TranslatingExecutor } from '../store/connections.js';
import { PgExecutor } from '../store/executor.js';
import { countOpenSessions } from '../store/open-sessions.js';
import type { Store } from '../store/store.js';
import type { Headers } from './early-refusals.js';
import { NO_LOG, type Log } from './log/log.js';
import { bindMetrics } from './metrics/bind-metrics.js';
import { ServiceMetrics } from './metrics/service-metrics.js';
import { RequestLog } from './requests/request-log.js';
import { REQUEST_LIMITS, RequestsUnderWay, type RequestLimits } from './requests/requests-under-way.js';
import type { Tracing } from './tracing/tracing.js';

/** What an operator may set of how a service is watched; all of it may be left out. */
export interface OperationsOptions {
  readonly log?: Log | undefined;
  readonly tracing?: Tracing | undefined;
  readonly metricsToken?: string | undefined;
  readonly limits?: Partial<RequestLimits> | undefined;
  /** Answers `/metrics` for all processes, where there are several; null when it can't. */
  readonly metricsOfAll?: (() => Promise<string | null>) | undefined;
}

/** What watches over the requests of one service: its log, its figures, its traces and its limits. */
export class Operations {
  readonly metrics: ServiceMetrics;
  readonly #log: Log;
  readonly #underWay: RequestsUnderWay;
  readonly #requestLog: RequestLog;
  readonly #unobserve: (() => void)[] = [];
  #passwords: Passwords | undefined;

  /** `headers` are those of every answer. */
  constructor(
    store: Store,
    headers: Headers,
    private readonly options: OperationsOptions = {},
  ) {
    const { log = NO_LOG, tracing, limits } = options;
    this.#log = log;
    this.#underWay = new RequestsUnderWay(headers, { ...REQUEST_LIMITS, ...limits });
    const sql = new TranslatingExecutor(new PgExecutor(store.database.pool));
    const gauges = {
      store: () => store.load(),
      passwords: () => this.#passwords?.work ?? NO_WORK,
      openSessions: () => countOpenSessions(sql),
      requestsUnderWay: () => this.#underWay.count,
    };
    this.metrics = new ServiceMetrics(gauges, options.metricsOfAll);
    this.#requestLog = new RequestLog(log, tracing?.traceIdOf);
    const observers = [this.metrics.requests, ...(log === NO_LOG ? [] : [this.#requestLog])];
    for (const observer of [...observers, ...(tracing ? [tracing.requests] : [])]) this.#underWay.observe(observer);
    for (const observer of [this.metrics.decisions, ...(tracing ? [tracing.decisions] : [])])
      this.#unobserve.push(store.decider.observe(observer));
  }

  /** What Nest has to say goes to the log; it says nothing of requests. */
  get nestLogger(): LoggerService {
    const silent = (): void => {};
    const tell = (message: unknown): void => {
      this.#log.error(message instanceof Error ? { error: message } : {}, `Nest: ${firstLine(message)}`);
    };
    return { log: silent, warn: silent, debug: silent, verbose: silent, error: tell, fatal: tell };
  }

  /** Has the server's requests watched. To be called before anything else is added to it. */
  bind(fastify: FastifyInstance): void {
    const { tracing, metricsToken } = this.options;
    this.#underWay.watch(fastify);
    tracing?.follow(fastify);
    if (metricsToken !== undefined) bindMetrics(fastify, metricsToken, this.metrics);
    fastify.addHook('onClose', (_instance, done) => {
      this.#requestLog.tellRefused();
      for (const end of this.#unobserve) end();
      done();
    });
  }

  /** Has the figures tell of the passwords that this service checks. */
  measure(passwords: Passwords): void {
    this.#passwords = passwords;
  }

  /** Turns away what comes from now on, readiness first, and answers once the requests under way have been answered. */
  stop(): Promise<void> {
    return this.#underWay.stop();
  }
}

const NO_WORK: PasswordWork = { running: 0, waiting: 0, refused: 0 };

function firstLine(message: unknown): string {
  return (message instanceof Error ? message.name : String(message)).split('\n', 1).join('');
}
