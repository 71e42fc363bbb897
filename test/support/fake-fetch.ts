import type { Fetch } from '../../src/client/index.js';

/** One attempt, as the fake was asked. */
export interface Attempt {
  readonly url: string;
  readonly init: RequestInit;
  readonly headers: Headers;
  /** By the clock, which a test may have replaced. */
  readonly at: number;
}

/** What comes of an attempt: an answer, an error of the network, or nothing until the signal ends it. */
export type Outcome = Response | Error | 'silence';

/** A `fetch` that gives these outcomes in their order, and remembers what it was asked. */
export function fakeFetch(...outcomes: (Outcome | (() => Outcome))[]): { fetch: Fetch; attempts: Attempt[] } {
  const attempts: Attempt[] = [];
  const fetch: Fetch = async (url, init) => {
    const next = outcomes[attempts.length];
    attempts.push({ url, init, headers: new Headers(init.headers), at: Date.now() });
    const outcome = typeof next === 'function' ? next() : next;
    if (outcome === undefined) throw new Error('the fake has no more answers');
    if (outcome === 'silence') return silence(init.signal);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { fetch, attempts };
}

/** An answer with a JSON body. */
export function jsonAnswer(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json; charset=utf-8' } });
}

/** An error as the service answers it. */
export function problemAnswer(code: string, status: number, headers: Record<string, string> = {}): Response {
  const body = { type: `urn:castellan:error:${code}`, title: code, status, code, detail: `It is ${code}.` };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8', ...headers },
  });
}

/** What `fetch` throws where no connection comes about, or one breaks. */
export function networkFailure(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(`connect ${code}`), { code }) });
}

function silence(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
  });
}
