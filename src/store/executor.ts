import type pg from 'pg';
import { VALUE_TYPES } from './value-types.js';

/** A hand-written statement. */
export interface Statement {
  /** What connections remember it by, so one name has one text; absent where it is to be planned anew for the values of each call. */
  readonly name?: string;
  readonly text: string;
}

/** Runs hand-written SQL; whichever connection or transaction stands behind it. Rows come as objects by column name. */
export interface SqlExecutor {
  query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
}

/** Runs statements, those with a name prepared once a connection, on a pool or a client of `pg`. */
export class PgExecutor implements SqlExecutor {
  constructor(private readonly client: Pick<pg.ClientBase, 'query'>) {}

  async query<Row>({ name, text }: Statement, values: readonly unknown[]): Promise<Row[]> {
    const result = await this.client.query({
      ...(name === undefined ? {} : { name }),
      text,
      values: values as unknown[],
      types: VALUE_TYPES,
    });
    return result.rows as Row[];
  }
}

/** The part of a Prisma client or transaction that runs SQL. */
interface PrismaQueries {
  $queryRawUnsafe<Result>(text: string, ...values: unknown[]): Promise<Result>;
}

/** Runs statements inside a Prisma transaction, so that they see what it has written and stand or fall with it. */
export class PrismaExecutor implements SqlExecutor {
  constructor(private readonly transaction: PrismaQueries) {}

  query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    return this.transaction.$queryRawUnsafe<Row[]>(statement.text, ...values);
  }
}
