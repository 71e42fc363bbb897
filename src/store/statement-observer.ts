import type pg from 'pg';

/** Is told of each statement as it is sent; what it returns is called when the answer is there. It must not throw. */
export interface StatementObserver {
  /** The name is the statement's own, or its first word: never its text or its values. */
  begin(name: string): (error?: unknown) => void;
}

/** Has the observer told of all that the pool's connections are asked from now on. */
export function observeStatements(pool: pg.Pool, observer: StatementObserver): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const observed = (...args: unknown[]): unknown => {
      const end = observer.begin(nameOf(args[0]));
      const done = args.at(-1);
      if (typeof done === 'function') {
        const told = (error: unknown, result: unknown): unknown => {
          end(error ?? undefined);
          return (done as (error: unknown, result: unknown) => unknown)(error, result);
        };
        return query(...args.slice(0, -1), told);
      }
      const result = query(...args);
      if (result instanceof Promise) result.then(() => end(), end);
      else end();
      return result;
    };
    client.query = observed as typeof client.query;
  });
}

function nameOf(statement: unknown): string {
  const { name, text } =
    typeof statement === 'string' ? { name: undefined, text: statement } : (statement as pg.QueryConfig);
  return name ?? (/^\s*([a-z]+)/i.exec(text)?.[1] ?? 'statement').toUpperCase();
}
