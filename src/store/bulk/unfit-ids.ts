import { fitsForm, type NarrowIdForm } from '../../core/id-forms.js';
import { FITS } from '../access-view.js';
import { unfitId } from '../database-errors.js';
import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import type { Reject } from './bulk-rows.js';

const FORMS = `SELECT t.name AS type, split_part(c.conname, ' ', 6) AS form FROM pg_catalog.pg_constraint c
  JOIN castellan.types t ON t.id::text = split_part(c.conname, ' ', 4)
  WHERE c.conrelid = 'castellan.objects'::regclass AND c.contype = 'c' AND c.conname LIKE 'ids of type % are %'`;

interface TypeForm {
  readonly type: string;
  readonly form: NarrowIdForm;
}

/** Why such a thing can not have the id: the app's own table could not hold it; undefined where it could. */
export async function faultsOfIds(
  sql: SqlExecutor,
  type: string,
): Promise<(id: string) => Omit<Reject, 'line'> | undefined> {
  const forms = (await run<TypeForm>(sql, FORMS)).filter((each) => each.type === type);
  return (id) => {
    const unfit = forms.find(({ form }) => !fitsForm(id, form));
    if (!unfit) return undefined;
    const { code, detail: reason } = unfitId(unfit.form);
    return { code, reason };
  };
}

/** Takes away the rows whose ids the app's own table could not hold, where there is a view of access for their type; and tells of them. */
export async function rejectUnfitIds(sql: SqlExecutor, table: 'import_subjects' | 'import_objects'): Promise<Reject[]> {
  const rejects: Reject[] = [];
  for (const { type, form } of await run<TypeForm>(sql, FORMS)) {
    const { code, detail: reason } = unfitId(form);
    const unfit = await run<{ line: string }>(
      sql,
      `DELETE FROM pg_temp.${table} WHERE type = $1 AND NOT (${FITS[form]}) RETURNING line`,
      [type],
    );
    for (const { line } of unfit) rejects.push({ line: Number(line), code, reason });
  }
  return rejects;
}
