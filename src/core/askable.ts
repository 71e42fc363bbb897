import { NO_FIELDS } from './field-scope.js';
import { faultOfId, faultOfName } from './identifiers.js';
import type { Decision, Question, SubjectRef } from './model.js';

/** The decision on a question that can't be asked. */
export const DENIED_UNASKED: Decision = { allowed: false, reason: 'no_rule_allows', rules: [], fields: NO_FIELDS };

/** Whether there can be such a subject or object: one whose name no database could hold, or would hold as another, is nobody and nothing. */
export function isPossible(ref: SubjectRef): boolean {
  return isName(ref.type) && isId(ref.id);
}

/** Whether everything that the question names could be. */
export function isAskable({ subject, permission, object, proposed }: Question): boolean {
  return (
    isPossible(subject) &&
    isName(permission.type) &&
    isName(permission.action) &&
    (object === undefined || isPossible(object)) &&
    (proposed?.id === undefined || isId(proposed.id))
  );
}

/**
 * Asks the questions that can be asked, and denies the others: one that no database takes must not fail those that travel with it.
 *
 * @throws as the asking does.
 */
export function decideAskable(
  questions: readonly Question[],
  decideAll: (askable: readonly Question[]) => Promise<Decision[]>,
): Promise<Decision[]> {
  return questions.every(isAskable) ? decideAll(questions) : decideOthersUnasked(questions, decideAll);
}

async function decideOthersUnasked(
  questions: readonly Question[],
  decideAll: (askable: readonly Question[]) => Promise<Decision[]>,
): Promise<Decision[]> {
  const asked = questions.filter(isAskable);
  const decisions = asked.length > 0 ? await decideAll(asked) : [];
  let next = 0;
  return questions.map((question) => (isAskable(question) ? (decisions[next++] as Decision) : DENIED_UNASKED));
}

// What a handler passes on may be anything, whatever its type says.
const isName = (name: unknown): boolean => typeof name === 'string' && faultOfName(name) === undefined;
const isId = (id: unknown): boolean => typeof id === 'string' && faultOfId(id) === undefined;
