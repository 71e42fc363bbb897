import type { JsonObject, SubjectRef } from '../../core/model.js';
import type { SqlExecutor, Statement } from '../executor.js';

/** A row of `subjects`, with its internal id. */
export interface SubjectRow {
  readonly row_id: number;
  readonly type: string;
  readonly id: string;
  readonly username: string | null;
  readonly email: string | null;
  readonly active: boolean;
  readonly superuser: boolean;
  readonly description: string | null;
  readonly attributes: JsonObject;
}

/** The columns of {@link SubjectRow}: what they are read from is named `s`. */
export const SUBJECT_COLUMNS = `s.id AS row_id, s.type, s.external_id AS id, s.username, s.email, s.active, s.superuser,
    s.description, s.attributes`;

const READ: Statement = {
  name: 'castellan_read_subjects',
  text: `SELECT ${SUBJECT_COLUMNS} FROM unnest($2::text[]) WITH ORDINALITY AS q(id, n)
    JOIN castellan.subjects s ON s.type = $1::text AND s.external_id = q.id ORDER BY q.n`,
};

/** The subjects of the type that exist, in the order of the ids. */
export function readSubjectRows(sql: SqlExecutor, type: string, ids: readonly string[]): Promise<SubjectRow[]> {
  return sql.query<SubjectRow>(READ, [type, ids]);
}

export async function findSubjectRow(sql: SqlExecutor, ref: SubjectRef): Promise<SubjectRow | null> {
  const [row] = await readSubjectRows(sql, ref.type, [ref.id]);
  return row ?? null;
}

const DELETE: Statement = {
  name: 'castellan_delete_subject',
  text: 'DELETE FROM castellan.subjects WHERE id = $1::int',
};

/** Removes the subject, and with it (by cascade) its memberships, grants, assignments, password and sessions. */
export async function deleteSubjectRow(sql: SqlExecutor, rowId: number): Promise<void> {
  await sql.query(DELETE, [rowId]);
}
