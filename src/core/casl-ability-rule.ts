import type { Condition, Entities } from './conditions/condition.js';
import { FALSE, TRUE } from './conditions/condition.js';
import { foldCondition } from './conditions/fold-condition.js';
import { conditionOf } from './conditions/parse-condition.js';
import type { Effect, JsonObject, Permission, SubjectRef } from './model.js';

/** A rule placed everywhere, for whoever holds it. */
export interface TypeRule {
  readonly permission: Permission;
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  readonly fields: readonly string[] | null;
}

/** What is known before any thing is looked at. */
export type KnownEntities = Pick<Entities, 'subject' | 'context'>;

/**
 * Where the attributes of a thing are. `top`: beside its id, as in a row of a table or an instance of a model. `attributes`: in its
 * member of that name, beside `type` and `id`, as in the objects of the REST API.
 */
export type AttributesAt = 'top' | 'attributes';

/** The subject as its rules were found, and the context, as conditions ask about them. */
export function knownOf(
  subject: SubjectRef,
  { subjectAttributes }: { readonly subjectAttributes: JsonObject | null },
  context?: JsonObject,
): KnownEntities {
  return {
    subject: { identity: { id: subject.id, type: subject.type }, attributes: subjectAttributes },
    context: { identity: {}, attributes: context ?? null },
  };
}

/**
 * What is still to be asked about a thing before the rule counts: its condition, folded for the subject, the action and the context. Null for
 * a rule that can never count.
 */
export function remainingCondition(rule: TypeRule, known: KnownEntities): Condition | null {
  const { permission, effect, condition } = rule;
  if (condition === null) return TRUE;
  const { subject = NOBODY, context = NOTHING } = known;
  const action = { identity: { name: permission.action }, attributes: null };
  const folded = foldCondition(conditionOf(condition), { subject, context, action });
  // CASL asks of a type whether there is a rule at all: one that can never count must not be there.
  if (effect === 'allow') return isPossible(folded, true) ? folded : null;
  if (!isPossible(folded, false)) return TRUE;
  return folded === FALSE ? null : folded;
}

/** Whether there may be a thing for which it comes out so. */
function isPossible(condition: Condition, truth: boolean): boolean {
  switch (condition.kind) {
    case 'constant':
      return condition.truth === truth;
    case 'not':
      return isPossible(condition.part, !truth);
    case 'and':
    case 'or': {
      const isPart = (part: Condition): boolean => isPossible(part, truth);
      return (condition.kind === 'and') === truth ? condition.parts.every(isPart) : condition.parts.some(isPart);
    }
    default:
      return true;
  }
}

const NOBODY = { identity: {}, attributes: null };
const NOTHING = { identity: {}, attributes: null };
