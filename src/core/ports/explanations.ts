import type { Decision, FetchedRule, Json, JsonObject, Mode, ObjectRef, Question, SubjectRef } from '../model.js';

/** How a rule was reached: from the subject over its groups and roles, each step a subject, the last one holds the rule. */
export type RulePath = readonly SubjectRef[];

/** A rule that was looked at for a question. */
export interface ConsideredRule extends FetchedRule {
  /** `post:view` */
  readonly permission: string;
  /** Where it is placed; null for everywhere. Where a role was assigned on an object and granted something on another, the lower of the two. */
  readonly place: ObjectRef | null;
  readonly startsAt: string | null;
  readonly expiresAt: string | null;
  readonly path: RulePath;
}

/** Why a rule that is held for the permission did not count. */
export type Miss =
  | { readonly why: 'not_started'; readonly startsAt: string }
  | { readonly why: 'expired'; readonly expiresAt: string }
  | { readonly why: 'condition_false' | 'condition_unknown'; readonly because: readonly Finding[] }
  /** A rule that allows, and is outdone by one that denies: the id of that. */
  | { readonly why: 'denied'; readonly by: string }
  /** The type's mode asks for another rule as well, or instead: one placed everywhere, or one placed on the object or above it. */
  | { readonly why: 'mode'; readonly needs: 'everywhere' | 'object' }
  /** A rule that denies some fields only. */
  | { readonly why: 'fields'; readonly fields: readonly string[] }
  /** It is placed on another object, which is neither the one asked about nor above it. */
  | { readonly why: 'elsewhere' };

/** A rule that nearly counted, and why it did not. */
export type MissedRule = ConsideredRule & { readonly miss: Miss };

/** A comparison of a condition, with the values that it met: `resource.status` is `"draft"`. */
export interface Finding {
  readonly path: string;
  /** Absent when it is missing. */
  readonly value?: Json;
  /** In its full form: `{ "resource.status": { "$ne": "draft" } }`. */
  readonly comparison: JsonObject;
  /** The other path that it compares with, and what was there. */
  readonly other?: { readonly path: string; readonly value?: Json };
}

/** A decision, with everything that was behind it. */
export interface Explanation {
  readonly decision: Decision;
  /** What the decision was made by: a question about no object is decided by `union`, whatever its type's mode. */
  readonly mode: Mode;
  /** What the question names and the database does not know. */
  readonly unknown: readonly ('subject' | 'object')[];
  /** The rules that counted, the shortest paths first. */
  readonly counted: readonly ConsideredRule[];
  /** The rules that nearly did, the nearest first. Those placed elsewhere are there where no rule allows: the ten nearest. */
  readonly missed: readonly MissedRule[];
  /** Whether there are more rules placed elsewhere than `missed` tells of. */
  readonly moreElsewhere: boolean;
}

/** Tells why a decision comes out as it does. */
export abstract class Explanations {
  /**
   * Decides the question, and tells why. One snapshot.
   *
   * @throws CastellanError `overloaded` when it takes too long, `database_unavailable`.
   */
  abstract explain(question: Question): Promise<Explanation>;
}
