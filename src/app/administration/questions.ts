import type { ToldExplanation } from '../../core/explain-sight.js';
import type { FetchedRule, JsonObject, ObjectRef, Permission, Question, Reason, SubjectRef } from '../../core/model.js';
import type { ChangeFilter, ChangeRecord } from '../../core/ports/changes.js';
import type { HeldRule } from '../../client/access.js';
import type { PlacesToAdd } from './places-to-add.js';

/** An answer to a check. */
export interface Checked {
  readonly allowed: boolean;
  /** Null where whoever asks may not be told. */
  readonly reason: Reason | null;
  readonly rules: readonly Pick<FetchedRule, 'id' | 'source' | 'effect' | 'placed'>[];
  /** Sentences about what the question names and nobody knows. */
  readonly notes: readonly string[];
}

/** What is asked of decisions, and of the audit trail. Lists come a page at a time, all of them. */
export interface Questions {
  check(question: Question & { readonly object: ObjectRef }): Promise<Checked>;
  explain(question: Question): Promise<ToldExplanation>;
  /** The ids of the objects of the permission's type; `most` of them at most. */
  list(question: ObjectsQuestion, most?: number): AsyncGenerator<string[]>;
  whoCan(question: SubjectsQuestion): AsyncGenerator<SubjectRef[]>;
  /** The actions that the subject may do on the object. */
  actions(subject: SubjectRef, object: ObjectRef): Promise<string[]>;
  /** The rules that the subject holds everywhere. */
  rulesOf(
    subject: SubjectRef,
  ): Promise<{ readonly rules: readonly HeldRule[]; readonly subjectAttributes: JsonObject | null }>;
  /** On how many objects of the type the subject may do the action. */
  count(question: ObjectsQuestion): Promise<number>;
  /** Below which objects the subject may add objects of the type, by rules placed on them; null where that may not be told. */
  placesToAdd(subject: SubjectRef, type: string): Promise<PlacesToAdd | null>;
  /** Why an answer may be empty that should not be: sentences about what it names and nobody knows. */
  notes(about: {
    readonly subject?: SubjectRef;
    readonly permission?: Permission;
    readonly object?: ObjectRef;
  }): Promise<string[]>;
  /** The newest changes, in the order in which they were made. */
  lastChanges(filter: ChangeFilter, limit: number): Promise<ChangeRecord[]>;
  /** The newest changes, and then each that comes, for as long as somebody reads. */
  followChanges(filter: ChangeFilter, limit: number): AsyncGenerator<ChangeRecord[]>;
}

/** On which objects may the subject? */
export interface ObjectsQuestion {
  readonly subject: SubjectRef;
  readonly permission: Permission;
}

/** Which subjects of a type may? */
export interface SubjectsQuestion {
  readonly subjectType: string;
  readonly action: string;
  readonly object: ObjectRef;
}
