import type pg from 'pg';

interface Rows {
  readonly rows: Record<string, unknown>[];
}

/**
 * Lets the planner's estimates be as if there were few objects or many: a list is found in one way or another by them, and in a
 * world of a handful of objects, it would always be the same one.
 */
export class Estimates {
  /** Undefined: the estimates are what they are. */
  few: boolean | undefined;
  falsified = 0;

  constructor(pool: pg.Pool) {
    const connect = pool.connect.bind(pool);
    const wrapped = new WeakSet<pg.PoolClient>();
    const connectWrapped = async (): Promise<pg.PoolClient> => {
      const client = await connect();
      if (!wrapped.has(client)) this.#wrap(client);
      wrapped.add(client);
      return client;
    };
    pool.connect = ((callback?: Parameters<typeof connect>[0]) =>
      callback ? connect(callback) : connectWrapped()) as typeof pool.connect;
  }

  #wrap(client: pg.PoolClient): void {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((statement: string | { text: string }, ...rest: unknown[]) => {
      const answer = query(statement, ...rest);
      const text = typeof statement === 'string' ? statement : statement.text;
      if (!(answer instanceof Promise)) return answer;
      if (text.startsWith('EXPLAIN (FORMAT JSON)'))
        return answer.then((rows) => this.#falsified(rows as Rows, 'QUERY PLAN'));
      return text.includes(' AS many FROM') ? answer.then((rows) => this.#falsified(rows as Rows, 'many')) : answer;
    }) as typeof client.query;
  }

  #falsified({ rows }: Rows, column: 'QUERY PLAN' | 'many'): Rows {
    const { few } = this;
    if (few === undefined) return { rows };
    this.falsified += 1;
    const plan = [{ Plan: { 'Plan Rows': few ? 1 : 1e9 } }];
    return { rows: rows.map((row) => ({ ...row, [column]: column === 'many' ? few : plan })) };
  }
}
