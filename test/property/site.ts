import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import type { Store } from '../../src/store/store.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';
import { Estimates } from './estimates.js';
import { Planting } from './planting.js';
import { emptyWorld, type World } from './world.js';

/** The superuser who writes over HTTP: there in every world. */
const ROOT = 'admin';

/** Where worlds are told: a service over a database of its own. */
export class Site {
  readonly authorization = `Basic ${Buffer.from(`${ROOT}:${PASSWORD}`).toString('base64')}`;

  private constructor(
    private readonly service: TestService,
    readonly client: pg.Client,
    readonly planting: Planting,
    readonly estimates: Estimates,
  ) {}

  static async open(): Promise<Site> {
    const service = await startTestService();
    const client = new pg.Client(service.databaseUrl);
    await client.connect();
    return new Site(service, client, await Planting.in(client), new Estimates(service.store.database.pool));
  }

  get store(): Store {
    return this.service.store;
  }

  get app(): NestFastifyApplication {
    return this.service.app;
  }

  /** What every world starts with. */
  get start(): World {
    return { ...emptyWorld(), users: [{ id: ROOT, active: true, superuser: true, attributes: {} }] };
  }

  async close(): Promise<void> {
    await this.client.end();
    await this.service.stop();
  }
}
