import type { ObjectRef } from '../../core/model.js';
import type { MemberOf } from '../../core/ports/groups.js';

/** References as a statement takes them: their types, and their ids. */
export function refsOf(refs: readonly ObjectRef[]): string[][] {
  return [refs.map(({ type }) => type), refs.map(({ id }) => id)];
}

/** Memberships as a statement takes them: the groups, and the types and the ids of the members. */
export function membersOf(members: readonly MemberOf[]): string[][] {
  return [members.map(({ group }) => group), ...refsOf(members.map(({ member }) => member))];
}

/** Ids as a statement takes them. */
export function idsOf(ids: readonly string[]): string[][] {
  return [[...ids]];
}
