import type { Assignment, Grant, NewRule, ObjectRef } from '../app/administration/administration.js';

/** A grant, as a person reads it. */
export function toldGrant(grant: Grant): string {
  return `${grant.id}  ${grant.subject.type}:${grant.subject.id}  ${toldRule(grant)}  ${toldPlace(grant.object)}${toldWindow(grant)}`;
}

/** An assignment, as a person reads it. */
export function toldAssignment(assignment: Assignment): string {
  const { id, subject, role, object } = assignment;
  return `${id}  ${subject.type}:${subject.id}  role:${role}  ${toldPlace(object)}${toldWindow(assignment)}`;
}

/** A rule, as a person reads it. */
export function toldRule({ permission, effect, condition, fields }: NewRule): string {
  return [
    ...(effect === 'deny' ? ['deny'] : []),
    permission,
    ...(condition ? [`where ${JSON.stringify(condition)}`] : []),
    ...(fields ? [`(fields ${fields.join(', ')})`] : []),
  ].join(' ');
}

/** Where it counts. */
export function toldPlace(object: ObjectRef | null): string {
  return object ? `on ${object.type}:${object.id}` : 'everywhere';
}

function toldWindow({ startsAt, expiresAt }: Pick<Grant, 'startsAt' | 'expiresAt'>): string {
  return [
    ...(startsAt === null ? [] : [`  from ${startsAt}`]),
    ...(expiresAt === null ? [] : [`  until ${expiresAt}`]),
  ].join('');
}
