import { isPlainObject } from '../core/conditions/json-values.js';
import { ALL_FIELDS, NO_FIELDS } from '../core/field-scope.js';
import { overlaid } from '../core/entities.js';
import type { Decision, FetchedRule, JsonObject, Question, Reason } from '../core/model.js';
import { outOfReach } from './service-connection.js';

/** What the service takes in one request. */
const MOST_EVALUATIONS = 1000;
// Its limit is 1 MiB, and there is more around the evaluations.
const MOST_BYTES = 900_000;

/** One evaluation of AuthZEN, with two members of Castellan's own. */
type Evaluation = Record<string, unknown>;

/** The questions as evaluations, in as many requests as it takes. */
export function requestsFor(questions: readonly Question[]): { readonly evaluations: Evaluation[] }[] {
  const requests: { evaluations: Evaluation[] }[] = [];
  let room = 0;
  for (const question of questions) {
    const evaluation = evaluationOf(question);
    // Only what is supplied can be long.
    const size = question.supplied || question.proposed ? Buffer.byteLength(JSON.stringify(evaluation)) : 0;
    const last = requests.at(-1);
    if (last && last.evaluations.length < MOST_EVALUATIONS && size <= room) {
      last.evaluations.push(evaluation);
      room -= size;
    } else {
      requests.push({ evaluations: [evaluation] });
      room = MOST_BYTES - size;
    }
  }
  return requests;
}

/** The request as the service takes it: with the reasons and the fields of each decision. */
export function bodyOf({ evaluations }: { readonly evaluations: readonly Evaluation[] }): JsonObject {
  return { evaluations, options: { reasons: true } } as unknown as JsonObject;
}

/** The decisions of an answer. @throws CastellanError `database_unavailable` for one that can't be read: what is not a clear yes is no answer. */
export function decisionsIn(answer: unknown, count: number): Decision[] {
  const evaluations = isPlainObject(answer) ? answer['evaluations'] : undefined;
  if (!Array.isArray(evaluations) || evaluations.length !== count)
    throw outOfReach('has not answered as many questions as it was asked');
  return evaluations.map(decisionOf);
}

function evaluationOf({ subject, permission, object, proposed, supplied, mode }: Question): Evaluation {
  const isAbout = object?.type === permission.type && !proposed;
  return {
    subject: { type: subject.type, id: subject.id, properties: supplied?.subject },
    action: { name: permission.action, properties: supplied?.action },
    resource: {
      type: permission.type,
      id: isAbout ? object.id : proposed?.id,
      properties: isAbout ? supplied?.resource : nonEmpty(overlaid(proposed?.attributes ?? null, supplied?.resource)),
    },
    context: supplied?.context,
    ...(isAbout ? {} : { parent: object ? { type: object.type, id: object.id } : null }),
    mode,
  };
}

function nonEmpty(attributes: JsonObject | null): JsonObject | undefined {
  return attributes && Object.keys(attributes).length > 0 ? attributes : undefined;
}

function decisionOf(evaluation: unknown): Decision {
  if (!isPlainObject(evaluation) || typeof evaluation['decision'] !== 'boolean')
    throw outOfReach('has answered with what is no decision');
  const { decision: allowed, context } = evaluation;
  const told = isPlainObject(context) ? context : {};
  if (isPlainObject(told['error'])) throw outOfReach(`could not read a question: ${String(told['error']['message'])}`);
  return {
    allowed,
    // Other services than Castellan tell no more than that.
    reason: (told['reason'] as Reason | undefined) ?? (allowed ? 'rule_allows' : 'no_rule_allows'),
    rules: (told['rules'] as FetchedRule[] | undefined) ?? [],
    fields: (told['fields'] as Decision['fields'] | undefined) ?? (allowed ? ALL_FIELDS : NO_FIELDS),
  };
}
