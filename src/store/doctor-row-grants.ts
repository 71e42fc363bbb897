import type { IdForm } from '../core/id-forms.js';
import { MOST_EXAMPLES, objectName, run, subjectName, type Check, type Found } from './doctor-check.js';
import type { SqlExecutor } from './executor.js';
import { ROW_GRANTS_TABLES, rowGrantsFrom } from './row-grants-sql.js';

interface Table {
  readonly name: string;
  readonly type_id: string;
  readonly form: IdForm;
}

const COLUMNS = 'subject_id, permission_id, row_id, place_id';
const rightRows = ({ type_id, form }: Table): string =>
  rowGrantsFrom('castellan.grants', form).replaceAll(':type', type_id);

async function find(sql: SqlExecutor): Promise<Found> {
  const found = { count: 0, examples: [] as string[] };
  for (const table of await run<Table>(sql, ROW_GRANTS_TABLES)) {
    const kept = `SELECT ${COLUMNS} FROM ${table.name}`;
    const faults = await run<{ what: string; count: number }>(
      sql,
      `WITH faulty AS (
        (SELECT 'lacks' AS what, lacking.* FROM (${rightRows(table)} EXCEPT ${kept}) lacking)
        UNION ALL (SELECT 'has too much:', extra.* FROM (${kept} EXCEPT (${rightRows(table)})) extra)
      )
      SELECT told.what, (count(*) OVER ())::int AS count FROM (
        SELECT what || ' ' || ${subjectName('faulty.subject_id')} || ' on ' || ${objectName('faulty.place_id')} AS what FROM faulty
      ) told ORDER BY told.what COLLATE "C" LIMIT ${MOST_EXAMPLES}`,
    );
    found.count += faults[0]?.count ?? 0;
    for (const { what } of faults) if (found.examples.length < MOST_EXAMPLES) found.examples.push(what);
  }
  return found;
}

async function mend(sql: SqlExecutor): Promise<void> {
  for (const table of await run<Table>(sql, ROW_GRANTS_TABLES)) {
    await run(sql, `DELETE FROM ${table.name}`);
    await run(sql, `INSERT INTO ${table.name} (${COLUMNS}) ${rightRows(table)}`);
  }
}

/** What filters of an app's rows look up must be what the grants say. */
export const ROW_GRANTS_CHECK: Check = {
  kind: 'row_grants',
  says: 'plain grants by the rows of an app are not those that there are',
  find,
  mend,
};
