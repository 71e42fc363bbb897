import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeFetch, jsonAnswer, networkFailure } from '../../test/support/fake-fetch.js';
import { CastellanClient, TimeoutError } from './index.js';

const url = 'http://service.test';
const page = { items: [], next: null };

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** An answer whose body never comes to its end. */
function unending(signal: AbortSignal | null | undefined): Response {
  const body = new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode('{"items":['));
      signal?.addEventListener('abort', () => controller.error(signal.reason));
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}

describe('the time of a call', () => {
  it.each([
    ['ten seconds unless told', {}, {}, 10_000],
    ['that of the client', { timeout: 3000 }, {}, 3000],
    ['that of the call before that of the client', { timeout: 3000 }, { timeout: 500 }, 500],
  ])('is %s', async (_, options, callOptions, time) => {
    const { fetch } = fakeFetch('silence');
    const settled = vi.fn<(error: unknown) => void>();
    void new CastellanClient({ url, fetch, ...options }).users.list({}, callOptions).catch(settled);
    await vi.advanceTimersByTimeAsync(time - 1);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toHaveBeenCalledWith(expect.any(TimeoutError));
    expect(settled.mock.calls[0]?.[0]).toMatchObject({
      message: `GET /api/v1/users: no answer within ${time} ms`,
      timeout: time,
      attempts: 1,
    });
  });

  it('holds for all attempts together, and for what stands between them', async () => {
    const { fetch, attempts } = fakeFetch(networkFailure('ECONNRESET'), 'silence', jsonAnswer(page));
    const settled = new CastellanClient({ url, fetch, timeout: 1000 }).users.list().catch((error: unknown) => error);
    const started = Date.now();
    await vi.runAllTimersAsync();
    expect(await settled).toMatchObject({ name: 'TimeoutError', attempts: 2 });
    expect(Date.now() - started).toBe(1000);
    expect(attempts).toHaveLength(2);
  });

  it('holds for the body of the answer too', async () => {
    const client = new CastellanClient({ url, fetch: async (_, { signal }) => unending(signal), timeout: 100 });
    const settled = client.users.list().catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await settled).toBeInstanceOf(TimeoutError);
  });

  it('ends with the call: no timer and no listener stay behind', async () => {
    const { fetch } = fakeFetch(jsonAnswer(page), networkFailure('ECONNRESET'));
    const { signal } = new AbortController();
    const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    const client = new CastellanClient({ url, fetch, retries: 0 });
    await client.users.list({}, { signal });
    await client.users.list({}, { signal }).catch(() => {});
    expect(vi.getTimerCount()).toBe(0);
    expect(added).toHaveBeenCalledTimes(2);
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    );
  });

  it.each([0, -1, NaN, Infinity, 2 ** 31])('can not be %s', (timeout) => {
    expect(() => new CastellanClient({ url, timeout })).toThrow(/^timeout must be a number of milliseconds/);
  });
});

describe('the signal of a caller', () => {
  it('ends the call with its reason', async () => {
    const { fetch } = fakeFetch('silence');
    const controller = new AbortController();
    const settled = new CastellanClient({ url, fetch }).users
      .list({}, { signal: controller.signal })
      .catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(5);
    const reason = new Error('the page was left');
    controller.abort(reason);
    expect(await settled).toBe(reason);
  });

  it('that is aborted already lets nothing be sent', async () => {
    const { fetch, attempts } = fakeFetch(jsonAnswer(page));
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(new CastellanClient({ url, fetch }).users.list({}, { signal })).rejects.toThrow('too late');
    expect(attempts).toEqual([]);
  });

  it('ends a walk over all pages between two of them', async () => {
    const items = ['a', 'b'].map((id) => ({ id, username: id }));
    const { fetch, attempts } = fakeFetch(jsonAnswer({ items, next: 'a' }), jsonAnswer(page));
    const controller = new AbortController();
    const client = new CastellanClient({ url, fetch });
    const seen: unknown[] = [];
    const walk = async (): Promise<void> => {
      for await (const item of client.users.iterate({}, { signal: controller.signal })) {
        seen.push(item);
        controller.abort(new Error('enough'));
      }
    };
    await expect(walk()).rejects.toThrow('enough');
    expect([seen, attempts.length]).toEqual([items, 1]);
  });
});
