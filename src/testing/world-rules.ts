import { invalidField, notFound, unknownReference } from '../core/errors.js';
import { refName, sameRef, type ObjectRef, type SubjectRef } from '../core/model.js';
import { ruleKey } from '../core/rule-key.js';
import type { StoredAssignment, StoredGrant, StoredWindow, WorldState } from './world-state.js';

type NewGrant = Omit<StoredGrant, 'id'>;

/** Which grants of a permission are meant: those to the subject, at the place. */
export type GrantKey = Pick<NewGrant, 'subject' | 'permission' | 'object'>;

/** Gives the rule; the same one given again changes nothing. @throws CastellanError `unknown_reference` (the subject, the permission or the object). */
export function giveGrant(state: WorldState, grant: NewGrant): void {
  const { subject, permission, object } = grant;
  requireSubject(state, subject);
  if (!state.hasPermission(permission)) throw unknownReference('permission', `permission ${permission}`);
  requirePlace(state, object);
  if (!state.grants.of(subject).some((each) => isSameGrant(each, grant)))
    state.grants.add({ ...grant, id: `grant-${state.next()}` });
}

/** Takes back the one grant. @throws CastellanError `not_found`. */
export function takeGrant(state: WorldState, grant: NewGrant): void {
  if (!state.grants.takeFrom(grant.subject, (each) => isSameGrant(each, grant))) throw notFound();
}

/** Takes back every grant of the permission to the subject at the place. @throws CastellanError `not_found`. */
export function takeGrants(state: WorldState, key: GrantKey): void {
  if (!state.grants.takeFrom(key.subject, (each) => hasKey(each, key))) throw notFound();
}

/** Gives the subject the role; the same again changes nothing. @throws CastellanError `unknown_reference` (the subject, the role or the object), `invalid_request` (a role for the subject). */
export function giveRole(state: WorldState, assignment: StoredAssignment): void {
  const { subject, role, object } = assignment;
  if (subject.type === 'role') throw invalidField('subject', 'must be a user or a group: a role includes another one');
  requireSubject(state, subject);
  if (!state.rules.has(role)) throw unknownReference('role', `role ${role}`);
  requirePlace(state, object);
  if (!state.assignments.of(subject).some((each) => isSameAssignment(each, assignment)))
    state.assignments.add(assignment);
}

/** @throws CastellanError `not_found`. */
export function takeRole(state: WorldState, assignment: StoredAssignment): void {
  if (!state.assignments.takeFrom(assignment.subject, (each) => isSameAssignment(each, assignment))) throw notFound();
}

function requireSubject(state: WorldState, subject: SubjectRef): void {
  if (!state.subjects.has(subject)) throw unknownReference('subject', `${subject.type} ${subject.id}`);
}

function requirePlace(state: WorldState, place: ObjectRef | null): void {
  if (place && !state.objects.has(place)) throw unknownReference('object', refName(place));
}

/** Whether the two say the same: of such, there is only one. */
export function isSameGrant(one: NewGrant, other: NewGrant): boolean {
  return hasKey(one, other) && partsKey(one) === partsKey(other);
}

function hasKey(grant: NewGrant, { subject, permission, object }: GrantKey): boolean {
  return grant.permission === permission && sameRef(grant.subject, subject) && samePlace(grant.object, object);
}

function partsKey(grant: NewGrant): string {
  const { effect, condition, fields, startsAt, expiresAt } = grant;
  return ruleKey({ effect, condition, fields, startsAt: startsAt?.toString(), expiresAt: expiresAt?.toString() });
}

function isSameAssignment(one: StoredAssignment, other: StoredAssignment): boolean {
  return (
    one.role === other.role &&
    sameRef(one.subject, other.subject) &&
    samePlace(one.object, other.object) &&
    isSameWindow(one, other)
  );
}

function isSameWindow(one: StoredWindow, other: StoredWindow): boolean {
  return one.startsAt === other.startsAt && one.expiresAt === other.expiresAt;
}

function samePlace(one: ObjectRef | null, other: ObjectRef | null): boolean {
  return one === null || other === null ? one === other : sameRef(one, other);
}
