import { errorOf, isRecord, readAnswer, unexpectedAnswer, type Answer } from './answer.js';
import { requireCallOptions, type CallOptions, type ClientSettings } from './client-options.js';
import type { SentRequest } from './client-errors.js';
import { Deadline } from './deadline.js';
import { networkError } from './network-failure.js';
import { queryString } from './query-string.js';
import { pauseAfter, type Repetition } from './retry-rules.js';

/** One call of the service. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the base on, encoded. */
  readonly path: string;
  readonly query?: object | undefined;
  readonly body?: object | undefined;
  /** What was read before: the call is to change that, or nothing. */
  readonly tag?: string | undefined;
  /** GET, PUT and DELETE are `harmless` unless told, POST and PATCH `doubling`. */
  readonly repetition?: Repetition | undefined;
  readonly options: CallOptions;
}

const REPETITIONS: Readonly<Record<Call['method'], Repetition>> = {
  GET: 'harmless',
  PUT: 'harmless',
  DELETE: 'harmless',
  POST: 'doubling',
  PATCH: 'doubling',
};

/** Sends calls, each until it is answered, refused, or out of time. */
export class Transport {
  readonly #settings: ClientSettings;
  #csrfToken: string | null = null;

  constructor(settings: ClientSettings) {
    this.#settings = settings;
  }

  /** Whether it shows credentials of its own, and no session's cookie. */
  get hasCredentials(): boolean {
    return this.#settings.authorization !== null;
  }

  /** What unsafe requests of the session carry from now on. */
  useCsrfToken(token: string | null): void {
    this.#csrfToken = token;
  }

  /** The answer's body, an object; `isAnswer` says whether it can be one to this call. */
  async json<Body extends object>(
    call: Call,
    isAnswer: (body: Record<string, unknown>) => boolean = () => true,
  ): Promise<Body> {
    return this.#carryOut(call, (answer, sent) => {
      const { json, mediaType } = answer;
      if (mediaType === 'application/json' && isRecord(json) && isAnswer(json)) return json as Body;
      throw unexpectedAnswer(answer, sent);
    });
  }

  /** The answer's body as `json`, with the entity tag that stands for what it says. */
  async tagged(
    call: Call,
    isAnswer: (body: Record<string, unknown>) => boolean,
  ): Promise<{ readonly body: object; readonly tag: string }> {
    return this.#carryOut(call, (answer, sent) => {
      const { json, mediaType, headers } = answer;
      // Who packs answers on the way makes their tags weak ones; it is what the answer says that they stand for, not its bytes.
      const tag = headers.get('etag')?.replace(/^W\//, '');
      if (mediaType === 'application/json' && isRecord(json) && isAnswer(json) && tag !== undefined)
        return { body: json, tag };
      throw unexpectedAnswer(answer, sent);
    });
  }

  /** Waits for the answer that it is done. */
  async done(call: Call): Promise<void> {
    await this.#carryOut(call, (answer, sent) => {
      // A page that is sent for whatever is asked must not be taken for a deletion.
      if (answer.status !== 204) throw unexpectedAnswer(answer, sent);
    });
  }

  async #carryOut<Result>(call: Call, read: (answer: Answer, sent: SentRequest) => Result): Promise<Result> {
    const { method, path, options } = call;
    requireCallOptions(options);
    const { repetition = REPETITIONS[method] } = call;
    const { timeout = this.#settings.timeout, retries = this.#settings.retries } = options;
    const url = `${this.#settings.base}${path}${queryString(call.query ?? {})}`;
    const init = this.#init(call);
    const deadline = new Deadline(timeout, options.signal);
    try {
      for (let attempts = 1; ; attempts += 1) {
        const sent = { request: `${method} ${path}`, attempts };
        try {
          return read(await this.#attempt(url, init, sent, deadline), sent);
        } catch (error) {
          const pause = attempts > retries ? null : pauseAfter(error, repetition, attempts);
          // What is known to come too late is not waited for.
          if (pause === null || pause >= deadline.left) throw error;
          await deadline.pause(pause);
          deadline.requireTime(sent);
        }
      }
    } finally {
      deadline.end();
    }
  }

  async #attempt(url: string, init: RequestInit, sent: SentRequest, deadline: Deadline): Promise<Answer> {
    const { fetch, authorization } = this.#settings;
    let answer: Answer;
    try {
      answer = await readAnswer(await fetch(url, { ...init, signal: deadline.signal }));
    } catch (thrown) {
      deadline.requireTime(sent);
      throw networkError(thrown, sent, (text) => authorization?.redact(text) ?? text);
    }
    const error = errorOf(answer, sent);
    if (error) throw error;
    return answer;
  }

  #init({ method, body, tag, options }: Call): RequestInit {
    const { authorization } = this.#settings;
    const headers = new Headers({ accept: 'application/json, application/problem+json' });
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (tag !== undefined) headers.set('if-match', tag);
    if (options.requestId !== undefined) headers.set('x-request-id', options.requestId);
    if (authorization) headers.set('authorization', authorization.header);
    else if (method !== 'GET' && this.#csrfToken !== null) headers.set('x-csrf-token', this.#csrfToken);
    return {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // Whoever an answer leads to must not be shown who asks; and a redirected POST is a GET.
      redirect: 'manual',
      // With credentials of its own, no session's cookie goes along.
      credentials: authorization ? 'omit' : 'same-origin',
    };
  }
}
