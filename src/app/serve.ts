import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Passwords } from '../auth/passwords.js';
import type { EmbeddedPostgres } from '../store/embedded/embedded-postgres.js';
import { openStore, type Store } from '../store/store.js';
import type { Config } from './config.js';
import { isEmpty, loadDemo } from './demo.js';
import { ensureFirstAdmin, type FirstAdmin } from './first-admin.js';
import { openLog, type Log } from './log/log.js';
import { PATIENT, warm } from './patience.js';
import { prepareDatabase, type PreparedDatabase } from './prepared-database.js';
import { createService } from './service.js';
import { stopInOrder, within } from './stop-in-order.js';
import { stopSignal, type StopSignal } from './stop-signal.js';
import { startTracing } from './tracing/start-tracing.js';

/** Takes what the service has to say to a person, a line at a time. */
export interface Output {
  write(line: string): void;
}

const WATCH_EVERY_MS = 1000;
const CLOSE_MS = 1000;

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
async function answer({ database, config, out, stop, contents }: Answering): Promise<void> {
  const log = openLog(process.stderr, config.logLevel, config.logFormat);
  const tracing = config.tracing ? await startTracing(log) : undefined;
  const store = openStore({ url: database.url, statements: tracing?.statements });
  try {
    await warm(store);
    const app = await createService({
      store,
      publicUrl: config.publicUrl,
      identityProvider: config.identityProvider,
      trustedProxies: config.trustedProxies,
      report: (error, requestId) => log.error({ request_id: requestId, error }, 'unexpected error'),
      operations: { log, tracing, metricsToken: config.metricsToken },
    });
    try {
      await app.listen(config.port, config.host);
      greet(out, addressOf(app), contents);
      log.info({ address: addressOf(app) }, 'listening');
      if (database.embedded) await keepRunning(database.embedded, store, stop.signal, log);
      else await stop.stopped;
      out.write('Stopping: finishing the requests under way.');
      log.info({}, 'stopping');
    } finally {
      await stopInOrder(app);
    }
  } finally {
    await within(CLOSE_MS, Promise.all([store.close(), tracing?.close()]));
    log.info({}, 'stopped');
    log.flush();
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

function addressOf(app: NestFastifyApplication): string {
  const { address, port, family } = app.getHttpServer().address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
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
