import type pg from 'pg';

/** A hand-written statement: its name is what connections remember it by, so one name has one text. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Runs hand-written SQL; whichever connection or transaction stands behind it. Rows come as objects by column name. */
export interface SqlExecutor {
  query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
}

/** Runs statements, prepared once a connection, on a pool or a client of `pg`. */
export class PgExecutor implements SqlExecutor {
  constructor(private readonly client: Pick<pg.Pool, 'query'>) {}

  async query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    const result = await this.client.query({ name: statement.name, text: statement.text, values: values as unknown[] });
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
