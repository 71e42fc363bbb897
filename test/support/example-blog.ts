import { readFile } from 'node:fs/promises';
import type { INestApplication } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { createBlog, type Platform } from '../../examples/blog/src/create-blog.js';
import { Database } from '../../examples/blog/src/database.js';
import { addUsers } from '../../examples/blog/src/setup/add-users.js';
import { migrate } from '../../examples/blog/src/setup/migrate.js';
import { applyPolicy } from '../../src/app/policy/apply-policy.js';
import { parsePolicy } from '../../src/app/policy/parse-policy.js';
import { operator } from '../../src/core/caller.js';
import type { WriteUnit } from '../../src/core/ports/writes.js';
import { openStore } from '../../src/store/store.js';
import { createTestDatabase } from './postgres.js';

export type { Platform };
export const PLATFORMS: readonly Platform[] = ['express', 'fastify'];
export const PASSWORD = 'correct horse battery';

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';
/** Sends a request with a session. */
export type Client = Record<Verb, (path: string) => supertest.Test>;

/** The example's blog, set up as its README says, with the users of its access.yaml. */
export interface ExampleBlog {
  readonly app: INestApplication;
  readonly prisma: Database['prisma'];
  /** Requests without any sign-in. */
  readonly anonymous: Client;
  /** Requests with a session of the user, who signs in by it for the first time. */
  as(user: string): Promise<Client>;
  /** Writes to Castellan as its operator. */
  arrange<Result>(work: (unit: WriteUnit) => Promise<Result>): Promise<Result>;
  addUsers(names: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

const ACCESS = new URL('../../examples/blog/access.yaml', import.meta.url);

export async function startExampleBlog(platform: Platform): Promise<ExampleBlog> {
  const database = await createTestDatabase();
  const { databaseUrl } = database;
  // A test shares its machine with others.
  const patience = { statementTimeout: 20_000, lockTimeout: 20_000, transactionTimeout: 60_000 };
  const store = openStore({ url: databaseUrl, connections: 2, ...patience });
  const noPasswords = { hash: () => Promise.reject(new Error('The example gives Castellan no passwords.')) };
  const seed = parsePolicy(await readFile(ACCESS, 'utf8'), 'access.yaml');
  await applyPolicy(store, operator('cli', 'test'), seed, noPasswords);
  await migrate(databaseUrl);
  await addUsers(databaseUrl, ['alice', 'bob', 'carol', 'dave'], PASSWORD);

  const app = await createBlog({ databaseUrl, platform }, { logger: false, abortOnError: false });
  await app.init();
  if (platform === 'fastify') await (app as NestFastifyApplication).getHttpAdapter().getInstance().ready();
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as Parameters<typeof supertest>[0];
  const anonymous = supertest(server);
  const clients = new Map<string, Promise<Client>>();
  const signIn = async (username: string): Promise<Client> => {
    const agent = supertest.agent(server);
    await agent.post('/session').send({ username, password: PASSWORD }).expect(201);
    return agent;
  };
  return {
    app,
    prisma: app.get(Database).prisma,
    anonymous,
    as: (user) => {
      const client = clients.get(user) ?? signIn(user);
      clients.set(user, client);
      return client;
    },
    arrange: (work) => store.writes.write(operator('test', 'test'), 'structure', work),
    addUsers: async (names) => void (await addUsers(databaseUrl, names, PASSWORD)),
    stop: async () => {
      await app.close();
      await store.close();
      await database.drop();
    },
  };
}
