import type { JsonObject, ObjectRef, SubjectRef } from '../model.js';

/** A rule that is handed out or taken away: what of it has to be held by whoever does that. A deny is measured like an allow. */
export interface HandedRule {
  /** As it is written: `document:view`. */
  readonly permission: string;
  /** Null for everywhere. */
  readonly place: ObjectRef | null;
  readonly condition: JsonObject | null;
  readonly fields: readonly string[] | null;
  /** ISO 8601; null for never. */
  readonly expiresAt: string | null;
}

/** A role that is given to a subject, or taken from it. */
export interface AssignedRole {
  readonly subject: SubjectRef;
  readonly role: string;
  /** Null for everywhere. */
  readonly place: ObjectRef | null;
  /** ISO 8601; null for never. */
  readonly expiresAt: string | null;
}

/**
 * Compares what principals hold: reads afresh, in the transaction of the write that asks. A rule is **covered** by an author who holds, at its
 * place, one that allows the same permission with no condition or a part of its condition, with no fields or more of them,
 * and for as long; and who is denied nothing of it at, above or below that place.
 */
export interface HoldingsSource {
  /** Whether the author covers each of the rules. Must be false for a permission that does not exist. */
  coversRules(author: SubjectRef, rules: readonly HandedRule[], recipients: readonly SubjectRef[]): Promise<boolean>;
  /**
   * Whether the author covers every rule that the holder has (of its groups and roles too).
   * Must be false for a holder that is a superuser or does not exist, and must measure an inactive holder as if it were active.
   *
   * @param into the id of a role that is to include the holder, a role: then it counts wherever that one is assigned as well.
   */
  coversHolder(author: SubjectRef, holder: SubjectRef, into?: string): Promise<boolean>;
  /**
   * Whether the author covers all that may be done in a user's name: all that the user has, also as one of everybody where that hangs on the
   * subject. Must be false as for a holder.
   */
  coversIdentity(author: SubjectRef, user: SubjectRef): Promise<boolean>;
  /** Whether the author covers all that the assignment gives. Must be false for an unknown role or place. */
  coversRole(author: SubjectRef, assigned: AssignedRole): Promise<boolean>;
  /**
   * Whether the author covers, on the object, every rule for something of the object or below it that is placed above one of the two
   * parents (null: none) and not above the other.
   */
  coversMove(author: SubjectRef, object: ObjectRef, parent: ObjectRef | null): Promise<boolean>;
  /** All objects below the object. */
  descendants(object: ObjectRef): Promise<ObjectRef[]>;
  isSuperuser(subject: SubjectRef): Promise<boolean>;
  /** Whether there is such an object. */
  exists(object: ObjectRef): Promise<boolean>;
}
