import { TimeoutError, type SentRequest } from './client-errors.js';

/** The time that a call has, and the caller's own signal: whichever ends first. To be ended with the call. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #end: number;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #abort = (): void => this.#controller.abort();

  /** @throws the signal's reason, when it is aborted already. */
  constructor(
    private readonly timeout: number,
    private readonly caller: AbortSignal | undefined,
  ) {
    caller?.throwIfAborted();
    this.#end = Date.now() + timeout;
    this.#timer = setTimeout(this.#abort, timeout);
    caller?.addEventListener('abort', this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds. */
  get left(): number {
    return this.#end - Date.now();
  }

  /** @throws the reason of the caller's signal, or TimeoutError, once one of them has come. */
  requireTime(sent: SentRequest): void {
    this.caller?.throwIfAborted();
    if (this.signal.aborted) throw new TimeoutError(sent, this.timeout);
  }

  /** Waits; the signal ends that early. */
  async pause(milliseconds: number): Promise<void> {
    const { signal } = this;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener('abort', done);
    });
  }

  /** Lets go of the timer and of the caller's signal, which may live long. */
  end(): void {
    clearTimeout(this.#timer);
    this.caller?.removeEventListener('abort', this.#abort);
  }
}
