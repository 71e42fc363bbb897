import { ANYONE, AUTHENTICATED } from '../core/built-ins.js';
import { sameRef, type ObjectRef, type SubjectRef } from '../core/model.js';
import type { StoredWindow, WorldState } from './world-state.js';

/** Whom the subject acts as: itself, its groups, `authenticated` and `anyone`; only `anyone` where it is unknown or inactive. */
export function principalsOf(state: WorldState, subject: SubjectRef): SubjectRef[] {
  if (state.subjects.get(subject)?.active !== true) return [ANYONE];
  if (sameRef(subject, ANYONE)) return [ANYONE];
  const itself = sameRef(subject, AUTHENTICATED) ? [] : [subject];
  return [ANYONE, AUTHENTICATED, ...itself, ...state.groupsOf(subject)];
}

/** The roles that the principals are assigned where `isAt` says so, and those they include. */
export function rolesAssigned(
  state: WorldState,
  principals: readonly SubjectRef[],
  now: number,
  isAt: (place: ObjectRef | null) => boolean,
): Set<string> {
  const found = principals
    .flatMap((principal) => state.assignments.of(principal))
    .filter((assignment) => isAt(assignment.object) && inWindow(assignment, now));
  return state.withIncluded(found.map(({ role }) => role));
}

/** A role that is itself asked about is its own holder: it, and those it includes. */
export function rolesThemselves(state: WorldState, principals: readonly SubjectRef[]): Set<string> {
  const roles = principals.filter(({ type }) => type === 'role');
  return state.withIncluded(roles.map(({ id }) => id));
}

/** The object and everything above it; nothing where there is none, or it is not registered. */
export function placesOf(state: WorldState, object: ObjectRef | undefined): ObjectRef[] {
  return object && state.objects.has(object) ? [object, ...state.above(object)] : [];
}

/** Whether the instant is inside the window. */
export function inWindow({ startsAt, expiresAt }: StoredWindow, now: number): boolean {
  return (startsAt === null || startsAt <= now) && (expiresAt === null || now < expiresAt);
}

export function isAmong(refs: readonly (SubjectRef | ObjectRef)[], ref: SubjectRef | ObjectRef): boolean {
  return refs.some((each) => sameRef(each, ref));
}

export function roleRef(id: string): SubjectRef {
  return { type: 'role', id };
}
