import type { Decision, Facts, Question } from './model.js';

/** A question with what it was decided from, and how. */
export interface Answered {
  readonly question: Question;
  readonly facts: Facts;
  readonly decision: Decision;
}

/** Is told of decisions as they are made: to count them, or to follow them. It takes no part in them, and must not throw. */
export interface DecisionObserver {
  /** Called before the facts are read; the function it returns is told what was decided, or null when they could not be read. */
  begin(): (answered: readonly Answered[] | null) => void;
}
