import type { ObjectRef, SubjectRef } from '../model.js';
import type { AssignmentRecord } from './assignments.js';
import type { GrantRecord } from './grants.js';
import type { GroupRecord, MemberOf } from './groups.js';
import type { ObjectRecord } from './objects.js';
import type { RoleRecord } from './roles.js';
import type { TypeRecord } from './types.js';

/** Things that policy files are about, by what they are known by: names, references, and the ids of assignments and grants. */
export interface FileThings {
  readonly types: readonly string[];
  readonly groups: readonly string[];
  readonly members: readonly MemberOf[];
  readonly roles: readonly string[];
  readonly objects: readonly ObjectRef[];
  readonly assignments: readonly string[];
  readonly grants: readonly string[];
}

/** What files name: with an object's creator, what the object's type says that a creator gets. */
export interface NamedThings extends FileThings {
  readonly creators: readonly { readonly object: ObjectRef; readonly creator: SubjectRef }[];
}

/** What hangs on something, and would go with it. */
export type Holder =
  | { readonly kind: 'grant'; readonly grant: GrantRecord }
  | { readonly kind: 'assignment'; readonly assignment: AssignmentRecord }
  | { readonly kind: 'member'; readonly member: MemberOf }
  | { readonly kind: 'object'; readonly object: ObjectRef }
  /** A role that includes it, or that has a rule about it. */
  | { readonly kind: 'inclusion' | 'rule'; readonly role: string };

/** What no file names any more, and what stays all the same because of what hangs on it. */
export interface KeptThing {
  readonly kind: 'type' | 'group' | 'role' | 'object';
  /** The name of the type, or the reference. */
  readonly name: string;
  /** The first few of what hangs on it, and how many there are. */
  readonly holders: readonly Holder[];
  readonly count: number;
}

/** What is there, to be removed: nothing but these hangs on any of them. */
export interface UnnamedThings {
  readonly types: readonly TypeRecord[];
  readonly groups: readonly GroupRecord[];
  readonly members: readonly MemberOf[];
  readonly roles: readonly RoleRecord[];
  readonly objects: readonly ObjectRecord[];
  readonly assignments: readonly AssignmentRecord[];
  readonly grants: readonly GrantRecord[];
}

/** Keeps apart what was made from policy files and what was made by hand. */
export interface FileMarks {
  /** Marks what this write has made as made from a file, with the grants on the objects that it has made. */
  mark(made: FileThings): Promise<void>;
  /** What is marked and not among what is named, but for what something hangs on that stays. Changes nothing. */
  unnamed(named: NamedThings): Promise<{ readonly gone: UnnamedThings; readonly kept: KeptThing[] }>;
  /** Removes grants, assignments, memberships and objects, the lowest first; nothing else may hang on them. */
  remove(gone: Pick<UnnamedThings, 'grants' | 'assignments' | 'members' | 'objects'>): Promise<void>;
}
