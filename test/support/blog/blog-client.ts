import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generatedPrisma } from '../generated-prisma.js';

export type Row = Record<string, unknown>;
type Args = Readonly<Record<string, unknown>>;

/** What the tests use of a model of the app. */
export interface Delegate {
  create(args: Args): Promise<Row>;
  createMany(args: Args): Promise<{ count: number }>;
  createManyAndReturn(args: Args): Promise<Row[]>;
  upsert(args: Args): Promise<Row>;
  update(args: Args): Promise<Row>;
  updateMany(args: Args): Promise<{ count: number }>;
  updateManyAndReturn(args: Args): Promise<Row[]>;
  delete(args: Args): Promise<Row>;
  deleteMany(args?: Args): Promise<{ count: number }>;
  findMany(args?: Args): Promise<Row[]>;
  findFirst(args?: Args): Promise<Row | null>;
  count(args?: Args): Promise<number>;
}

export interface BlogTransaction {
  readonly blog: Delegate;
  readonly post: Delegate;
  readonly comment: Delegate;
  readonly tag: Delegate;
  readonly page: Delegate;
  readonly folder: Delegate;
  readonly user: Delegate;
  $queryRawUnsafe(text: string, ...values: unknown[]): PromiseLike<unknown>;
  $executeRawUnsafe(text: string, ...values: unknown[]): PromiseLike<number>;
}

/** The app's own Prisma client. */
export interface BlogClient extends BlogTransaction {
  $transaction<Result>(work: (tx: BlogTransaction) => Promise<Result>, options?: Args): Promise<Result>;
  $transaction(calls: readonly Promise<unknown>[]): Promise<unknown[]>;
  $extends(extension: unknown): BlogClient;
  $disconnect(): Promise<void>;
}

/** The tables of the app's schema. */
export const BLOG_TABLES = `
  CREATE TABLE "Blog" (id serial PRIMARY KEY, name text NOT NULL);
  CREATE TABLE "Post" (id text PRIMARY KEY, title text NOT NULL, status text NOT NULL DEFAULT 'draft', writer text,
    "blogId" int REFERENCES "Blog" ON DELETE SET NULL);
  CREATE TABLE "Comment" (id bigserial PRIMARY KEY, text text NOT NULL, "postId" text NOT NULL REFERENCES "Post" ON DELETE CASCADE);
  CREATE TABLE "Tag" (id serial PRIMARY KEY, name text NOT NULL);
  CREATE TABLE "_PostToTag" ("A" text NOT NULL REFERENCES "Post" ON DELETE CASCADE, "B" int NOT NULL REFERENCES "Tag" ON DELETE CASCADE,
    PRIMARY KEY ("A", "B"));
  CREATE TABLE "Page" (site text NOT NULL, slug text NOT NULL, title text NOT NULL DEFAULT '', PRIMARY KEY (site, slug));
  CREATE TABLE "Folder" (id int PRIMARY KEY, "parentId" int REFERENCES "Folder" ON DELETE CASCADE);
  CREATE TABLE "User" (id text PRIMARY KEY, login text NOT NULL UNIQUE, email text, banned boolean NOT NULL DEFAULT false,
    admin boolean NOT NULL DEFAULT false, department text);
`;

const schema = join(import.meta.dirname, 'schema.prisma');

/** Makes the app's Prisma client. */
export async function blogClient(databaseUrl: string, options: Args = {}): Promise<BlogClient> {
  return generatedPrisma<BlogClient>(await readFile(schema, 'utf8'), databaseUrl, options);
}
