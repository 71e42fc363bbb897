import type { AddressInfo } from 'node:net';
import { operator } from '../../src/core/caller.js';
import { CastellanError } from '../../src/core/errors.js';
import type { AuthzEngine } from '../../src/core/ports/engine.js';
import { DatabaseEngine } from '../../src/embed/database-engine.js';
import { RemoteEngine } from '../../src/embed/remote-engine.js';
import { carryOut, scopeOf } from '../property/carry-out.js';
import type { Operation } from '../property/operation.js';
import { Site } from '../property/site.js';
import { PASSWORD } from '../support/service.js';

/** The engines that share one database: in this process, and over a running service. */
export interface SharedEngines {
  readonly site: Site;
  readonly database: AuthzEngine;
  readonly remote: AuthzEngine;
  /** Does the operation; answers the code of the refusal, if it is refused. */
  change(operation: Operation): Promise<string | undefined>;
  close(): Promise<void>;
}

const author = operator('test', 'test');

export async function openSharedEngines(): Promise<SharedEngines> {
  const site = await Site.open();
  const { port } = site.app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    site,
    database: new DatabaseEngine(site.store),
    remote: new RemoteEngine({ url, username: 'admin', password: PASSWORD, timeout: 30_000 }),
    change: async (operation) => {
      try {
        await site.store.writes.write(author, scopeOf(operation), (unit) => carryOut(unit, operation));
        return undefined;
      } catch (error) {
        if (error instanceof CastellanError && error.status < 500) return error.code;
        throw error;
      }
    },
    close: () => site.close(),
  };
}
