import { PrismaPg } from '@prisma/adapter-pg';
import { OwnConnections, type DatabaseOptions } from './connections.js';
import { PrismaClient } from './generated/client.js';

export type { DatabaseOptions } from './connections.js';

/** The connections to one database, and Prisma over those that are not for decisions. */
export class Database extends OwnConnections {
  readonly prisma: PrismaClient;

  constructor(readonly options: DatabaseOptions) {
    super(options);
    this.prisma = new PrismaClient({ adapter: new PrismaPg(this.pool, { schema: 'castellan' }) });
  }

  /** Asks the database for a sign of life. @throws CastellanError `database_unavailable`, `overloaded`. */
  async ping(): Promise<void> {
    await this.hot.query({ name: 'castellan_ping', text: 'SELECT 1' }, []);
  }

  override async close(): Promise<void> {
    await this.prisma.$disconnect();
    await super.close();
  }
}
