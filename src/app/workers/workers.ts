import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { AggregatorRegistry } from 'prom-client';
import type { Log } from '../log/log.js';
import { within } from '../stop-in-order.js';
import type { Figures, ToPrimary, ToWorker } from './messages.js';
import { PendingAnswers } from './pending-answers.js';
import { WorkersFailedError } from './workers-failed-error.js';

/** What workers are to be. */
export interface WorkersOptions {
  readonly count: number;
  readonly databaseUrl: string;
  readonly log: Log;
}

const MAIN = fileURLToPath(new URL('./worker-main.js', import.meta.url));
// Whoever lives shorter than this was not ended by chance.
const QUICK_MS = 5000;
const MOST_QUICK_DEATHS = 5;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
const FIGURES_MS = 1000;
// A worker stops within ten seconds by itself.
const STOP_MS = 11_000;

/** The processes that answer on one port; whichever dies is replaced. To be used once, in a process that answers nothing itself. */
export class Workers {
  readonly #failure = new AbortController();
  readonly #figures = new PendingAnswers<Figures>(FIGURES_MS);
  readonly #listening = new Set<Worker>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  #heard: (address: string) => void = () => {};
  #quickDeaths = 0;
  #stopping = false;

  constructor(private readonly options: WorkersOptions) {}

  /** Is aborted, with a {@link WorkersFailedError}, when it was given up to keep workers running. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  /** Starts them, and answers their address once all of them listen; null when `stopped` comes first. @throws WorkersFailedError */
  async start(stopped: AbortSignal): Promise<string | null> {
    cluster.setupPrimary({ exec: MAIN, args: [] });
    process.on('exit', endAtOnce);
    const listening = new Promise<string>((resolve) => {
      this.#heard = (address) => {
        if (this.#listening.size >= this.options.count) resolve(address);
      };
    });
    for (let started = 0; started < this.options.count; started += 1) this.#fork();
    const ended = AbortSignal.any([stopped, this.failed]);
    const address = await Promise.race([listening, once(ended, 'abort').then(() => null)]);
    this.failed.throwIfAborted();
    return address;
  }

  /** Has all of them stop in order, and ends those that do not. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const pause of this.#pauses) clearTimeout(pause);
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const exits = workers.map(async (worker) => {
      const exited = once(worker.process, 'exit');
      tell(worker, { kind: 'stop' });
      if (worker.process.exitCode === null && worker.process.signalCode === null) await exited;
    });
    if (!(await within(STOP_MS, Promise.all(exits)))) endAtOnce();
    process.off('exit', endAtOnce);
  }

  #fork(): void {
    const worker = cluster.fork();
    const startedAt = performance.now();
    worker.on('message', (message: ToPrimary) => this.#hear(worker, message));
    // A worker that is gone can't be told anything any more.
    worker.on('error', () => {});
    worker.once('exit', (code: number | null, signal: string | null) => {
      const hadListened = this.#listening.delete(worker);
      if (this.#stopping || this.failed.aborted) return;
      this.#replace(worker, { code, signal, quick: !hadListened || performance.now() - startedAt < QUICK_MS });
    });
  }

  #replace(
    worker: Worker,
    { code, signal, quick }: { code: number | null; signal: string | null; quick: boolean },
  ): void {
    this.#quickDeaths = quick ? this.#quickDeaths + 1 : 0;
    const { log } = this.options;
    const gone = { worker: worker.process.pid, exit_code: code, signal };
    if (this.#quickDeaths >= MOST_QUICK_DEATHS) {
      log.error(gone, 'workers die at once, one after the other: giving up');
      this.#fail(
        new WorkersFailedError(`${MOST_QUICK_DEATHS} workers died at once, one after the other; the log says why.`),
      );
      return;
    }
    const pauseMs = this.#quickDeaths === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#quickDeaths);
    log.error({ ...gone, pause_ms: pauseMs }, 'a worker has ended, another takes its place');
    const pause = setTimeout(() => {
      this.#pauses.delete(pause);
      this.#fork();
    }, pauseMs);
    this.#pauses.add(pause);
  }

  #hear(worker: Worker, message: ToPrimary): void {
    switch (message.kind) {
      case 'waiting':
        tell(worker, this.#stopping ? { kind: 'stop' } : { kind: 'start', databaseUrl: this.options.databaseUrl });
        return;
      case 'listening':
        this.#listening.add(worker);
        this.#heard(message.address);
        return;
      case 'failed':
        this.#hearOfFailure(message);
        return;
      case 'figures':
        this.#figures.take(message.id, message.figures);
        return;
      default:
        void this.#scrape().then((text) => tell(worker, { kind: 'scraped', id: message.id, text }));
    }
  }

  #hearOfFailure({ code, message }: { code: string | undefined; message: string }): void {
    this.options.log.error({ code, reason: message }, 'a worker could not start');
    // What keeps the first ones from listening, such as a port that is taken, keeps all of them.
    if (this.#listening.size === 0) this.#fail(new WorkersFailedError(message, code));
  }

  #fail(error: WorkersFailedError): void {
    if (!this.failed.aborted && !this.#stopping) this.#failure.abort(error);
  }

  /** The metrics of all workers in one text; null when none of them answers. */
  async #scrape(): Promise<string | null> {
    const asked = [...this.#listening].map((worker) =>
      this.#figures.ask((id) => tell(worker, { kind: 'figures', id })),
    );
    const figures = (await Promise.all(asked)).filter((each) => each !== null);
    if (figures.length === 0) return null;
    return AggregatorRegistry.aggregate(figures).metrics();
  }
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => {});
}

function endAtOnce(): void {
  for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
}
