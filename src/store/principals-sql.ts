/**
 * SQL that other statements are put together from: which principals a subject acts as, and which roles they hold everywhere.
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
    WHERE a.subject_id = ANY(${principals}) AND a.object_id IS NULL AND a.starts_at IS NULL AND a.expires_at IS NULL
    UNION ALL SELECT ei.included_id FROM castellan.effective_inclusions ei WHERE ei.role_id = ANY(${principals})
  )`;
}

/**
 * A condition: the holder (an alias with `holders` and `roles`) is allowed the action of a type (an id expression) by a rule
 * placed everywhere or at the place (a `place_id` expression).
 */
export function holdsOn(holder: string, typeId: string, action: string, placeId: string): string {
  return `(EXISTS (SELECT 1 FROM castellan.permissions hp JOIN castellan.grants hg ON hg.permission_id = hp.id
      WHERE hp.type_id = ${typeId} AND hp.action = '${action}'
        AND hg.subject_id = ANY(${holder}.holders) AND hg.place_id = ANY(ARRAY[0, ${placeId}]) AND hg.variant = '')
    OR EXISTS (SELECT 1 FROM castellan.permissions hp JOIN castellan.rules hr ON hr.permission_id = hp.id
      WHERE hp.type_id = ${typeId} AND hp.action = '${action}' AND hr.role_id = ANY(${holder}.roles)
        AND hr.effect = 'allow' AND hr.condition IS NULL AND hr.fields = '{}'))`;
}
