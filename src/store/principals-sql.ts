/**
 * SQL that other statements are put together from: which principals a subject acts as, and which roles they hold.
 * The ids of `anyone` and `authenticated` are fixed by the first migration.
 */
export const ANYONE_ID = 1;
export const AUTHENTICATED_ID = 2;

/** An int[] expression: the subject itself, its groups, `authenticated` and `anyone`. Each argument is a column reference. */
export function principalsOf(subject: { id: string; active: string }): string {
  return `ARRAY(
    SELECT ${ANYONE_ID}
    UNION ALL SELECT ${AUTHENTICATED_ID} WHERE ${subject.active} AND ${subject.id} <> ${ANYONE_ID}
    UNION ALL SELECT ${subject.id} WHERE ${subject.active}
    UNION ALL SELECT em.group_id FROM castellan.effective_memberships em WHERE em.member_id = ${subject.id} AND ${subject.active}
  )`;
}

/**
 * An int[] expression: the roles that the principals (an int[] reference) are assigned everywhere, and those they include.
 * A role that is itself asked about is its own holder.
 */
export function rolesOf(principals: string): string {
  return `ARRAY(
    SELECT ei.included_id FROM castellan.assignments a
    JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id
    WHERE a.subject_id = ANY(${principals}) AND a.object_id IS NULL AND ${inWindow('a')}
    UNION ALL SELECT ei.included_id FROM castellan.effective_inclusions ei WHERE ei.role_id = ANY(${principals})
  )`;
}

/** An int[] expression: the roles that the principals are assigned on one of the places (a bigint[] reference), and those they include. */
export function rolesAt(principals: string, places: string): string {
  return `ARRAY(
    SELECT ei.included_id FROM castellan.assignments a
    JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id
    WHERE a.subject_id = ANY(${principals}) AND a.object_id = ANY(${places}) AND ${inWindow('a')}
  )`;
}

/** A bigint[] expression: the object (an id reference, which may be null) and everything above it. */
export function placesOf(objectId: string): string {
  return `ARRAY(
    SELECT ${objectId} WHERE ${objectId} IS NOT NULL
    UNION ALL SELECT an.ancestor_id FROM castellan.ancestry an WHERE an.descendant_id = ${objectId}
  )`;
}

/** A condition: now is inside the window of the row (an alias with `starts_at` and `expires_at`). */
export function inWindow(row: string): string {
  return `(${row}.starts_at IS NULL OR ${row}.starts_at <= statement_timestamp()) AND (${row}.expires_at IS NULL OR ${row}.expires_at > statement_timestamp())`;
}

/**
 * A query of one row, or none where the type is unknown or the subject inactive: the subject's principals, the roles they hold everywhere and on
 * objects, and the permissions that are asked about. Values: subject type, subject id, type, actions.
 */
export const HOLDING_SUBJECT = `
    SELECT acting.*, acting.principals || acting.roles AS holders FROM (
      SELECT asked.*, ${rolesOf('asked.principals')} AS roles, ARRAY(
          SELECT ei.included_id FROM castellan.assignments a
          JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id
          WHERE a.subject_id = ANY(asked.principals) AND a.object_id IS NOT NULL AND ${inWindow('a')}
        ) AS roles_on_objects
      FROM (
        SELECT t.id AS type_id, t.mode, coalesce(s.superuser, false) AS superuser, s.attributes,
          ${principalsOf({ id: 's.id', active: 's.active' })} AS principals,
          ARRAY(SELECT p.id FROM castellan.permissions p WHERE p.type_id = t.id AND p.action = ANY($4::text[]) ORDER BY p.id) AS permissions,
          ARRAY(SELECT p.action FROM castellan.permissions p WHERE p.type_id = t.id AND p.action = ANY($4::text[]) ORDER BY p.id) AS actions
        FROM castellan.types t LEFT JOIN castellan.subjects s ON s.type = $1 AND s.external_id = $2
        WHERE t.name = $3 AND coalesce(s.active, true)
      OFFSET 0) asked
    OFFSET 0) acting
`;
