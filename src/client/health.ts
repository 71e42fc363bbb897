import type { CallOptions } from './client-options.js';
import type { Transport } from './transport.js';

/** Whether the service is there. Needs nobody signed in. */
export class Health {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Whether the process answers. */
  async live(options: CallOptions = {}): Promise<{ readonly status: 'ok' }> {
    return this.#transport.json({ method: 'GET', path: '/health/live', options }, isFine);
  }

  /** Whether it can answer questions. @throws UnavailableError when the database is out of reach. */
  async ready(options: CallOptions = {}): Promise<{ readonly status: 'ok' }> {
    return this.#transport.json({ method: 'GET', path: '/health/ready', options }, isFine);
  }
}

function isFine({ status }: Record<string, unknown>): boolean {
  return status === 'ok';
}
