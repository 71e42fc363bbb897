import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

/** The Postgres schema that holds all of Castellan's tables, Prisma's record of migrations too. */
export const SCHEMA = 'castellan';

/** The object id of the type "char". */
const codeType = 18;

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;
type Query = Parameters<Adapter['queryRaw']>[0];

/**
 * Connects Prisma's migration engine to Postgres.
 *
 * Prisma's own adapter cuts scripts at every semicolon, within function bodies too, and makes its shadow database from a
 * connection string that still names the live one. So here a script goes to Postgres whole, and thereby in one
 * transaction, and the shadow database is a database of its own.
 */
export class MigrationAdapter extends PrismaPg {
  /** What Postgres said of the last script that failed; the engine passes on only a part of it. */
  scriptError: Error | undefined;
  readonly #close = new Set<() => Promise<void>>();

  /** With `schema`, the engine takes that one for granted and writes names without it. */
  constructor(
    private readonly databaseUrl: string,
    private readonly schema?: string,
  ) {
    super({ connectionString: databaseUrl });
  }

  override async connect(): Promise<Adapter> {
    return this.#open(this.databaseUrl, async () => undefined);
  }

  override async connectToShadowDb(): Promise<Adapter> {
    const name = `castellan_shadow_${randomUUID().replaceAll('-', '')}`;
    await this.#once(`CREATE DATABASE ${name} TEMPLATE template0`);
    const url = new URL(this.databaseUrl);
    url.pathname = `/${name}`;
    const shadow = await this.#open(url.href, () => this.#once(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    // As in the database itself, where it is there before the first migration.
    await shadow.executeScript(`CREATE SCHEMA ${SCHEMA}`);
    return shadow;
  }

  /** Ends every connection; the engine does not always do so. */
  async close(): Promise<void> {
    for (const close of this.#close) await close();
  }

  async #open(url: string, afterwards: () => Promise<void>): Promise<Adapter> {
    const pool = new pg.Pool({
      connectionString: url,
      // One session at a time, kept while idle: the engine holds a lock in it.
      max: 1,
      idleTimeoutMillis: 0,
      // For each session: the pool replaces one after an error, which the engine meets where it asks for missing tables.
      // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it, whatever its types say
      onConnect: async (client) => {
        await client.query(`SET search_path = ${SCHEMA}; SET statement_timeout = 0; SET lock_timeout = 0`);
      },
    });
    pool.on('error', () => undefined);
    const adapter = await new PrismaPg(pool, this.schema === undefined ? {} : { schema: this.schema }).connect();
    readOneLetterCodes(adapter, pool);
    this.#sendScriptsWhole(adapter, pool);
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => (closed ??= pool.end().then(afterwards));
    this.#close.add(close);
    return Object.assign(adapter, { dispose: close });
  }

  #sendScriptsWhole(adapter: Adapter, pool: pg.Pool): void {
    let recordId: string | undefined;
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query: Query) => {
      if (/^\s*INSERT INTO "?_prisma_migrations/.test(query.sql)) recordId = String(query.args[0]);
      return queryRaw(query);
    };
    adapter.executeScript = async (script: string) => {
      // Recorded as done by its own transaction: a kill between script and record would have it run a second time.
      const record = recordId === undefined ? '' : finished(recordId);
      recordId = undefined;
      try {
        await pool.query(`${script}\n;${record}`);
      } catch (error) {
        this.scriptError = error as Error;
        await pool.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    };
  }

  async #once(statement: string): Promise<void> {
    const client = new pg.Client(this.databaseUrl);
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }
}

function finished(recordId: string): string {
  const id = pg.escapeLiteral(recordId);
  return `UPDATE ${SCHEMA}._prisma_migrations SET finished_at = now() WHERE id = ${id}`;
}

/**
 * The catalogue's one-letter codes have a type of their own ("char") that Prisma's adapter refuses to read, although its
 * engine asks for them: the adapter is told that they are text, and the engine that they are characters.
 */
function readOneLetterCodes(adapter: Adapter, pool: pg.Pool): void {
  const codeColumns = new WeakMap<unknown[], number[]>();
  const query: (...args: unknown[]) => Promise<pg.QueryResult<unknown[]>> = pool.query.bind(pool);
  const asText = async (...args: unknown[]): Promise<pg.QueryResult<unknown[]>> => {
    const result = await query(...args);
    for (const [column, field] of (result.fields ?? []).entries()) {
      if (field.dataTypeID !== codeType) continue;
      field.dataTypeID = pg.types.builtins.TEXT;
      codeColumns.set(result.rows, [...(codeColumns.get(result.rows) ?? []), column]);
    }
    return result;
  };
  Object.assign(pool, { query: asText });
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (sql: Query) => {
    const result = await queryRaw(sql);
    for (const column of codeColumns.get(result.rows) ?? []) result.columnTypes[column] = ColumnTypeEnum.Character;
    return result;
  };
}
