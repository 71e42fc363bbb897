import type { SqlExecutor } from './executor.js';

/** What one check has found: how many faults, and the first of them in words. */
export interface Found {
  readonly count: number;
  readonly examples: readonly string[];
}

/** One thing that has to hold of the tables. */
export interface Check {
  /** Stable, for programs. */
  readonly kind: string;
  /** What is wrong where it finds something. */
  readonly says: string;
  /** What a person can do where it can't be mended. */
  readonly advice?: string;
  readonly find: (sql: SqlExecutor) => Promise<Found>;
  /** Mends what can be mended of it; absent where a person has to decide. */
  readonly mend?: (sql: SqlExecutor) => Promise<void>;
}

export const MOST_EXAMPLES = 20;

/** A check in SQL: the query has one row for each fault, telling of it in its column `what`; the statements mend all of them. */
export function sqlCheck(
  about: Pick<Check, 'kind' | 'says' | 'advice'>,
  faults: string,
  mending: readonly string[] = [],
): Check {
  const find = async (sql: SqlExecutor): Promise<Found> => {
    const [found] = await run<Found>(
      sql,
      `WITH found AS MATERIALIZED (${faults})
       SELECT (SELECT count(*) FROM found)::int AS count,
         ARRAY(SELECT what FROM found ORDER BY what COLLATE "C" LIMIT ${MOST_EXAMPLES}) AS examples`,
    );
    return found ?? { count: 0, examples: [] };
  };
  if (mending.length === 0) return { ...about, find };
  const mend = async (sql: SqlExecutor): Promise<void> => {
    for (const statement of mending) await run(sql, statement);
  };
  return { ...about, find, mend };
}

/** Runs a statement of the doctor's: one that is not asked often enough to be remembered by a name. */
export function run<Row>(sql: SqlExecutor, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  return sql.query<Row>({ name: '', text }, values);
}

/** SQL: how a subject is called, by its id (an expression). */
export function subjectName(id: string): string {
  return `coalesce((SELECT named.type || ':' || named.external_id FROM castellan.subjects named WHERE named.id = ${id}), 'subject ' || ${id})`;
}

/** SQL: how an object is called, by its id (an expression). */
export function objectName(id: string): string {
  return `coalesce((SELECT namer.name || ':' || named.external_id FROM castellan.objects named
    JOIN castellan.types namer ON namer.id = named.type_id WHERE named.id = ${id}), 'object ' || ${id})`;
}
