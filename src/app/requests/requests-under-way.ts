import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CastellanError } from '../../core/errors.js';
import { answerWith, refuseAtOnce, type Headers, type Refusal } from '../early-refusals.js';

declare module 'fastify' {
  interface FastifyRequest {
    underWay: UnderWay | null;
  }
}

/** How many requests may be under way at once, and how long each may take; times in milliseconds. */
export interface RequestLimits {
  readonly atOnce: number;
  /** From when a request has come in whole to when its answer begins. A write has its own limit, and is never cut off. */
  readonly budget: number;
  /** From when an answer begins to when the client has taken all of it. */
  readonly taking: number;
}

export const REQUEST_LIMITS: RequestLimits = { atOnce: 1000, budget: 3000, taking: 15_000 };

/** A request that has ended, whichever way. */
export interface EndedRequest {
  readonly request: FastifyRequest;
  readonly status: number;
  readonly seconds: number;
  /** Whether the client went away before it had the whole answer. */
  readonly aborted: boolean;
}

/** Is told of requests. It must not throw. */
export interface RequestObserver {
  ended(request: EndedRequest): void;
  /** A request was refused unseen: too many are under way, or the service stops. */
  refused?(why: RefusalReason): void;
}

export type RefusalReason = 'overloaded' | 'stopping';

interface UnderWay {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly startedAt: number;
  /** When it had come in whole. */
  wholeAt: number;
  /** When it was first seen that its answer had begun. */
  answeringSince: number | undefined;
  /** Whether all of the answer was handed on to the client. */
  answered: boolean;
}

const LOOK_EVERY_MS = 250;
// No answer was sent; nginx's word for it.
const CLIENT_GONE = 499;
const LIVENESS = '/health/live';
// What tells an operator how the service is answers also while nothing else does, up to a limit of its own.
const RESERVE = 50;
const RESERVED: ReadonlySet<string | undefined> = new Set([LIVENESS, '/health/ready', '/metrics']);
const READS = /^\/(?:access|api\/v1\/access)\//;

/** Keeps track of the requests under way: refuses those that are too many, cuts off what takes too long, and lets the rest finish at the end. */
export class RequestsUnderWay {
  readonly #underWay = new Set<UnderWay>();
  readonly #observers: RequestObserver[] = [];
  readonly #refusals: Readonly<Record<RefusalReason, Refusal>>;
  readonly #looking: NodeJS.Timeout;
  #stopping = false;
  #onNone: (() => void) | undefined;

  constructor(
    headers: Headers,
    private readonly limits: RequestLimits = REQUEST_LIMITS,
  ) {
    this.#refusals = {
      overloaded: refuseAtOnce(headers, 'Too many requests are under way; try again shortly.'),
      stopping: refuseAtOnce({ ...headers, connection: 'close' }, 'The service is stopping; try again shortly.'),
    };
    this.#looking = setInterval(() => this.#cutOffLate(), LOOK_EVERY_MS);
    this.#looking.unref();
  }

  get count(): number {
    return this.#underWay.size;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  observe(observer: RequestObserver): void {
    this.#observers.push(observer);
  }

  /** Has the server's requests pass here, before anything else is done for them. */
  watch(fastify: FastifyInstance): void {
    fastify.decorateRequest('underWay', null);
    fastify.addHook('onRequest', (request, reply, done) => {
      const why = this.#refusal(request.routeOptions.url);
      if (why) {
        for (const observer of this.#observers) observer.refused?.(why);
        this.#refusals[why](request, reply);
        return;
      }
      request.underWay = this.#begin(request, reply);
      done();
    });
    fastify.addHook('preValidation', (request, _reply, done) => {
      if (request.underWay) request.underWay.wholeAt = performance.now();
      done();
    });
    fastify.addHook('onClose', (_instance, done) => {
      clearInterval(this.#looking);
      done();
    });
  }

  /** Turns away what comes from now on, and ends each connection with its answer. Answers once nothing is under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { reply } of this.#underWay) {
      if (!reply.raw.headersSent) reply.raw.setHeader('connection', 'close');
    }
    if (this.#underWay.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onNone = resolve;
    });
  }

  #refusal(url: string | undefined): RefusalReason | undefined {
    if (this.#stopping && url !== LIVENESS) return 'stopping';
    const { size } = this.#underWay;
    const { atOnce } = this.limits;
    return size >= atOnce && (size >= atOnce + RESERVE || !RESERVED.has(url)) ? 'overloaded' : undefined;
  }

  #begin(request: FastifyRequest, reply: FastifyReply): UnderWay {
    const startedAt = performance.now();
    const entry = { request, reply, startedAt, wholeAt: startedAt, answeringSince: undefined, answered: false };
    this.#underWay.add(entry);
    if (this.#stopping) void reply.header('connection', 'close');
    // Node says `finish` also of what was still to be written when the connection broke.
    reply.raw.once('finish', () => {
      entry.answered = !reply.raw.destroyed && reply.raw.socket?.destroyed !== true;
    });
    // Also where the client went away: neither Fastify's hook nor `finish` comes then.
    reply.raw.once('close', () => this.#end(entry));
    return entry;
  }

  #end(entry: UnderWay): void {
    const { request, reply, startedAt, answered } = entry;
    this.#underWay.delete(entry);
    const { statusCode, headersSent } = reply.raw;
    const ended = {
      request,
      status: headersSent ? statusCode : CLIENT_GONE,
      seconds: (performance.now() - startedAt) / 1000,
      aborted: !answered,
    };
    for (const observer of this.#observers) observer.ended(ended);
    if (this.#underWay.size === 0) this.#onNone?.();
  }

  #cutOffLate(): void {
    const now = performance.now();
    const { budget, taking } = this.limits;
    for (const entry of this.#underWay) {
      const { request, reply, wholeAt } = entry;
      if (reply.raw.headersSent) {
        entry.answeringSince ??= now;
        if (now - entry.answeringSince > taking) reply.raw.destroy();
      } else if (now - wholeAt > budget && request.raw.complete && onlyReads(request) && !reply.sent) {
        answerWith(new CastellanError('overloaded', 'The answer took too long; try again shortly.'), reply);
      }
    }
  }
}

// What writes may have been done by the time that it would be told it was not.
function onlyReads({ method, routeOptions }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD' || READS.test(routeOptions.url ?? '');
}
