import { refName } from '../../core/model.js';
import { callerOf, guardDecisionOf, type AuthorizableRequest } from '../../nest/authorized-request.js';
import type { Log } from '../log/log.js';
import { routeOf } from './route-of.js';
import type { EndedRequest, RefusalReason, RequestObserver } from './requests-under-way.js';

const TELL_REFUSED_EVERY_MS = 1000;

/** What follows requests beyond this process: the line of a request names its trace. */
export type TraceIdOf = (request: object) => string | undefined;

/**
 * Writes a line for each request: its route's pattern and never its path, who made it, and how the guard decided. What a request
 * brings along is named only once it is known to be an id of something registered.
 */
export class RequestLog implements RequestObserver {
  #refused: Partial<Record<RefusalReason, number>> = {};
  #telling: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: Log,
    private readonly traceIdOf?: TraceIdOf,
  ) {}

  ended(ended: EndedRequest): void {
    const { request, status } = ended;
    const route = routeOf(request);
    if (route.startsWith('/health/')) {
      if (this.log.isLevelEnabled('debug')) this.log.debug(this.#lineOf(ended, route), 'request');
    } else if (status >= 500) this.log.warn(this.#lineOf(ended, route), 'request');
    else if (this.log.isLevelEnabled('info')) this.log.info(this.#lineOf(ended, route), 'request');
  }

  // A line each would cost more than the refusals do.
  refused(why: RefusalReason): void {
    this.#refused[why] = (this.#refused[why] ?? 0) + 1;
    this.#telling ??= setTimeout(() => this.tellRefused(), TELL_REFUSED_EVERY_MS).unref();
  }

  /** Writes down how many requests were refused since it was last written. */
  tellRefused(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    for (const [why, requests] of Object.entries(this.#refused)) this.log.warn({ why, requests }, 'requests refused');
    this.#refused = {};
  }

  #lineOf({ request, status, seconds, aborted }: EndedRequest, route: string): object {
    const authorizable = request as AuthorizableRequest;
    const caller = callerOf(authorizable);
    const traceId = this.traceIdOf?.(request);
    return {
      request_id: request.id,
      method: request.method,
      route,
      status,
      duration_ms: Math.round(seconds * 1e6) / 1e3,
      subject: caller.signedIn ? refName(caller.subject) : 'anonymous',
      ...(aborted ? { aborted } : {}),
      ...decisionOf(authorizable),
      ...(traceId === undefined ? {} : { trace_id: traceId }),
    };
  }
}

function decisionOf(request: AuthorizableRequest): object {
  const answered = guardDecisionOf(request);
  if (!answered) return {};
  const { question, facts, decision } = answered;
  const { permission, object } = question;
  return {
    decision: {
      ...(facts.typeKnown && facts.actionKnown ? { permission: `${permission.type}:${permission.action}` } : {}),
      ...(object && facts.objectKnown ? { object: refName(object) } : {}),
      allowed: decision.allowed,
      reason: decision.reason,
    },
  };
}
