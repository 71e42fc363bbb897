import pg from 'pg';
import { prismaView } from '../../../src/app/prisma-view.js';
import { operator } from '../../../src/core/caller.js';
import type { WriteUnit } from '../../../src/core/ports/writes.js';
import { accessModel, type AccessModel } from '../../../src/embed/access-model.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { COLUMNS } from '../arbitrary-rows.js';
import { generatedPrisma } from '../generated-prisma.js';
import { createTestDatabase } from '../postgres.js';

export type Row = Record<string, unknown>;
type Args = Readonly<Record<string, unknown>>;

/** What the tests use of one model of the app. */
export interface Rows {
  createMany(args: Args): Promise<{ count: number }>;
  findMany(args?: Args): Promise<Row[]>;
  findFirst(args?: Args): Promise<Row | null>;
  findUnique(args: Args): Promise<Row | null>;
  count(args?: Args): Promise<number>;
}

/** The app's tables that stand for objects, by resource type: one for each way to hold an id. All have the same columns. */
export const TABLES = {
  document: { idType: 'uuid', model: 'Document', table: 'Document' },
  post: { idType: 'int', model: 'Post', table: 'Post' },
  ticket: { idType: 'bigint', model: 'Ticket', table: 'Ticket' },
  page: { idType: 'text', model: 'Page', table: "Page 'of' it" },
} as const;
export type TableType = keyof typeof TABLES;
export const TABLE_TYPES = Object.keys(TABLES) as TableType[];

/** An app with tables of its own, whose Prisma client has what `castellan prisma view` prints. */
export interface RowsApp {
  readonly databaseUrl: string;
  readonly store: Store;
  readonly prisma: Record<TableType | 'author', Rows> & { $disconnect(): Promise<void> };
  readonly models: Readonly<Record<TableType, AccessModel>>;
  /** The app's own pool, in a time zone far from UTC. */
  readonly pool: pg.Pool;
  /** The statements that Prisma has sent, with their values, since it was last emptied. */
  readonly sent: { query: string; params: string }[];
  arrange<Result>(work: (unit: WriteUnit) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const PRISMA_IDS = { uuid: 'String @id @db.Uuid', int: 'Int @id', bigint: 'BigInt @id', text: 'String @id' };

const models = TABLE_TYPES.map((type) => {
  const { idType, model, table } = TABLES[type];
  const { schema } = prismaView({ type, idType });
  const view = schema.slice(schema.indexOf('view '));
  return `model ${model} {
    id ${PRISMA_IDS[idType]}
    title String
    note String?
    state State
    phase State? @map("its 'phase'")
    owner String? @db.Uuid
    level Int
    rank Int?
    score Float
    weight Float?
    open Boolean
    sealed Boolean?
    due DateTime
    closed DateTime? @db.Timestamptz(3)
    tags String[]
    made Int
    authorId Int?
    author Author? @relation(fields: [authorId], references: [id])
    access ${model}Access[]
    @@map("${table}")
  }
  ${view}`;
});

const SCHEMA = `
generator client {
  provider        = "prisma-client-js"
  output          = "./client"
  previewFeatures = ["views"]
  compilerBuild   = "small"
}
datasource db {
  provider = "postgresql"
}
enum State {
  draft
  final
  kept
}
model Author {
  id Int @id
  name String
  ${TABLE_TYPES.map((type) => `${type}s ${TABLES[type].model}[]`).join('\n  ')}
}
${models.join('\n')}`;

const SQL = `CREATE TYPE "State" AS ENUM ('draft', 'final', 'kept');
  CREATE TABLE "Author" (id int PRIMARY KEY, name text NOT NULL);
  ${TABLE_TYPES.map(
    (type) => `CREATE TABLE "${TABLES[type].table}" (
      id ${TABLES[type].idType} PRIMARY KEY, title text NOT NULL, note text, state "State" NOT NULL, "its 'phase'" "State",
      owner uuid, level int NOT NULL, rank int, score float8 NOT NULL, weight float8, open bool NOT NULL, sealed bool,
      due timestamp(3) NOT NULL, closed timestamptz(3), tags text[] NOT NULL, made int NOT NULL, "authorId" int REFERENCES "Author");
    CREATE INDEX ON "${TABLES[type].table}" (made);`,
  ).join('\n')}`;

const columns = { ...COLUMNS, phase: { ...COLUMNS.phase, column: "its 'phase'" } };

export async function openRowsApp(): Promise<RowsApp> {
  const database = await createTestDatabase();
  const { databaseUrl } = database;
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 3, options: '-c TimeZone=Pacific/Chatham' });
  pool.on('error', () => {});
  // The tests' database user has the name of Castellan's schema, where its tables would go first.
  await pool.query(`ALTER DATABASE "${new URL(databaseUrl).pathname.slice(1)}" SET search_path TO public`);
  await pool.query(`SET search_path TO public; ${SQL}`);
  const patience = {
    statementTimeout: 20_000,
    lockTimeout: 20_000,
    transactionTimeout: 60_000,
    acquireTimeout: 10_000,
  };
  const store = openStore({ url: databaseUrl, connections: 4, ...patience });
  const arrange = <Result>(work: (unit: WriteUnit) => Promise<Result>): Promise<Result> =>
    store.writes.write(operator('test', 'test'), 'structure', work);
  await arrange(async (unit) => {
    for (const id of [...TABLE_TYPES, 'folder'])
      await unit.types.create({ id, actions: ['view', 'add', 'change', 'delete', 'grant'], creatorActions: [] });
  });
  for (const type of TABLE_TYPES) await pool.query(prismaView({ type, idType: TABLES[type].idType }).migration);
  const sent: RowsApp['sent'] = [];
  const log = [{ emit: 'event', level: 'query' }];
  const prisma = await generatedPrisma<
    RowsApp['prisma'] & { $on(event: 'query', listener: (sent: RowsApp['sent'][number]) => void): void }
  >(SCHEMA, databaseUrl, { log });
  prisma.$on('query', ({ query, params }) => sent.push({ query, params }));
  const modelOf = (type: TableType): AccessModel =>
    accessModel({
      type,
      id: TABLES[type].idType,
      columns,
      view: { name: `${type}_access`, idColumn: 'object_id' },
    });
  return {
    databaseUrl,
    store,
    prisma,
    models: Object.fromEntries(TABLE_TYPES.map((type) => [type, modelOf(type)])) as RowsApp['models'],
    pool,
    sent,
    arrange,
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
      await store.close();
      await database.drop();
    },
  };
}
