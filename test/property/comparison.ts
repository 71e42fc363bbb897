import type { Decision, FetchedRule, Question } from '../../src/core/model.js';
import type { Store } from '../../src/store/store.js';
import { FIELD_NAMES } from './arbitrary-conditions.js';
import { sameJson } from './condition-oracle.js';
import type { Draw } from './draw.js';
import { compareActions, compareFind, compareList, compareSubjects } from './list-comparison.js';
import { answerTo, Mismatch } from './mismatch.js';
import { decide, type Asked, type Verdict } from './oracle.js';
import { Questions, type Vocabulary } from './questions.js';
import type { Tally } from './tally.js';
import { modeOf, type Json, type World } from './world.js';

/** What answers: the parts of a store that a decision can be had from. */
export type Answers = Pick<Store, 'decider' | 'lists' | 'subjectLists' | 'actionLists' | 'explanations'>;

/** How much is asked of one world, on average. */
export interface Amount {
  readonly questions: number;
  readonly alone: number;
  /** Two at a time that differ in their action only: what a request about an object asks. */
  readonly pairs: number;
  readonly lists: number;
  readonly subjects: number;
  readonly actions: number;
  readonly finds: number;
  readonly explanations: number;
}

// A statement that is made for its question takes much longer to plan than to answer: each world asks for a share of those.
export const USUAL: Amount = {
  questions: 50,
  alone: 0.5,
  pairs: 2,
  lists: 0.7,
  subjects: 0.2,
  actions: 0.3,
  finds: 0.2,
  explanations: 0.2,
};

/** Lists by plain rules are quick, and few of the others are needed to see what they share with them. */
export const OF_PLAIN: Amount = { ...USUAL, questions: 30, lists: 2, subjects: 0.1, explanations: 0.1 };

/** For a world in which something was found already: whatever is made of it must show it again. */
export const THOROUGH: Amount = {
  questions: 500,
  alone: 20,
  pairs: 50,
  lists: 30,
  subjects: 20,
  actions: 20,
  finds: 20,
  explanations: 20,
};

/** One world beside what the store answers about it. */
export class Comparison {
  readonly #questions: Questions;
  readonly #draw: Draw;

  constructor(
    private readonly answers: Answers,
    private readonly world: World,
    { vocabulary, draw }: { readonly vocabulary: Vocabulary; readonly draw: Draw },
    private readonly tally: Tally,
  ) {
    this.#draw = draw;
    this.#questions = new Questions(world, vocabulary, draw);
  }

  /** @throws Mismatch for the first answer that is not the one of the plain reading. */
  async run(amount: Amount): Promise<void> {
    await this.#compareDecisions(amount);
    const { answers, world, tally } = this;
    const some = (count: number, compare: () => Promise<void>): Promise<void>[] =>
      this.#draw.times(this.#draw.about(count), compare);
    const outcomes = await Promise.allSettled([
      ...some(amount.lists, () => compareList(answers.lists, world, this.#questions.list(), tally)),
      ...some(amount.subjects, () => compareSubjects(answers.subjectLists, world, this.#questions.subjects(), tally)),
      ...some(amount.actions, () => compareActions(answers.actionLists, world, this.#questions.actions(), tally)),
      ...some(amount.finds, () => compareFind(answers.lists, world, this.#questions.plain(), tally)),
      ...some(amount.explanations, () => this.#compareExplanation(this.#questions.any())),
    ]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async #compareDecisions({ questions, alone, pairs }: Amount): Promise<void> {
    const asked = Array.from({ length: questions }, () => this.#questions.any());
    const expected = asked.map((question) => decide(this.world, question));
    asked.forEach((question, index) => this.tally.decision(this.world, question, expected[index] as Verdict));
    const decisions = await answerTo('decide (together)', undefined, () =>
      this.answers.decider.decideAll(asked.map(questionOf)),
    );
    if (decisions.length !== asked.length) throw new Mismatch('how many answers', asked.length, decisions.length);
    for (const [index, question] of asked.entries()) {
      const decision = decisions[index] as Decision;
      this.#expectDecision(question, expected[index] as Verdict, decision, 'together');
    }
    for (const index of this.#draw.times(this.#draw.about(alone), () => this.#draw.below(questions))) {
      const question = asked[index] as Asked;
      const decision = await answerTo('decide (alone)', question, () =>
        this.answers.decider.decide(questionOf(question)),
      );
      this.#expectDecision(question, expected[index] as Verdict, decision, 'alone');
    }
    await Promise.all(
      this.#draw.times(this.#draw.about(pairs), () => this.#comparePair(this.#draw.of(asked), this.#draw.of(asked))),
    );
  }

  // What is asked at the same time shares a statement: so do pairs.
  async #comparePair(first: Asked, { action }: Asked): Promise<void> {
    const pair = [first, { ...first, action }];
    const decisions = await answerTo('decide (as a pair)', first, () =>
      this.answers.decider.decideAll(pair.map(questionOf)),
    );
    for (const [index, question] of pair.entries())
      this.#expectDecision(question, decide(this.world, question), decisions[index] as Decision, 'as a pair');
  }

  #expectDecision(asked: Asked, verdict: Verdict, decision: Decision, how: string): void {
    const { allowed, reason } = verdict;
    if (decision.allowed !== allowed || decision.reason !== reason)
      throw new Mismatch(`decide (${how})`, { allowed, reason }, decision, asked);
    const behind = verdict.weighed.filter(({ counts, rule }) => counts && (rule.effect === 'allow') === allowed);
    const stranger = decision.rules.find((rule) => !behind.some((held) => isSameRule(rule, held)));
    if (stranger) throw new Mismatch(`the rules behind a decision (${how})`, behind, decision, asked);
    if (reason.startsWith('rule_') && decision.rules.length === 0)
      throw new Mismatch(`the rules behind a decision (${how})`, behind, decision, asked);
    if (allowed) this.#expectFields(asked, decision);
  }

  #expectFields(asked: Asked, decision: Decision): void {
    const { only, except } = decision.fields;
    const covered = (field: string): boolean => (only === null || only.includes(field)) && !except.includes(field);
    const isPlain = only === null && except.length === 0;
    // Most decisions are about all fields: of those, one field is asked about.
    const fields = isPlain && decision.reason === 'superuser' ? FIELD_NAMES.slice(0, 1) : FIELD_NAMES;
    for (const field of fields) {
      const expected = decide(this.world, asked, field).allowed;
      if (!expected) this.tally.add('field denied');
      if (covered(field) !== expected) throw new Mismatch(`the field ${field}`, expected, decision.fields, asked);
    }
  }

  async #compareExplanation(asked: Asked): Promise<void> {
    const verdict = decide(this.world, asked);
    const { decision, counted } = await answerTo('explain', asked, () =>
      this.answers.explanations.explain(questionOf(asked)),
    );
    this.#expectDecision(asked, verdict, decision, 'explained');
    this.tally.add('explanations');
    if (!verdict.reason.startsWith('rule_')) return;
    // Where it takes a rule on the object, one placed everywhere does not count.
    const onlyOnObject = verdict.allowed && asked.object !== undefined && modeOf(this.world, asked.type) === 'object';
    const behind = verdict.weighed.filter(
      ({ counts, rule, places }) =>
        counts && (rule.effect === 'allow') === verdict.allowed && (places.length > 0 || !onlyOnObject),
    );
    const isAll = behind.every((held) => counted.some((rule) => isSameRule(rule, held)));
    if (!isAll || !counted.every((rule) => behind.some((held) => isSameRule(rule, held))))
      throw new Mismatch('the rules that counted, as explained', behind, counted, asked);
  }
}

function isSameRule(fetched: FetchedRule, held: Verdict['weighed'][number]): boolean {
  return (
    fetched.source === held.source &&
    fetched.effect === held.rule.effect &&
    fetched.placed === (held.places.length > 0 ? 'object' : 'everywhere') &&
    sameJson(fetched.condition, held.rule.condition) &&
    sameJson(fetched.fields as Json, held.rule.fields)
  );
}

export function questionOf({ subject, type, action, object, proposed, supplied }: Asked): Question {
  return { subject, permission: { type, action }, object, proposed, supplied };
}
