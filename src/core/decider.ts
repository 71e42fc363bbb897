import { decide } from './decide.js';
import type { Answered, DecisionObserver } from './decision-observer.js';
import { CastellanError, notFound, notSignedIn, unknownReference } from './errors.js';
import type { Caller } from './caller.js';
import type { Decision, Facts, ObjectRef, Permission, Question } from './model.js';

/** Reads facts from the database: must read them afresh for each call, and all of one question in one snapshot. */
export interface FactsSource {
  /** One fact set for each question, in their order. */
  fetchFacts(questions: readonly Question[]): Promise<Facts[]>;
}

/** A question about an object in particular. */
export type ObjectQuestion = Question & { readonly object: ObjectRef };

/** A decision about an object, and whether the subject may know that there is such an object. */
export interface ObjectDecision {
  readonly seen: boolean;
  readonly decision: Decision;
}

/** Answers whether a subject may do an action on an object, always from the database as it is now. */
export class Decider {
  #observers: readonly DecisionObserver[] = [];

  constructor(private readonly source: FactsSource) {}

  /** Has the observer told of every decision from now on, until the function that this answers is called. */
  observe(observer: DecisionObserver): () => void {
    this.#observers = [...this.#observers, observer];
    return () => {
      this.#observers = this.#observers.filter((other) => other !== observer);
    };
  }

  /**
   * Decides one question.
   *
   * @throws CastellanError `database_unavailable` or `overloaded`: an answer that can't be had is never an allow.
   * @example
   * const { allowed } = await decider.decide({ subject: alice, permission: { type: 'post', action: 'view' }, object: post });
   */
  async decide(question: Question): Promise<Decision> {
    const [decision] = await this.decideAll([question]);
    if (!decision) throw new CastellanError('internal', 'The question was left without an answer.');
    return decision;
  }

  /** Decides several questions, answered in their order. */
  decideAll(questions: readonly Question[]): Promise<Decision[]> {
    return this.#answer(questions).then((answers) => answers.map(({ decision }) => decision));
  }

  /**
   * Decides a question about an object, and whether the subject may know that there is such an object: it is registered, and may be viewed.
   * Both are always asked, so that an answer takes as long for what is hidden as for what is not there.
   */
  async decideOnObject(question: ObjectQuestion): Promise<ObjectDecision> {
    const [decided] = await this.decideAllOnObjects([question]);
    if (!decided) throw new CastellanError('internal', 'The question was left without an answer.');
    return decided;
  }

  /** The same for several questions, answered in their order. */
  async decideAllOnObjects(questions: readonly ObjectQuestion[]): Promise<ObjectDecision[]> {
    const answers = await this.#answerOnObjects(questions);
    return answers.map(({ seen, answered }) => ({ seen, decision: answered.decision }));
  }

  async #answerOnObjects(questions: readonly ObjectQuestion[]): Promise<{ seen: boolean; answered: Answered }[]> {
    const asked = questions.flatMap((question): Question[] => {
      const { subject, permission, object } = question;
      const isView = permission.type === object.type && permission.action === 'view';
      const view = { subject, permission: { type: object.type, action: 'view' }, object };
      return isView ? [question, question] : [view, question];
    });
    // A question that is its own question of view is asked once.
    const distinct = [...new Set(asked)];
    const answers = await this.#answer(distinct, new Set(questions));
    const byQuestion = new Map(answers.map((answered) => [answered.question, answered]));
    return questions.map((_, index) => {
      const [view, question] = [asked[2 * index] as Question, asked[2 * index + 1] as Question];
      const seeing = byQuestion.get(view);
      return {
        seen: seeing?.facts.objectKnown === true && seeing.decision.allowed,
        answered: byQuestion.get(question) as Answered,
      };
    });
  }

  /**
   * Lets the caller pass when it may do the action on the object, and otherwise says no more than it may know.
   *
   * @param tell is told how it was decided, also when the caller does not pass.
   * @returns the decision on the action, which says what fields it covers.
   * @throws CastellanError `not_authenticated` (nobody signed in), `not_found` (may not view it), `forbidden` (may view it).
   */
  async requireOnObject(
    caller: Caller,
    action: string,
    object: ObjectRef,
    tell?: (answered: Answered) => void,
  ): Promise<Decision> {
    const permission = { type: object.type, action };
    const [answer] = await this.#answerOnObjects([{ subject: caller.subject, permission, object }]);
    if (!answer) throw new CastellanError('internal', 'The question was left without an answer.');
    const { seen, answered } = answer;
    const { decision } = answered;
    tell?.(answered);
    if (seen && decision.allowed) return decision;
    if (!caller.signedIn) throw notSignedIn();
    if (!seen) throw notFound();
    throw new CastellanError('forbidden', `You may see this ${object.type}, but not ${action} it.`);
  }

  /**
   * Lets the caller pass when it holds the permission everywhere.
   *
   * @param tell is told how it was decided, also when the caller does not pass.
   * @throws CastellanError `not_authenticated` (nobody signed in), `forbidden`; `unknown_reference` when there is no such type
   *   and the caller may see all there are.
   */
  async requireEverywhere(
    caller: Caller,
    type: string,
    action: string,
    tell?: (answered: Answered) => void,
  ): Promise<void> {
    const ask = (permission: Permission): Question => ({ subject: caller.subject, permission });
    const question = ask({ type, action });
    // Both are always asked, so that a refusal takes as long for a type that is there as for one that is not.
    const [answered, types] = await this.#answer(
      [question, ask({ type: 'type', action: 'view' })],
      new Set([question]),
    );
    const [decision, seesTypes] = [answered?.decision, types?.decision];
    if (answered) tell?.(answered);
    if (decision?.allowed === true) return;
    if (!caller.signedIn) throw notSignedIn();
    if (decision?.reason === 'unknown_type' && seesTypes?.allowed === true)
      throw unknownReference('type', `type ${type}`);
    throw new CastellanError('forbidden', `This takes the permission ${type}:${action}.`);
  }

  // Observers are told of `asked` only: what else had to be known to answer those was nobody's question.
  #answer(questions: readonly Question[], asked?: ReadonlySet<Question>): Promise<Answered[]> {
    return this.#observers.length === 0 ? this.#decided(questions) : this.#observed(questions, asked);
  }

  async #observed(questions: readonly Question[], asked?: ReadonlySet<Question>): Promise<Answered[]> {
    const ends = this.#observers.map((observer) => observer.begin());
    let answers: Answered[] | null = null;
    try {
      answers = await this.#decided(questions);
      return answers;
    } finally {
      const told = answers && asked ? answers.filter(({ question }) => asked.has(question)) : answers;
      for (const end of ends) end(told);
    }
  }

  async #decided(questions: readonly Question[]): Promise<Answered[]> {
    const read = await this.source.fetchFacts(questions);
    if (read.length !== questions.length)
      throw new CastellanError('internal', 'A question was left without an answer.');
    return questions.map((question, index) => {
      const facts = read[index] as Facts;
      return { question, facts, decision: decide(question, facts) };
    });
  }
}
