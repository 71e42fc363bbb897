import { ALL_FIELDS, NO_FIELDS } from '../../../src/core/field-scope.js';
import { refName, type Decision, type ObjectRef, type Question } from '../../../src/core/model.js';
import {
  AuthzEngine,
  type ActionsAsked,
  type ObjectsAsked,
  type SubjectRules,
} from '../../../src/core/ports/engine.js';
import type { Page } from '../../../src/core/ports/lists.js';

/** Allows what it was told to, such as `user:alice document:view document:1`, and keeps what it was asked. */
export class FakeEngine extends AuthzEngine {
  /** What each round trip asked. */
  readonly asked: Question[][] = [];
  closed = false;
  readonly #allowed: Set<string>;
  #failure: unknown;

  constructor(...allowed: string[]) {
    super();
    this.#allowed = new Set(allowed);
  }

  allow(what: string): void {
    this.#allowed.add(what);
  }

  /** Fails from now on, until it is called without an error. */
  failWith(error?: unknown): void {
    this.#failure = error;
  }

  async decideAll(questions: readonly Question[]): Promise<Decision[]> {
    this.asked.push([...questions]);
    await Promise.resolve();
    // oxlint-disable-next-line typescript/only-throw-error -- an engine may throw anything
    if (this.#failure !== undefined) throw this.#failure;
    return questions.map((question) => {
      const allowed = this.#allowed.has(told(question));
      return {
        allowed,
        reason: allowed ? 'rule_allows' : 'no_rule_allows',
        rules: [],
        fields: allowed ? ALL_FIELDS : NO_FIELDS,
      };
    });
  }

  async actions({ subject, object }: ActionsAsked): Promise<string[]> {
    const actions = ['view', 'change', 'delete'];
    const decisions = await this.decideAll(
      actions.map((action) => ({ subject, permission: { type: object.type, action }, object })),
    );
    return actions.filter((_, index) => decisions[index]?.allowed);
  }

  objects({ subject, type, action }: ObjectsAsked): Promise<Page<ObjectRef>> {
    const start = `${refName(subject)} ${type}:${action} ${type}:`;
    const found = [...this.#allowed].filter((one) => one.startsWith(start)).map((one) => one.slice(start.length));
    return Promise.resolve({ items: found.map((id) => ({ type, id })), next: null });
  }

  rulesOf(): Promise<SubjectRules> {
    return Promise.resolve({ rules: [], subjectAttributes: null });
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

function told({ subject, permission, object }: Question): string {
  return `${refName(subject)} ${permission.type}:${permission.action} ${object ? refName(object) : 'everywhere'}`;
}
