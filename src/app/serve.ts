import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Passwords } from '../auth/passwords.js';
import type { EmbeddedPostgres } from '../store/embedded/embedded-postgres.js';
import { openStore, type Store } from '../store/store.js';
import type { Config } from './config.js';
import { isEmpty, loadDemo } from './demo.js';
import { ensureFirstAdmin, type FirstAdmin } from './first-admin.js';
import { listen } from './listen.js';
import { openLog, type Log } from './log/log.js';
import { PATIENT } from './patience.js';
import { prepareDatabase, type PreparedDatabase } from './prepared-database.js';
import { within } from './stop-in-order.js';
import { stopSignal, type StopSignal } from './stop-signal.js';
import { Workers } from './workers/workers.js';

/** Takes what the service has to say to a person, a line at a time. */
export interface Output {
  write(line: string): void;
}

const WATCH_EVERY_MS = 1000;
const CLOSE_MS = 1000;
const STOPPING = 'Stopping: finishing the requests under way.';

/**
 * Runs the service until it is told to stop (SIGINT, SIGTERM): makes the database ready, listens, and at the end lets the
 * requests under way finish before it lets go of the database.
 */
export async function serve(config: Config, out: Output): Promise<void> {
  const stop = stopSignal();
  const log = (line: string): void => out.write(line);
  const database = await prepareDatabase(config, log, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
    return null;
  });
  if (!database) {
    log('Stopped while waiting for the database.');
    return;
  }
  if (database.migrated.length > 0) log(`Applied ${database.migrated.length} migration(s).`);
  try {
    const contents = await firstContents(database, config, log);
    await answer({ database, config, out, stop, contents });
  } finally {
    await database.release();
    stop.dispose();
  }
  log('Stopped.');
}

interface Answering {
  readonly database: PreparedDatabase;
  readonly config: Config;
  readonly out: Output;
  readonly stop: StopSignal;
  readonly contents: FirstContents;
}

// What a person is told once goes to stdout; the log, which others keep, to stderr.
async function answer(answering: Answering): Promise<void> {
  const { config } = answering;
  const several = config.workers > 1;
  const log = openLog(process.stderr, config.logLevel, config.logFormat, several ? { pid: process.pid } : null);
  try {
    await (several ? answerByWorkers(answering, log) : answerAlone(answering, log));
  } finally {
    log.info({}, 'stopped');
    log.flush();
  }
}

async function answerAlone({ database, config, out, stop, contents }: Answering, log: Log): Promise<void> {
  const listening = await listen(config, database.url, log);
  try {
    greet(out, listening.address, contents);
    log.info({ address: listening.address }, 'listening');
    if (database.embedded) await keepRunning(database.embedded, listening.store, stop.signal, log);
    else await stop.stopped;
    out.write(STOPPING);
    log.info({}, 'stopping');
  } finally {
    await listening.stop();
  }
}

async function answerByWorkers({ database, config, out, stop, contents }: Answering, log: Log): Promise<void> {
  const workers = new Workers({ count: config.workers, databaseUrl: database.url, log });
  const store = openStore({ url: database.url, connections: 1, decisionConnections: 1 });
  try {
    const address = await workers.start(stop.signal);
    if (address !== null) greet(out, address, contents);
    const ended = AbortSignal.any([stop.signal, workers.failed]);
    if (database.embedded) await keepRunning(database.embedded, store, ended, log);
    else if (!ended.aborted) await once(ended, 'abort');
    workers.failed.throwIfAborted();
    out.write(STOPPING);
    log.info({}, 'stopping');
  } finally {
    await workers.stop();
    await within(CLOSE_MS, store.close());
  }
}

interface FirstContents {
  readonly admin: FirstAdmin | null;
  readonly demoPassword: string | undefined;
}

// What a database that nobody has used yet is given. Each password is told as soon as it stands: it can't be told again, and
// the start may still fail. The demo comes first, as it is for an empty database only.
async function firstContents(
  database: PreparedDatabase,
  config: Config,
  log: (line: string) => void,
): Promise<FirstContents> {
  const store = openStore({ url: database.url, ...PATIENT });
  try {
    const passwords = new Passwords();
    const mayLoadDemo = database.embedded !== null && config.demo === 'auto' && (await isEmpty(store));
    const demoPassword = mayLoadDemo ? await loadDemo(store, passwords) : undefined;
    if (demoPassword !== undefined) {
      log(
        `The demo is loaded. Its users alice, bob, carol and dave share the password ${demoPassword} (shown this once).`,
      );
    }
    const admin = await ensureFirstAdmin(store, config, passwords);
    if (admin) {
      const { username, generatedPassword: password } = admin;
      log(
        `Admin: ${username}, password: ${password ?? 'as CASTELLAN_ADMIN_PASSWORD says'}${password ? ' (shown this once: keep it)' : ''}`,
      );
    }
    return { admin, demoPassword };
  } finally {
    await store.close();
  }
}

// The embedded server may be killed under the service; nobody else would start it again.
async function keepRunning(embedded: EmbeddedPostgres, store: Store, signal: AbortSignal, log: Log): Promise<void> {
  while (!signal.aborted) {
    await pause(WATCH_EVERY_MS, undefined, { ref: false, signal }).catch(() => {});
    if (signal.aborted) return;
    try {
      await store.readiness.check();
    } catch {
      await embedded.ensureRunning().catch((error: unknown) => {
        log.error({ error }, 'the embedded Postgres could not be started again');
      });
    }
  }
}

function greet(out: Output, address: string, { admin, demoPassword }: FirstContents): void {
  const lines =
    demoPassword === undefined
      ? [
          'Try:',
          `  curl ${address}/health/ready`,
          `  curl -u ${admin?.username ?? 'USERNAME'} ${address}/api/v1/auth/me`,
        ]
      : [
          'Two users, one list, two answers:',
          ...['alice', 'carol'].map((user) => `  curl -u ${user}:${demoPassword} ${address}/api/v1/objects/post`),
        ];
  out.write(['', `Castellan answers on ${address}`, ...lines, ''].join('\n'));
}
