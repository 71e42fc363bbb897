import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { createService, type ServiceOptions } from '../../src/app/service.js';
import { Passwords } from '../../src/auth/passwords.js';
import { operator } from '../../src/core/caller.js';
import type { WriteUnit } from '../../src/core/ports/writes.js';
import { openStore, type Store } from '../../src/store/store.js';
import { createTestDatabase } from './postgres.js';
import { query } from './query.js';
import { watchAnswers } from './undocumented-answers.js';
import { refuseUndocumented } from './undocumented-notes.js';

/** What every test user signs in with. */
export const PASSWORD = 'correct horse battery';

/** A whole service over a database of its own, to be talked to over HTTP. */
export interface TestService {
  readonly app: NestFastifyApplication;
  readonly store: Store;
  readonly databaseUrl: string;
  /** Errors that the service did not expect; `stop` fails when there are any. */
  readonly unexpected: unknown[];
  /** Requests as this user (its username), by Basic; as nobody without one. */
  as(username?: string): Client;
  /** Writes as the operator: whatever is asked, without being asked. */
  arrange<Result>(work: (unit: WriteUnit) => Promise<Result>): Promise<Result>;
  /** Forgets the sign-ins that failed, for a test that makes more of them on purpose than anybody may. */
  forgiveSignIns(): Promise<void>;
  addUser(username: string, options?: { superuser?: boolean; active?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

type Verb = 'get' | 'head' | 'options' | 'post' | 'put' | 'patch' | 'delete';
export type Client = Record<Verb, (path: string) => supertest.Test>;

// Hashed once: it is meant to take long.
let hash: Promise<string> | undefined;

export async function startTestService(options: Partial<ServiceOptions> = {}): Promise<TestService> {
  const database = await createTestDatabase();
  // A test shares its machine with others: what would be too slow for a request is not a fault of the service here.
  const store = openStore({
    url: database.databaseUrl,
    connections: 5,
    acquireTimeout: 10_000,
    statementTimeout: 10_000,
    lockTimeout: 10_000,
    transactionTimeout: 20_000,
  });
  const unexpected: unknown[] = [];
  const answers = watchAnswers();
  const app = await createService({
    store,
    publicUrl: undefined,
    report: (error) => unexpected.push(error),
    ...options,
    operations: { ...options.operations, limits: { budget: 20_000, ...options.operations?.limits } },
    imports: [answers.module, ...(options.imports ?? [])],
  });
  await answers.begin(app, { mayHaveOtherRoutes: options.imports !== undefined });
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer();
  hash ??= new Passwords().hash(PASSWORD);
  const passwordHash = await hash;
  const arrange = <Result>(work: (unit: WriteUnit) => Promise<Result>): Promise<Result> =>
    store.writes.write(operator('test', 'test'), 'structure', work);
  const service: TestService = {
    app,
    store,
    databaseUrl: database.databaseUrl,
    unexpected,
    as: (username) => clientOf(server, username),
    arrange,
    forgiveSignIns: async () => {
      await query(database.databaseUrl, 'DELETE FROM castellan.sign_in_attempts');
    },
    addUser: async (username, { superuser = false, active = true } = {}) => {
      await arrange((unit) =>
        unit.users.create({ id: username, username, email: null, active, superuser, attributes: {}, passwordHash }),
      );
    },
    stop: async () => {
      await app.close();
      await store.close();
      await database.drop();
      refuseUndocumented();
      if (unexpected.length > 0) throw new AggregateError(unexpected, 'The service met errors that it did not expect');
    },
  };
  await service.addUser('admin', { superuser: true });
  return service;
}

function clientOf(server: Parameters<typeof supertest>[0], username: string | undefined): Client {
  const send = (verb: Verb) => (path: string) => {
    const request = supertest(server)[verb](path);
    return username === undefined ? request : request.auth(username, PASSWORD);
  };
  return {
    get: send('get'),
    head: send('head'),
    options: send('options'),
    post: send('post'),
    put: send('put'),
    patch: send('patch'),
    delete: send('delete'),
  };
}
