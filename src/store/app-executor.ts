import pg from 'pg';
import { CastellanError } from '../core/errors.js';
import { codesOf, translateDatabaseError } from './database-errors.js';
import type { SqlExecutor, Statement } from './executor.js';

/** What an app's own Prisma hands to the work of an interactive transaction, whatever its version. */
export interface PrismaTransactionClient {
  $queryRawUnsafe(text: string, ...values: unknown[]): PromiseLike<unknown>;
}

/** An app's own client of `pg`, on which it has begun a transaction. */
export interface PgTransactionClient {
  query(config: PgQuery): Promise<{ readonly rows: unknown[] }>;
}

interface PgQuery {
  readonly text: string;
  readonly values: unknown[];
  readonly types: { getTypeParser(type: number, format?: string): (value: string) => unknown };
}

/** The transaction of an app, as its own driver stands for it. */
export type AppTransactionClient = PrismaTransactionClient | PgTransactionClient;

/**
 * Runs statements in an app's transaction. Nothing is prepared by name: names belong to the app, and a pooler may stand between.
 *
 * @throws CastellanError `internal` (what was passed is no client that could hold a transaction).
 */
export function appExecutor(client: AppTransactionClient): SqlExecutor {
  if ('$queryRawUnsafe' in client && typeof client.$queryRawUnsafe === 'function')
    return new TranslatingAppExecutor(new AppPrismaExecutor(client));
  if ('query' in client && typeof client.query === 'function')
    return new TranslatingAppExecutor(new AppPgExecutor(client));
  throw misuse('authz.with(tx) takes a Prisma interactive transaction, or a client of pg that is inside BEGIN.');
}

/** The refusal of what is a mistake of the app's code, not of whoever sent the request. */
export function misuse(detail: string, cause?: unknown): CastellanError {
  return new CastellanError('internal', detail, [], cause === undefined ? undefined : { cause });
}

class AppPgExecutor implements SqlExecutor {
  constructor(private readonly client: PgTransactionClient) {}

  async query<Row>({ text }: Statement, values: readonly unknown[]): Promise<Row[]> {
    const { rows } = await this.client.query({ text, values: [...values], types: OWN_TYPES });
    return rows as Row[];
  }
}

const PARSERS = new Map<number, (value: string) => unknown>([
  [pg.types.builtins.BOOL, (value) => value === 't'],
  [pg.types.builtins.INT2, Number],
  [pg.types.builtins.INT4, Number],
  [pg.types.builtins.INT8, String],
  [pg.types.builtins.TEXT, String],
  [pg.types.builtins.JSON, (value) => JSON.parse(value) as unknown],
  [pg.types.builtins.JSONB, (value) => JSON.parse(value) as unknown],
]);

// An app may have told pg to read numbers, times or JSON in a way of its own.
const OWN_TYPES: PgQuery['types'] = {
  getTypeParser: (type) => PARSERS.get(type) ?? (pg.types.getTypeParser(type, 'text') as (value: string) => unknown),
};

/**
 * Binds every value as a text, and lets Postgres read it: engines of Prisma differ in which values of JavaScript they take for a
 * `bigint`, a `uuid`, an array, or an array with nulls in it.
 */
class AppPrismaExecutor implements SqlExecutor {
  constructor(private readonly client: PrismaTransactionClient) {}

  async query<Row>({ text }: Statement, values: readonly unknown[]): Promise<Row[]> {
    return (await this.client.$queryRawUnsafe(readFromText(text), ...values.map(asText))) as Row[];
  }
}

const rewritten = new Map<string, string>();

/** The statement with each of its values read from a text: `$1::bigint[]` becomes `$1::text::bigint[]`. */
export function readFromText(text: string): string {
  const known = rewritten.get(text);
  if (known !== undefined) return known;
  const made = text.replaceAll(/\$\d+/g, '$&::text');
  rewritten.set(text, made);
  return made;
}

/** The value as Postgres writes it. */
export function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return `{${value.map(asElement).join(',')}}`;
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' || typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}

function asElement(value: unknown): string {
  const text = asText(value);
  return text === null ? 'NULL' : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

class TranslatingAppExecutor implements SqlExecutor {
  constructor(private readonly inner: SqlExecutor) {}

  async query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    try {
      return await this.inner.query<Row>(statement, values);
    } catch (error) {
      throw translateAppError(error);
    }
  }
}

const MISTAKES: Readonly<Record<string, string>> = {
  '25P01':
    'authz.with(tx) was given a client that is not inside a transaction: begin one, and pass the client that stands for it, not the pool or the Prisma client.',
  '25P02': 'An error before this one has aborted the transaction: roll it back.',
  '25006': 'The transaction is read-only.',
  '42501':
    'The database role of the transaction may not write the tables of Castellan: docs/transactions.md has the GRANTs.',
  '42P01': 'The database of the transaction has no tables of Castellan.',
  '3F000': 'The database of the transaction has no tables of Castellan.',
};

function translateAppError(error: unknown): unknown {
  for (const code of codesOf(error)) {
    const mistake = MISTAKES[code];
    if (mistake !== undefined) return misuse(mistake, error);
  }
  return translateDatabaseError(error);
}
