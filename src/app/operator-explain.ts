import { EVERYTHING, toldExplanation, type OutsideRule, type ToldExplanation } from '../core/explain-sight.js';
import type { Question } from '../core/model.js';
import type { ConsideredRule } from '../core/ports/explanations.js';
import type { Store } from '../store/store.js';
import { readCheck, readList } from './operator-questions.js';

export type { OutsideRule, ToldExplanation } from '../core/explain-sight.js';
export type { Json } from '../core/model.js';
export type { ConsideredRule } from '../core/ports/explanations.js';

/** A rule of an explanation. */
export type ToldRule = ConsideredRule | OutsideRule;

/**
 * Reads the question of `explain user:alice view post:123`; a type alone, as in `explain user:alice add post`, asks about no object in particular.
 *
 * @throws CastellanError `invalid_request`.
 */
export function readExplain(subject: string, action: string, object: string): Question {
  return object.includes(':') ? readCheck(subject, action, object) : readList(subject, action, object);
}

/** Explains the decision as the service would to a superuser. */
export async function explain(store: Store, question: Question): Promise<ToldExplanation> {
  return toldExplanation(question, await store.explanations.explain(question), EVERYTHING);
}
