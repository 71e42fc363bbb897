import { decideAskable, isAskable, isPossible } from '../core/askable.js';
import type { TypeRule } from '../core/casl-ability.js';
import { isPlainObject } from '../core/conditions/json-values.js';
import { parsePermission } from '../core/identifiers.js';
import type { Decision, JsonObject, ObjectRef, Question, SubjectRef } from '../core/model.js';
import { AuthzEngine, type ActionsAsked, type ObjectsAsked, type SubjectRules } from '../core/ports/engine.js';
import type { Page } from '../core/ports/lists.js';
import { bodyOf, decisionsIn, requestsFor } from './remote-questions.js';
import type { RemoteOptions } from './remote-options.js';
import { outOfReach, ServiceConnection } from './service-connection.js';

const LONGEST_PAGE = 1000;
// A type has a handful of actions: pages that do not end are a fault of the service, or an attack by it.
const MOST_PAGES = 20;

/**
 * Answers from a Castellan service, over the AuthZEN Authorization API. The service's user holds `access:evaluate` there, as it asks
 * about others.
 *
 * @see https://openid.net/specs/authorization-api-1_0.html
 */
export class RemoteEngine extends AuthzEngine {
  readonly #service: ServiceConnection;

  /** @throws TypeError for options that can't be used. */
  constructor(options: RemoteOptions) {
    super();
    this.#service = new ServiceConnection(options);
  }

  decideAll(questions: readonly Question[]): Promise<Decision[]> {
    return decideAskable(questions, (askable) => this.#decideAll(askable));
  }

  async #decideAll(questions: readonly Question[]): Promise<Decision[]> {
    const answers = requestsFor(questions).map(async (request) => {
      const answer = await this.#service.ask('/access/v1/evaluations', bodyOf(request));
      return decisionsIn(answer, request.evaluations.length);
    });
    return (await Promise.all(answers)).flat();
  }

  async actions({ subject, object, supplied, mode }: ActionsAsked): Promise<string[]> {
    if (!isPossible(subject) || !isPossible(object)) return [];
    const asked = {
      subject: { type: subject.type, id: subject.id, properties: supplied?.subject },
      resource: { type: object.type, id: object.id, properties: supplied?.resource },
      context: supplied?.context,
      mode,
    };
    const actions: string[] = [];
    let token: string | undefined;
    const signal = this.#service.deadline();
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const page = await this.#search('action', { ...asked, page: { limit: LONGEST_PAGE, token } }, signal);
      actions.push(...page.results.map((result) => textIn(result, 'name')));
      if (page.next === null) return actions;
      token = page.next;
    }
    throw outOfReach('has answered with pages that do not end');
  }

  async objects({ subject, type, action, supplied, limit, after }: ObjectsAsked): Promise<Page<ObjectRef>> {
    if (!isAskable({ subject, permission: { type, action } })) return { items: [], next: null };
    const { results, next } = await this.#search('resource', {
      subject: { type: subject.type, id: subject.id, properties: supplied?.subject },
      action: { name: action, properties: supplied?.action },
      resource: { type, properties: supplied?.resource },
      context: supplied?.context,
      page: { limit: Math.min(limit, LONGEST_PAGE), token: after },
    });
    return { items: results.map((result) => ({ type: textIn(result, 'type'), id: textIn(result, 'id') })), next };
  }

  async rulesOf(subject: SubjectRef): Promise<SubjectRules> {
    if (!isPossible(subject)) return { rules: [], subjectAttributes: null };
    const answer = await this.#service.ask('/api/v1/access/ability', {
      subject: { type: subject.type, id: subject.id },
    });
    return rulesIn(answer);
  }

  /** Nothing is held open. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #search(
    what: string,
    body: object,
    signal?: AbortSignal,
  ): Promise<{ results: unknown[]; next: string | null }> {
    const answer = await this.#service.ask(`/access/v1/search/${what}`, body, signal);
    const results = isPlainObject(answer) ? answer['results'] : undefined;
    const page = isPlainObject(answer) && isPlainObject(answer['page']) ? answer['page'] : {};
    if (!Array.isArray(results)) throw outOfReach('has answered a search with no results');
    const token = page['next_token'];
    return { results, next: typeof token === 'string' && token !== '' ? token : null };
  }
}

// What denies must not be lost: an answer that can't be read as a whole is none.
function rulesIn(answer: unknown): SubjectRules {
  const rules = isPlainObject(answer) ? answer['rules'] : undefined;
  const attributes = isPlainObject(answer) ? answer['subjectAttributes'] : undefined;
  if (!Array.isArray(rules) || !(attributes === null || isPlainObject(attributes)))
    throw outOfReach('has not answered what rules a subject holds');
  return { rules: rules.map(ruleIn), subjectAttributes: attributes as JsonObject | null };
}

function ruleIn(rule: unknown): TypeRule {
  const { permission: name, effect, condition, fields } = isPlainObject(rule) ? rule : {};
  const permission = typeof name === 'string' ? parsePermission(name) : undefined;
  const isCondition = condition === null || isPlainObject(condition);
  const areFields = fields === null || (Array.isArray(fields) && fields.every((field) => typeof field === 'string'));
  // A condition or fields that went missing would make the rule a wider one.
  if (!permission || (effect !== 'allow' && effect !== 'deny') || !isCondition || !areFields)
    throw outOfReach('has answered with a rule that can not be read');
  return {
    permission,
    effect,
    condition: condition as JsonObject | null,
    fields,
  };
}

function textIn(result: unknown, name: string): string {
  const text = isPlainObject(result) ? result[name] : undefined;
  if (typeof text !== 'string') throw outOfReach(`has answered a search with a result that has no ${name}`);
  return text;
}
