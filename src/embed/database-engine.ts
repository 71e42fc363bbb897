import { decideAskable, isAskable, isPossible } from '../core/askable.js';
import { CastellanError } from '../core/errors.js';
import type { Decision, ObjectRef, Question, SubjectRef } from '../core/model.js';
import { AuthzEngine, type ActionsAsked, type ObjectsAsked, type SubjectRules } from '../core/ports/engine.js';
import type { Page } from '../core/ports/lists.js';
import type { RowRules, RowRuleSource } from '../core/ports/row-rules.js';
import type { DecisionStore } from '../store/decision-store.js';

/** Answers from a database, in this very process. */
export class DatabaseEngine extends AuthzEngine implements RowRuleSource {
  constructor(readonly store: DecisionStore) {
    super();
  }

  decideAll(questions: readonly Question[]): Promise<Decision[]> {
    // Questions of all requests share statements.
    return decideAskable(questions, (askable) => this.store.decider.decideAll(askable));
  }

  async actions(asked: ActionsAsked): Promise<string[]> {
    return isPossible(asked.subject) && isPossible(asked.object) ? this.store.actionLists.list(asked) : [];
  }

  async objects({ type, action, after, ...asked }: ObjectsAsked): Promise<Page<ObjectRef>> {
    if (after !== undefined && !/^\d{1,18}$/.test(after))
      throw new CastellanError('invalid_cursor', 'after: take it from the "next" of the page before.');
    const permission = { type, action };
    if (!isAskable({ subject: asked.subject, permission })) return { items: [], next: null };
    const page = await this.store.lists.list({ ...asked, permission, after });
    return { items: page.items.map((object) => ({ type: object.type, id: object.id })), next: page.next };
  }

  async rulesOf(subject: SubjectRef): Promise<SubjectRules> {
    if (!isPossible(subject)) return { rules: [], subjectAttributes: null };
    return this.store.typeRules.of(subject);
  }

  /** What filters of an app's own rows are made of. @throws CastellanError as `decideAll` does. */
  async rowRulesOf(subject: SubjectRef, type: string, actions: readonly string[]): Promise<RowRules | null> {
    if (!isPossible(subject)) return null;
    return this.store.rowRules.rowRulesOf(subject, type, actions);
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
