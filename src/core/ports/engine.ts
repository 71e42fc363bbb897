import type { Decision, JsonObject, Mode, ObjectRef, Question, SubjectRef, Supplied } from '../model.js';
import type { TypeRule } from '../casl-ability.js';
import type { Page } from './lists.js';

/** Which actions may the subject do on the object? */
export interface ActionsAsked {
  readonly subject: SubjectRef;
  readonly object: ObjectRef;
  readonly supplied?: Supplied | undefined;
  /** Goes over the mode of the object's type. */
  readonly mode?: Mode | undefined;
}

/** Which registered objects of the type may the subject do the action on? */
export interface ObjectsAsked {
  readonly subject: SubjectRef;
  readonly type: string;
  readonly action: string;
  readonly supplied?: Supplied | undefined;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string | undefined;
}

/** What a subject holds everywhere, and what its conditions ask of the subject itself. */
export interface SubjectRules {
  /** Allows of types whose mode takes no rule on the object, and denies of all types; a superuser holds every permission there is. */
  readonly rules: readonly TypeRule[];
  readonly subjectAttributes: JsonObject | null;
}

/**
 * Answers what guards and checkers ask. Behind it stands a database, a service, or a world in memory: the answers are the same, always
 * as things are now, and one that can't be had is an error, never an allow.
 */
export abstract class AuthzEngine {
  /**
   * One decision for each question, in their order, in one round trip.
   *
   * @throws CastellanError `database_unavailable`, `overloaded`.
   */
  abstract decideAll(questions: readonly Question[]): Promise<Decision[]>;

  /** The actions that a decision allows, in the order of the type; [] for an unknown type. @throws CastellanError as `decideAll` does. */
  abstract actions(asked: ActionsAsked): Promise<string[]>;

  /** One page of the registered objects, in a stable order. @throws CastellanError as `decideAll` does. */
  abstract objects(asked: ObjectsAsked): Promise<Page<ObjectRef>>;

  /** The rules that the subject holds everywhere; none for one that is inactive. @throws CastellanError as `decideAll` does. */
  abstract rulesOf(subject: SubjectRef): Promise<SubjectRules>;

  /** Lets go of what the engine opened itself. */
  abstract close(): Promise<void>;
}
