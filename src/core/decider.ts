import { decide } from './decide.js';
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
  constructor(private readonly source: FactsSource) {}

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
  async decideAll(questions: readonly Question[]): Promise<Decision[]> {
    const facts = await this.#factsOf(questions);
    return questions.map((question, index) => decide(question, facts[index] as Facts));
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
    const asked = questions.flatMap((question): Question[] => {
      const { subject, permission, object } = question;
      const isView = permission.type === object.type && permission.action === 'view';
      const view = { subject, permission: { type: object.type, action: 'view' }, object };
      return isView ? [question, question] : [view, question];
    });
    // A question that is its own question of view is asked once.
    const distinct = [...new Set(asked)];
    const facts = await this.#factsOf(distinct);
    const decisions = new Map(distinct.map((question, index) => [question, decide(question, facts[index] as Facts)]));
    const known = new Map(distinct.map((question, index) => [question, facts[index]?.objectKnown === true]));
    return questions.map((_, index) => {
      const [view, question] = [asked[2 * index] as Question, asked[2 * index + 1] as Question];
      return {
        seen: known.get(view) === true && decisions.get(view)?.allowed === true,
        decision: decisions.get(question) as Decision,
      };
    });
  }

  /**
   * Lets the caller pass when it may do the action on the object, and otherwise says no more than it may know.
   *
   * @returns the decision on the action, which says what fields it covers.
   * @throws CastellanError `not_authenticated` (nobody signed in), `not_found` (may not view it), `forbidden` (may view it).
   */
  async requireOnObject(caller: Caller, action: string, object: ObjectRef): Promise<Decision> {
    const permission = { type: object.type, action };
    const { seen, decision } = await this.decideOnObject({ subject: caller.subject, permission, object });
    if (seen && decision.allowed) return decision;
    if (!caller.signedIn) throw notSignedIn();
    if (!seen) throw notFound();
    throw new CastellanError('forbidden', `You may see this ${object.type}, but not ${action} it.`);
  }

  /**
   * Lets the caller pass when it holds the permission everywhere.
   *
   * @throws CastellanError `not_authenticated` (nobody signed in), `forbidden`; `unknown_reference` when there is no such type
   *   and the caller may see all there are.
   */
  async requireEverywhere(caller: Caller, type: string, action: string): Promise<void> {
    const ask = (permission: Permission): Question => ({ subject: caller.subject, permission });
    // Both are always asked, so that a refusal takes as long for a type that is there as for one that is not.
    const [decision, seesTypes] = await this.decideAll([ask({ type, action }), ask({ type: 'type', action: 'view' })]);
    if (decision?.allowed === true) return;
    if (!caller.signedIn) throw notSignedIn();
    if (decision?.reason === 'unknown_type' && seesTypes?.allowed === true)
      throw unknownReference('type', `type ${type}`);
    throw new CastellanError('forbidden', `This takes the permission ${type}:${action}.`);
  }

  async #factsOf(questions: readonly Question[]): Promise<Facts[]> {
    const facts = await this.source.fetchFacts(questions);
    if (facts.length !== questions.length)
      throw new CastellanError('internal', 'A question was left without an answer.');
    return facts;
  }
}
