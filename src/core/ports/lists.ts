import type { Mode, ObjectRef, Permission, SubjectRef, Supplied } from '../model.js';
import type { ObjectRecord } from './objects.js';

/** Which registered objects of the permission's type may the subject do the action on? */
export interface ListQuestion {
  readonly subject: SubjectRef;
  readonly permission: Permission;
  /** Keeps objects that the subject may view as well, and leaves out the attributes that it may not view. */
  readonly viewable?: boolean | undefined;
  /**
   * Keeps objects whose attribute (a path of names) has this value, as a string or as the JSON it reads as. With `viewable`, only where the
   * subject may view that attribute.
   */
  readonly attributes?: readonly AttributeFilter[] | undefined;
  readonly supplied?: Supplied | undefined;
  readonly limit: number;
  /** The position that the page before ended at. */
  readonly after?: string | undefined;
}

export interface AttributeFilter {
  readonly path: readonly string[];
  readonly value: string;
}

/** One page, in a stable order; `next` is the position to go on from, if there is more. */
export interface Page<Item> {
  readonly items: Item[];
  readonly next: string | null;
}

/** Answers which objects a subject may do an action on: exactly those for which a decision allows it. */
export abstract class ObjectLists {
  /**
   * One page, all of it from one snapshot, in the order in which the objects were registered.
   *
   * @throws CastellanError `overloaded` when it takes too long, `database_unavailable`.
   */
  abstract list(question: ListQuestion): Promise<Page<ObjectRecord>>;

  /** How many objects all pages hold together. @throws CastellanError as `list` does. */
  abstract count(question: Omit<ListQuestion, 'limit' | 'after'>): Promise<number>;

  /** The object, as far as the subject may view it; null when there is none, or it may not. One snapshot. */
  abstract findViewable(subject: SubjectRef, object: ObjectRef): Promise<ObjectRecord | null>;

  /** Whether the subject holds any rule that allows the permission, wherever placed: so whether a list could hold anything. */
  abstract holdsAnywhere(subject: SubjectRef, permission: Permission): Promise<boolean>;
}

/** Which known subjects of a type may do the action on the object? */
export interface SubjectQuestion {
  readonly subjectType: string;
  readonly permission: Permission;
  readonly object: ObjectRef;
  readonly supplied?: Supplied | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
}

/** Answers which subjects may do an action on an object: exactly the known ones for which a decision allows it. */
export abstract class SubjectLists {
  /** One page, all of it from one snapshot, in the order in which the subjects were made. @throws CastellanError as a list does. */
  abstract list(question: SubjectQuestion): Promise<Page<SubjectRef>>;

  /** How many subjects all pages hold together. */
  abstract count(question: Omit<SubjectQuestion, 'limit' | 'after'>): Promise<number>;
}

/** Which actions may the subject do on the object? */
export interface ActionQuestion {
  readonly subject: SubjectRef;
  readonly object: ObjectRef;
  readonly supplied?: Supplied | undefined;
  /** Goes over the mode of the object's type. */
  readonly mode?: Mode | undefined;
}

/** Answers which actions a subject may do on an object: exactly those of its type for which a decision allows it. */
export abstract class ActionLists {
  /** All of them, in the order in which the type names them; [] for an unknown type. One snapshot. */
  abstract list(question: ActionQuestion): Promise<string[]>;
}
