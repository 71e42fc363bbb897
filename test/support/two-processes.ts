import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createService } from '../../src/app/service.js';
import { openStore, type Store } from '../../src/store/store.js';
import { startTestService, type TestService } from './service.js';

/** A service, and another one over the same database as if in a process of its own: it shares no memory with the first. */
export interface TwoProcesses {
  readonly service: TestService;
  readonly store: Store;
  readonly other: NestFastifyApplication;
  stop(): Promise<void>;
}

export async function startTwoProcesses(): Promise<TwoProcesses> {
  const service = await startTestService();
  const store = openStore({ url: service.databaseUrl, connections: 3 });
  const other = await createService({ store, publicUrl: undefined, report: (error) => service.unexpected.push(error) });
  await other.listen(0, '127.0.0.1');
  return {
    service,
    store,
    other,
    stop: async () => {
      await other.close();
      await store.close();
      await service.stop();
    },
  };
}
