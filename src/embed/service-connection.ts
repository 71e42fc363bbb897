import { CastellanError } from '../core/errors.js';
import { authorizationOf, readServiceUrl, type RemoteOptions } from './remote-options.js';

const USUAL_TIMEOUT = 3000;

/** Sends questions to a Castellan service. They change nothing, so one that found no answer by a fault of the network is sent once more. */
export class ServiceConnection {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof fetch;
  readonly #timeout: number;

  constructor(options: RemoteOptions) {
    this.#url = readServiceUrl(options);
    this.#headers = {
      authorization: authorizationOf(options),
      'content-type': 'application/json',
      accept: 'application/json',
    };
    this.#fetch = options.fetch ?? fetch;
    this.#timeout = options.timeout ?? USUAL_TIMEOUT;
  }

  /** Ends what is asked once an answer has taken as long as it may. */
  deadline(): AbortSignal {
    return AbortSignal.timeout(this.#timeout);
  }

  /**
   * The answer to a question that is sent by POST; several may share the time that one may take.
   *
   * @throws CastellanError `overloaded` (it says so), `invalid_cursor`, `database_unavailable`: no answer, or none that can be read.
   */
  async ask(path: string, body: unknown, signal = this.deadline()): Promise<unknown> {
    const text = JSON.stringify(body);
    const response = await this.#send(path, text, signal)
      .catch((error: unknown) => {
        if (signal.aborted) throw outOfReach('has not answered in time', error);
        return this.#send(path, text, signal);
      })
      .catch((error: unknown) => {
        throw error instanceof CastellanError ? error : outOfReach('can not be reached', error);
      });
    if (response.status === 200) return readJson(response);
    await refuse(response);
    throw outOfReach(`has answered with status ${response.status}`);
  }

  #send(path: string, body: string, signal: AbortSignal): Promise<Response> {
    // A redirect would take the credential, and the questions, to wherever it says.
    const send = this.#fetch;
    return send(`${this.#url}${path}`, { method: 'POST', headers: this.#headers, body, signal, redirect: 'manual' });
  }
}

/** What is told when a service gives no answer that a decision could be made by; what it was is the cause, for the log. */
export function outOfReach(what: string, cause?: unknown): CastellanError {
  const reason = new Error(`The authorization service ${what}.`, { cause });
  return new CastellanError(
    'database_unavailable',
    'The authorization service is out of reach; try again shortly.',
    [],
    {
      cause: reason,
    },
  );
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw outOfReach('has answered with what is no JSON', error);
  }
}

/** @throws CastellanError for the answers that say something to whoever asked. */
async function refuse(response: Response): Promise<void> {
  const problem: unknown = await response.json().catch(() => null);
  const code = typeof problem === 'object' && problem !== null && 'code' in problem ? problem.code : undefined;
  if (response.status === 429 || code === 'overloaded')
    throw new CastellanError(
      'overloaded',
      'The authorization service is too busy to take this now; try again shortly.',
    );
  if (code === 'invalid_cursor')
    throw new CastellanError(
      'invalid_cursor',
      'after: take it from the "next" of the page before, and leave the rest as it was.',
    );
  if (response.status === 401 || response.status === 403)
    throw outOfReach(
      `does not let this app ask (${response.status}): check its credentials, and that it holds access:evaluate`,
    );
}
