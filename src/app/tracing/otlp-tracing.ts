import {
  context,
  diag,
  DiagLogLevel,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { FastifyInstance } from 'fastify';
import type { Answered, DecisionObserver } from '../../core/decision-observer.js';
import type { StatementObserver } from '../../store/statement-observer.js';
import type { Log } from '../log/log.js';
import { routeOf } from '../requests/route-of.js';
import type { EndedRequest, RequestObserver } from '../requests/requests-under-way.js';
import type { Tracing } from './tracing.js';

/**
 * Traces by OpenTelemetry: a span for each request, which goes on from the caller's `traceparent`, and below it one for each decision and
 * each statement. They name routes, permissions and statements; never an object, a subject or a value.
 *
 * @see https://www.w3.org/TR/trace-context/
 */
export class OtlpTracing implements Tracing {
  readonly #provider: NodeTracerProvider;
  readonly #tracer: Tracer;
  readonly #contexts = new WeakMap<object, Context>();

  constructor(log: Log) {
    // What the SDK says may hold the collector's address with its password.
    const silent = (): void => {};
    const error = (): void => log.warn({}, 'traces could not be sent');
    diag.setLogger({ error, warn: silent, info: silent, debug: silent, verbose: silent }, DiagLogLevel.ERROR);
    this.#provider = new NodeTracerProvider({
      resource: defaultResource()
        .merge(resourceFromAttributes({ 'service.name': 'castellan' }))
        .merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
    });
    this.#provider.register();
    this.#tracer = this.#provider.getTracer('castellan');
  }

  readonly traceIdOf = (request: object): string | undefined => {
    return this.#spanOf(request)?.spanContext().traceId;
  };

  readonly requests: RequestObserver = { ended: (ended) => this.#end(ended) };

  readonly decisions: DecisionObserver = {
    begin: () => {
      const span = this.#tracer.startSpan('decide');
      return (answered) => {
        if (answered) span.setAttributes(attributesOf(answered));
        else span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      };
    },
  };

  readonly statements: StatementObserver = {
    begin: (name) => {
      const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': name };
      const span = this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes });
      return (error) => {
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      };
    },
  };

  follow(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, _reply, done) => {
      const parent = propagation.extract(ROOT_CONTEXT, request.headers);
      const span = this.#tracer.startSpan(`${request.method} ${routeOf(request)}`, { kind: SpanKind.SERVER }, parent);
      const own = trace.setSpan(parent, span);
      this.#contexts.set(request, own);
      context.with(own, done);
    });
    // The body came by events of the socket, which belong to no request.
    fastify.addHook('preValidation', (request, _reply, done) => {
      context.with(this.#contexts.get(request) ?? context.active(), done);
    });
  }

  async close(): Promise<void> {
    await this.#provider.shutdown().catch(() => {});
    trace.disable();
    context.disable();
    propagation.disable();
    diag.disable();
  }

  #spanOf(request: object): Span | undefined {
    const of = this.#contexts.get(request);
    return of && trace.getSpan(of);
  }

  #end({ request, status, aborted }: EndedRequest): void {
    const span = this.#spanOf(request);
    if (!span) return;
    span.setAttributes({
      'http.request.method': request.method,
      'http.route': routeOf(request),
      'http.response.status_code': status,
      'castellan.request_id': request.id,
    });
    if (status >= 500 || aborted) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }
}

function attributesOf(answered: readonly Answered[]): Record<string, string | number> {
  const [only] = answered;
  const questions = { 'castellan.questions': answered.length };
  if (!only || answered.length > 1) return questions;
  const { question, facts, decision } = only;
  const known = facts.typeKnown && facts.actionKnown;
  return {
    ...questions,
    ...(known ? { 'castellan.permission': `${question.permission.type}:${question.permission.action}` } : {}),
    'castellan.verdict': decision.allowed ? 'allow' : 'deny',
    'castellan.reason': decision.reason,
  };
}
