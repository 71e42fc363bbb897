import { isBuiltInGroup } from '../core/built-ins.js';
import { CastellanError, notFound, unknownReference } from '../core/errors.js';
import { refName, sameRef, type JsonObject, type SubjectRef } from '../core/model.js';
import { requireEdgeFits, type Graph } from './graph-limits.js';
import type { StoredSubject, WorldState } from './world-state.js';

/** The new values of a service; what is absent stays. */
export interface ServiceValues {
  readonly active?: boolean;
  readonly attributes?: JsonObject;
}

/** The new values of a user; what is absent stays. */
export interface UserValues extends ServiceValues {
  readonly username?: string;
  readonly superuser?: boolean;
}

/** @throws CastellanError `already_exists`. */
export function addUser(state: WorldState, id: string, values: UserValues): void {
  const ref = { type: 'user', id };
  const { username = id, active = true, superuser = false, attributes = {} } = values;
  requireFree(state, ref);
  requireFreeUsername(state, username);
  state.subjects.set(ref, { ...ref, username, active, superuser, attributes });
  state.register(ref, null, attributes);
}

/** @throws CastellanError `not_found`, `already_exists` (the username), `last_superuser`. */
export function changeUser(state: WorldState, id: string, values: UserValues): void {
  const before = state.subjects.get({ type: 'user', id });
  if (!before) throw notFound();
  if (values.username !== undefined && values.username !== before.username) requireFreeUsername(state, values.username);
  const after = { ...before, ...values };
  if (isStandingSuperuser(before) && !isStandingSuperuser(after)) requireAnotherSuperuser(state, before);
  state.subjects.set(before, after);
  // Conditions on the user as a resource ask for the same as those on the user as a subject.
  const object = state.objects.get(before);
  if (object) state.objects.set(before, { ...object, attributes: after.attributes });
}

/** @throws CastellanError `already_exists`. */
export function addService(state: WorldState, id: string, { active = true, attributes = {} }: ServiceValues): void {
  const ref = { type: 'service', id };
  if (state.subjects.has(ref)) throw taken(ref);
  state.subjects.set(ref, { ...ref, username: null, active, superuser: false, attributes });
}

/** @throws CastellanError `not_found`. */
export function changeService(state: WorldState, id: string, values: ServiceValues): void {
  const before = state.subjects.get({ type: 'service', id });
  if (!before) throw notFound();
  state.subjects.set(before, { ...before, ...values });
}

/** @throws CastellanError `already_exists`, `unknown_reference` (a member), `cycle`, `too_deep`. */
export function addGroup(state: WorldState, id: string, members: readonly SubjectRef[]): void {
  const ref = { type: 'group', id };
  requireFree(state, ref);
  state.subjects.set(ref, { ...ref, username: null, active: true, superuser: false, attributes: {} });
  state.register(ref);
  state.setMembers(id, []);
  try {
    for (const [index, member] of members.entries()) addMember(state, id, member, `members.${index}`);
  } catch (error) {
    deleteGroup(state, id);
    throw error;
  }
}

/** @throws CastellanError `not_found` (the group), `unknown_reference` (the member), `built_in`, `cycle`, `too_deep`. */
export function addMember(state: WorldState, id: string, member: SubjectRef, path = 'member'): void {
  const members = membersOf(state, id);
  requireMember(state, path, member);
  if (members.some((each) => sameRef(each, member))) return;
  const group = { type: 'group', id };
  requireEdgeFits(membershipsIn(state), { lower: member, upper: group }, `${refName(member)} in ${refName(group)}`);
  state.setMembers(id, [...members, member]);
}

/** @throws CastellanError `not_found` (the group, or the membership), `built_in`. */
export function removeMember(state: WorldState, id: string, member: SubjectRef): void {
  const members = membersOf(state, id);
  if (!members.some((each) => sameRef(each, member))) throw notFound();
  state.setMembers(
    id,
    members.filter((each) => !sameRef(each, member)),
  );
}

/** @throws CastellanError `not_found`, `built_in`, `has_children`. */
export function deleteGroup(state: WorldState, id: string): void {
  const group = { type: 'group', id };
  membersOf(state, id);
  requireChildless(state, group);
  state.forgetSubject(group);
  state.forgetObjects((object) => sameRef(object, group));
}

/** @throws CastellanError `not_found`, `has_children`, `last_superuser`. */
export function deleteUser(state: WorldState, id: string): void {
  const user = state.subjects.get({ type: 'user', id });
  if (!user) throw notFound();
  requireChildless(state, user);
  if (isStandingSuperuser(user)) requireAnotherSuperuser(state, user);
  state.forgetSubject(user);
  state.forgetObjects((object) => sameRef(object, user));
}

/** @throws CastellanError `already_exists`. */
export function requireFree(state: WorldState, { type, id }: SubjectRef): void {
  if (state.objects.has({ type, id })) throw taken({ type, id });
}

function taken({ type, id }: SubjectRef): CastellanError {
  return new CastellanError('already_exists', `id: there is a ${type} ${id} already.`, [
    { path: 'id', message: 'is taken' },
  ]);
}

/** @throws CastellanError `has_children`. */
export function requireChildless(state: WorldState, { type, id }: SubjectRef): void {
  if (state.childrenOf({ type, id }).length > 0)
    throw new CastellanError('has_children', `There are objects below this ${type}: move or delete them first.`);
}

function requireFreeUsername(state: WorldState, username: string): void {
  if (![...state.subjects.values()].some((subject) => subject.username === username)) return;
  throw new CastellanError('already_exists', `username: there is a user ${username} already.`, [
    { path: 'username', message: 'is taken' },
  ]);
}

function requireMember(state: WorldState, path: string, member: SubjectRef): void {
  const { type, id } = member;
  if (!state.subjects.has(member) || type === 'role' || isBuiltInGroup(member))
    throw unknownReference(path, `${type} ${id} to be a member`);
}

function requireAnotherSuperuser(state: WorldState, but: StoredSubject): void {
  if ([...state.subjects.values()].some((each) => isStandingSuperuser(each) && !sameRef(each, but))) return;
  throw new CastellanError('last_superuser', 'This is the last active superuser: make another one first.');
}

function isStandingSuperuser({ active, superuser }: StoredSubject): boolean {
  return active && superuser;
}

function membersOf(state: WorldState, id: string): readonly SubjectRef[] {
  const group = { type: 'group', id };
  if (!state.subjects.has(group)) throw notFound();
  if (isBuiltInGroup(group))
    throw new CastellanError('built_in', `The group ${id} is built in: it has no list of members, and stays as it is.`);
  return state.membersOf(id);
}

function membershipsIn(state: WorldState): Graph<SubjectRef> {
  return {
    up: (subject) => state.groupsWith(subject),
    down: ({ type, id }) => (type === 'group' ? state.membersOf(id) : []),
    nameOf: refName,
  };
}
