import type { Decision, ObjectRef, Question, SubjectRef } from '../../src/core/model.js';
import { AuthzEngine, type ActionsAsked, type ObjectsAsked, type SubjectRules } from '../../src/core/ports/engine.js';
import type { Page } from '../../src/core/ports/lists.js';
import { named } from './rules-oracle.js';

/** Writes down what an engine answers, as far as it must be the same whichever engine it is: ids of rules, and cursors, are its own. */
export class Transcript extends AuthzEngine {
  readonly answers: unknown[] = [];

  constructor(private readonly engine: AuthzEngine) {
    super();
  }

  async decideAll(questions: readonly Question[]): Promise<Decision[]> {
    const decisions = await this.engine.decideAll(questions);
    for (const [index, { allowed, reason, fields }] of decisions.entries())
      this.answers.push([questions[index], allowed, reason, fields.only?.toSorted() ?? null, fields.except.toSorted()]);
    return decisions;
  }

  async actions(asked: ActionsAsked): Promise<string[]> {
    const actions = await this.engine.actions(asked);
    this.answers.push([asked, actions]);
    return actions;
  }

  async objects(asked: ObjectsAsked): Promise<Page<ObjectRef>> {
    const page = await this.engine.objects(asked);
    this.answers.push([{ ...asked, after: asked.after !== undefined }, page.items, page.next !== null]);
    return page;
  }

  async rulesOf(subject: SubjectRef): Promise<SubjectRules> {
    const { rules, subjectAttributes } = await this.engine.rulesOf(subject);
    const names = rules.map(({ permission: { type, action }, effect, condition, fields }) =>
      named({ permission: `${type}:${action}`, effect, condition, fields: fields && [...fields] }),
    );
    this.answers.push([subject, [...new Set(names)].toSorted(), subjectAttributes]);
    return { rules, subjectAttributes };
  }

  close(): Promise<void> {
    return this.engine.close();
  }
}
