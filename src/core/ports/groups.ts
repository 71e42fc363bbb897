import type { SubjectRef } from '../model.js';
import type { Page } from './lists.js';

export interface GroupRecord {
  readonly id: string;
  readonly description: string | null;
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
  /** Ends a direct membership. @throws CastellanError `not_found` (the group, or the membership), `built_in`. */
  removeMember(id: string, member: SubjectRef): Promise<void>;
}
