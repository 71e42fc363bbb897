import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { Authz, castellan } from 'castellan';
import { PrismaClient, type Post, type Profile } from './generated/client.js';

export const DATABASE_URL = Symbol('the address of the database');

/** The blog's tables. What is written to a post, a profile or an announcement is told to Castellan in the same transaction. */
@Injectable()
export class Database implements OnApplicationShutdown {
  readonly prisma;

  constructor(@Inject(DATABASE_URL) databaseUrl: string, authz: Authz) {
    const adapter = new PrismaPg({ connectionString: databaseUrl }, { schema: 'public' });
    this.prisma = new PrismaClient({ adapter }).$extends(
      castellan({
        authz,
        models: {
          // The creator of a row is whoever makes the request.
          Post: { type: 'post', attributes: ({ status }: Post) => ({ status }) },
          Announcement: { type: 'announcement' },
          // A profile is its user's, whoever makes it.
          Profile: { type: 'profile', key: 'userId', creator: ({ userId }: Profile) => `user:${userId}` },
        },
      }),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.prisma.$disconnect();
  }
}
