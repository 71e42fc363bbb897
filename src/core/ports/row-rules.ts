import type { Effect, JsonObject, Mode, SubjectRef } from '../model.js';
import type { Reach, Way } from '../rows/row-filter.js';

/** What a subject holds for some actions of a type, as far as it is about rows of an app's own table. */
export interface RowRules {
  readonly mode: Mode;
  readonly superuser: boolean;
  readonly subjectAttributes: JsonObject | null;
  readonly byAction: ReadonlyMap<string, ActionRules>;
}

/** The rules for one action: those placed everywhere, and those placed on objects, by kind. */
export interface ActionRules {
  readonly permissionId: number;
  readonly everywhere: readonly RuleKind[];
  readonly placed: readonly PlacedKind[];
}

/** What tells rules apart that mean different things. */
export interface RuleKind {
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  /** Whether it is about some fields only. */
  readonly ofFields: boolean;
}

/** Rules of one kind that are placed on objects, however many; `rule` is what the view of access calls them. */
export interface PlacedKind extends RuleKind {
  readonly way: Way;
  readonly holders: readonly number[];
  readonly rule: string;
  readonly reach: Reach;
}

/** Answers what a filter of rows is made of, from the database as it is now. */
export abstract class RowRuleSource {
  /**
   * Null where the type is unknown, or the subject inactive; an action that the type has not is left out.
   *
   * @throws CastellanError `overloaded` (also for more kinds of rules than a filter can hold), `database_unavailable`.
   */
  abstract rowRulesOf(subject: SubjectRef, type: string, actions: readonly string[]): Promise<RowRules | null>;
}
