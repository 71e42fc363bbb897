import type { Permission, SubjectRef } from '../model.js';
import type { ObjectRecord } from './objects.js';

/** Which registered objects of the permission's type may the subject do the action on? */
export interface ListQuestion {
  readonly subject: SubjectRef;
  readonly permission: Permission;
  /** Further actions that must be allowed on each object as well. */
  readonly alsoActions?: readonly string[];
  /** Keeps objects whose attribute (a path of names) has this value, as a string or as the JSON it reads as. */
  readonly attributes?: readonly { readonly path: readonly string[]; readonly value: string }[];
  readonly limit: number;
  /** The position that the page before ended at. */
  readonly after?: string | undefined;
}

/** One page, in a stable order; `next` is the position to go on from, if there is more. */
export interface Page<Item> {
  readonly items: Item[];
  readonly next: string | null;
}

/** Answers which objects a subject may do an action on: exactly those for which a decision allows it. */
export abstract class ObjectLists {
  abstract list(question: ListQuestion): Promise<Page<ObjectRecord>>;

  /** Whether the subject holds any rule for the permission, wherever placed: so whether a list could hold anything. */
  abstract holdsAnywhere(subject: SubjectRef, permission: Permission): Promise<boolean>;
}
