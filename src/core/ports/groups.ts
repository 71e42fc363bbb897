import type { SubjectRef } from '../model.js';
import type { Page } from './lists.js';
import type { SaidGroups } from './provider-users.js';

export interface GroupRecord {
  readonly id: string;
  readonly description: string | null;
}

/** Who is directly in which group. */
export interface MemberOf {
  readonly group: string;
  readonly member: SubjectRef;
}

export abstract class GroupReader {
  abstract find(id: string): Promise<GroupRecord | null>;
  /** Those of the ids that exist, in the order of the ids. */
  abstract findMany(ids: readonly string[]): Promise<GroupRecord[]>;
  /** The direct members, in the order they joined. */
  abstract members(id: string, page: { limit: number; after?: string | undefined }): Promise<Page<SubjectRef>>;
}

export interface GroupWriter {
  find(id: string): Promise<GroupRecord | null>;
  /** Those of the ids that exist, in the order of the ids. */
  findMany(ids: readonly string[]): Promise<GroupRecord[]>;
  /** @throws CastellanError `already_exists`. */
  create(group: GroupRecord): Promise<GroupRecord>;
  /** @throws CastellanError `not_found`, `built_in`. */
  update(id: string, change: { description?: string | null }): Promise<GroupRecord>;
  /** @throws CastellanError `not_found`, `built_in`. */
  delete(id: string): Promise<void>;
  /**
   * Makes the subject a direct member; false when it is one already.
   *
   * @throws CastellanError `not_found` (the group), `unknown_reference` (the member), `built_in`, `cycle`, `too_deep`.
   */
  addMember(id: string, member: SubjectRef): Promise<boolean>;
  /** Which of these there are, by their places in the list; and whether only the identity provider says so. */
  standingMembers(members: readonly MemberOf[]): Promise<Map<number, { readonly fromProvider: boolean }>>;
  /**
   * Makes many subjects, that are no groups, direct members of groups that they are not in yet: all of them, or none when it throws.
   *
   * @throws CastellanError `unknown_reference` (a group or a member), `built_in`, `too_deep`.
   */
  addMembers(members: readonly MemberOf[]): Promise<void>;
  /** Ends a direct membership. @throws CastellanError `not_found` (the group, or the membership), `built_in`. */
  removeMember(id: string, member: SubjectRef): Promise<void>;
}

/** Keeps memberships as an identity provider says. */
export interface ProviderGroupWriter {
  /**
   * Makes the user's memberships that came from the provider those that it says, of the groups there are; those made by hand stay as they are.
   * Does nothing where the provider has said something since, or the user is not active.
   *
   * @throws CastellanError `cycle`, `too_deep`.
   */
  follow(user: string, said: SaidGroups): Promise<void>;
}
