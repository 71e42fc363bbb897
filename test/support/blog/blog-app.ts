import pg from 'pg';
import { operator } from '../../../src/core/caller.js';
import type { WriteUnit } from '../../../src/core/ports/writes.js';
import { authorOfWrite, openTransaction, type AuthzTransaction } from '../../../src/embed/transaction.js';
import type { RefLike } from '../../../src/embed/transaction-input.js';
import type { AppTransactionClient } from '../../../src/store/app-executor.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { contentsOf } from '../contents.js';
import { integrityFaults } from '../integrity.js';
import { createTestDatabase } from '../postgres.js';
import { query } from '../query.js';
import { BLOG_TABLES, blogClient, type BlogClient } from './blog-client.js';

/** An app with tables of its own beside Castellan's, and users alice and bob. */
export interface BlogApp {
  readonly databaseUrl: string;
  readonly store: Store;
  readonly prisma: BlogClient;
  /** `authz.with(tx)`, by the author that is named. */
  with(tx: AppTransactionClient, author?: RefLike): AuthzTransaction;
  /** A connection of the app's own, closed with it. */
  connect(): Promise<pg.Client>;
  arrange<Result>(work: (unit: WriteUnit) => Promise<Result>): Promise<Result>;
  may(subject: string, action: string, type: string, id: string): Promise<boolean>;
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** What stands in the tables of Castellan, to be compared. */
  contents(): Promise<Record<string, string>>;
  integrity(): Promise<string[]>;
  close(): Promise<void>;
}

const ACTIONS = ['view', 'add', 'change', 'delete', 'grant'];

/** Opens it, with these options of the app's Prisma client. */
export async function openBlogApp(options: Readonly<Record<string, unknown>> = {}): Promise<BlogApp> {
  const database = await createTestDatabase();
  const { databaseUrl } = database;
  const clients: pg.Client[] = [];
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client(databaseUrl);
    // One that is ended from the other side says so to whoever waits for an answer.
    client.on('error', () => {});
    clients.push(client);
    await client.connect();
    return client;
  };
  const admin = await connect();
  // The tests' database user has the name of Castellan's schema, where its tables would go first.
  await admin.query(`ALTER DATABASE "${new URL(databaseUrl).pathname.slice(1)}" SET search_path TO public`);
  await admin.query(`SET search_path TO public; ${BLOG_TABLES}`);
  // A test shares its machine with others.
  const patience = {
    statementTimeout: 20_000,
    lockTimeout: 20_000,
    transactionTimeout: 60_000,
    acquireTimeout: 10_000,
  };
  const store = openStore({ url: databaseUrl, connections: 4, ...patience });
  const prisma = await blogClient(databaseUrl, options);
  const arrange = <Result>(work: (unit: WriteUnit) => Promise<Result>): Promise<Result> =>
    store.writes.write(operator('test', 'test'), 'structure', work);
  await arrange(async (unit) => {
    for (const id of ['blog', 'post', 'comment', 'page', 'folder'])
      await unit.types.create({ id, actions: ACTIONS, creatorActions: ['view', 'change', 'delete', 'grant'] });
    for (const id of ['alice', 'bob'])
      await unit.users.create({ id, username: id, email: null, active: true, superuser: false, attributes: {} });
  });
  return {
    databaseUrl,
    store,
    prisma,
    with: (tx, author) => openTransaction(tx, { author: authorOfWrite(author) }),
    connect,
    arrange,
    may: async (subject, action, type, id) => {
      const question = { subject: { type: 'user', id: subject }, permission: { type, action }, object: { type, id } };
      return (await store.decider.decide(question)).allowed;
    },
    rows: (sql) => query(databaseUrl, sql),
    contents: () => contentsOf(databaseUrl),
    integrity: () => integrityFaults(admin),
    close: async () => {
      await prisma.$disconnect();
      await Promise.all(clients.map((client) => client.end().catch(() => {})));
      await store.close();
      await database.drop();
    },
  };
}
