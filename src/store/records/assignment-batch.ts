import { v7 as uuidv7 } from 'uuid';
import { CastellanError, unknownReference } from '../../core/errors.js';
import { refName } from '../../core/model.js';
import type { AssignmentRecord, NewAssignment } from '../../core/ports/assignments.js';
import type { SqlExecutor, Statement } from '../executor.js';

const RESOLVE: Statement = {
  name: 'castellan_resolve_assignments',
  text: `SELECT s.id AS subject_id, r.id AS role_id, o.id::text AS object_id
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
      WITH ORDINALITY AS q(subject_type, subject_id, role, object_type, object_id, n)
    LEFT JOIN castellan.subjects s ON s.type = q.subject_type AND s.external_id = q.subject_id
    LEFT JOIN castellan.subjects r ON r.type = 'role' AND r.external_id = q.role
    LEFT JOIN castellan.types t ON t.name = q.object_type
    LEFT JOIN castellan.objects o ON o.type_id = t.id AND o.external_id = q.object_id
    ORDER BY q.n`,
};

const KEYS = `unnest($1::uuid[], $2::int[], $3::int[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
      WITH ORDINALITY AS q(id, subject_id, role_id, object_id, starts_at, expires_at, n)`;

const INSERT: Statement = {
  name: 'castellan_insert_assignments',
  text: `INSERT INTO castellan.assignments (id, subject_id, role_id, object_id, starts_at, expires_at)
    SELECT q.id, q.subject_id, q.role_id, q.object_id, q.starts_at, q.expires_at FROM ${KEYS} ORDER BY q.n
    ON CONFLICT (subject_id, role_id, object_id, starts_at, expires_at) DO NOTHING RETURNING id::text AS id`,
};

const STANDING: Statement = {
  name: 'castellan_standing_assignments',
  text: `SELECT q.n::int AS n, a.id::text AS id FROM ${KEYS}
    JOIN castellan.assignments a ON a.subject_id = q.subject_id AND a.role_id = q.role_id
      AND a.object_id IS NOT DISTINCT FROM q.object_id AND a.starts_at IS NOT DISTINCT FROM q.starts_at
      AND a.expires_at IS NOT DISTINCT FROM q.expires_at`,
};

/** Gives each role; the assignment that stands where it is the same. @throws CastellanError `unknown_reference`, by the place in the list. */
export async function insertAssignments(
  sql: SqlExecutor,
  assignments: readonly NewAssignment[],
): Promise<{ record: AssignmentRecord; created: boolean }[]> {
  const found = await resolve(sql, assignments);
  const values = [
    assignments.map(() => uuidv7()),
    found.map(({ subject }) => subject),
    found.map(({ role }) => role),
    found.map(({ object }) => object),
    assignments.map(({ startsAt }) => inUtc(startsAt)),
    assignments.map(({ expiresAt }) => inUtc(expiresAt)),
  ];
  const created = new Set((await sql.query<{ id: string }>(INSERT, values)).map(({ id }) => id));
  const rows = await sql.query<{ n: number; id: string }>(STANDING, values);
  const standing = new Map(rows.map(({ n, id }) => [n - 1, id]));
  return assignments.map(({ subject, role, object, startsAt, expiresAt }, index) => {
    const id = standing.get(index);
    if (id === undefined) throw new CastellanError('internal', 'A role was assigned, and is not.');
    const place = object ? { type: object.type, id: object.id } : null;
    const record = { id, subject, role, object: place, startsAt: inUtc(startsAt), expiresAt: inUtc(expiresAt) };
    // Where one batch asks for the same twice, the first is the one that made it.
    return { record, created: created.delete(id) };
  });
}

async function resolve(
  sql: SqlExecutor,
  assignments: readonly NewAssignment[],
): Promise<{ subject: number; role: number; object: string | null }[]> {
  const rows = await sql.query<{ subject_id: number | null; role_id: number | null; object_id: string | null }>(
    RESOLVE,
    [
      assignments.map(({ subject }) => subject.type),
      assignments.map(({ subject }) => subject.id),
      assignments.map(({ role }) => role),
      assignments.map(({ object }) => object?.type ?? null),
      assignments.map(({ object }) => object?.id ?? null),
    ],
  );
  return assignments.map(({ subject, role, object }, index) => {
    const row = rows[index];
    if (!row?.subject_id) throw unknownReference(`${index}.subject`, `${subject.type} ${subject.id}`);
    if (!row.role_id) throw unknownReference(`${index}.role`, `role ${role}`);
    if (object && row.object_id === null) throw unknownReference(`${index}.object`, refName(object));
    return { subject: row.subject_id, role: row.role_id, object: row.object_id };
  });
}

function inUtc(time: string | null | undefined): string | null {
  return time ? new Date(time).toISOString() : null;
}
