import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openStore, type Store } from '../store/store.js';
import type { Config } from './config.js';
import type { Log } from './log/log.js';
import type { ServiceMetrics } from './metrics/service-metrics.js';
import { Operations } from './operations.js';
import { warm } from './patience.js';
import { createService } from './service.js';
import { stopInOrder, within } from './stop-in-order.js';
import { startTracing } from './tracing/start-tracing.js';

/** A service that listens. */
export interface Listening {
  /** Such as `http://127.0.0.1:3000`. */
  readonly address: string;
  readonly store: Store;
  readonly metrics: ServiceMetrics;
  /** Lets the requests under way finish, and lets go of the database. */
  stop(): Promise<void>;
}

const CLOSE_MS = 1000;

/**
 * Has the service listen on the port of the settings, over a database that is there and migrated. `metricsOfAll` answers for all processes of
 * a service that has several, or null when it can't.
 */
export async function listen(
  config: Config,
  databaseUrl: string,
  log: Log,
  metricsOfAll?: () => Promise<string | null>,
): Promise<Listening> {
  const tracing = config.tracing ? await startTracing(log) : undefined;
  const store = openStore({ url: databaseUrl, statements: tracing?.statements });
  const close = (): Promise<boolean> => within(CLOSE_MS, Promise.all([store.close(), tracing?.close()]));
  try {
    await warm(store);
    const app = await createService({
      store,
      publicUrl: config.publicUrl,
      identityProvider: config.identityProvider,
      trustedProxies: config.trustedProxies,
      report: (error, requestId) => log.error({ request_id: requestId, error }, 'unexpected error'),
      operations: { log, tracing, metricsToken: config.metricsToken, metricsOfAll },
    });
    try {
      await app.listen(config.port, config.host);
    } catch (error) {
      await stopInOrder(app);
      throw error;
    }
    const { metrics } = app.get(Operations);
    const stop = async (): Promise<void> => {
      try {
        await stopInOrder(app);
      } finally {
        await close();
      }
    };
    return { address: addressOf(app), store, metrics, stop };
  } catch (error) {
    await close();
    throw error;
  }
}

function addressOf(app: NestFastifyApplication): string {
  const { address, port, family } = app.getHttpServer().address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
