import cluster from 'node:cluster';
import { readConfig } from '../config.js';
import { listen } from '../listen.js';
import { openLog } from '../log/log.js';
import type { ToPrimary, ToWorker } from './messages.js';
import { PendingAnswers } from './pending-answers.js';

// One of several processes that answer on one port. It begins, and ends, when the primary process says so.

const SCRAPE_MS = 2000;
const config = readConfig();
const log = openLog(process.stderr, config.logLevel, config.logFormat, { pid: process.pid });
const scrapes = new PendingAnswers<string>(SCRAPE_MS);
let listening: ReturnType<typeof listen> | undefined;
let stopping: Promise<void> | undefined;

// Ctrl-C reaches all processes of the terminal; the primary process then says when to stop.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => void stop());
// A primary process that is gone says nothing any more; without this, the requests under way would be cut off.
if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
process.on('disconnect', () => void stop());
process.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'start':
      void start(message.databaseUrl);
      break;
    case 'stop':
      void stop();
      break;
    case 'scraped':
      scrapes.take(message.id, message.text);
      break;
    default:
      void tellFigures(message.id);
  }
});
tell({ kind: 'waiting' });

async function start(databaseUrl: string): Promise<void> {
  listening = listen(config, databaseUrl, log, () => scrapes.ask((id) => tell({ kind: 'scrape', id })));
  try {
    const { address } = await listening;
    log.info({ address }, 'listening');
    tell({ kind: 'listening', address });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    tell({ kind: 'failed', code, message });
    process.exitCode = 1;
    await stop();
  }
}

function stop(): Promise<void> {
  stopping ??= (async () => {
    log.info({}, 'stopping');
    try {
      await (await listening?.catch(() => undefined))?.stop();
    } finally {
      log.info({}, 'stopped');
      log.flush();
      // Nothing else keeps it; what is not closed by now is not waited for.
      process.exit();
    }
  })();
  return stopping;
}

async function tellFigures(id: number): Promise<void> {
  const { metrics } = (await listening) ?? {};
  if (metrics) tell({ kind: 'figures', id, figures: await metrics.figures() });
}

function tell(message: ToPrimary): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
