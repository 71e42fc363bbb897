import { Ability, type RawRuleOf } from '@casl/ability';
import type { Condition, Entities } from './conditions/condition.js';
import { evaluateCondition } from './conditions/evaluate-condition.js';
import { foldCondition } from './conditions/fold-condition.js';
import { conditionOf } from './conditions/parse-condition.js';
import type { Effect, JsonObject, Permission } from './model.js';

/** A rule placed everywhere, for whoever holds it. */
export interface TypeRule {
  readonly permission: Permission;
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  readonly fields: readonly string[] | null;
}

/** A thing that a CASL ability is asked about (CASL's own word for it is subject). */
export interface Resource {
  readonly type: string;
  readonly id?: string | undefined;
  readonly attributes: JsonObject;
}

/** What remains to be asked about the thing itself, and which answers let the rule count. */
interface FoldedRule {
  readonly effect: Effect;
  readonly condition: Condition;
}

/** A CASL ability over Castellan's rules: `ability.can('view', { type: 'document', attributes })`. */
export type TypeAbility = Ability<[string, string | Resource], FoldedRule>;

/**
 * The rules that a subject holds everywhere as one CASL ability, for those who embed it: conditions are folded for the subject, the action and the
 * context, so that only the thing itself is still asked about, and mean what they mean in a decision: an allow counts where its
 * condition is true, a deny unless it is false. It knows no object's own rules: for them, ask for a decision.
 *
 * @param known the subject and the context.
 * @example
 * const ability = abilityOf(rules, { subject: { identity: { id: 'alice', type: 'user' }, attributes: { department: 'sales' } } });
 * ability.can('view', { type: 'document', attributes: { department: 'sales' } });
 * @see https://casl.js.org
 */
export function abilityOf(rules: readonly TypeRule[], known: Pick<Entities, 'subject' | 'context'>): TypeAbility {
  const folded = rules.map((rule) => rawRule(rule, known)).filter((rule) => rule !== null);
  // CASL lets later rules win: allows first, denies after them.
  const inOrder = [...folded.filter(({ inverted }) => !inverted), ...folded.filter(({ inverted }) => inverted)];
  return new Ability(inOrder, {
    conditionsMatcher,
    fieldMatcher: (fields: string[]) => (field: string) => fields.includes(field),
    detectSubjectType: ({ type }) => type,
    // Words that a type or an action could bear must not mean all of them.
    anyAction: '::any action',
    anySubjectType: '::any type',
  });
}

const conditionsMatcher =
  ({ effect, condition }: FoldedRule) =>
  (resource: object): boolean => {
    const { type, id, attributes } = resource as Resource;
    const truth = evaluateCondition(condition, { resource: { identity: { id, type }, attributes } });
    return effect === 'allow' ? truth === true : truth !== false;
  };

/** Null for a rule that can never count. */
function rawRule(
  { permission, effect, condition, fields }: TypeRule,
  known: Pick<Entities, 'subject' | 'context'>,
): RawRuleOf<TypeAbility> | null {
  const rule = {
    action: permission.action,
    subject: permission.type,
    inverted: effect === 'deny',
    ...(fields ? { fields: [...fields] } : {}),
  };
  if (condition === null) return rule;
  const action = { identity: { name: permission.action }, attributes: null };
  const { subject = NOBODY, context = NOTHING } = known;
  const folded = foldCondition(conditionOf(condition), { subject, context, action });
  if (folded.kind !== 'constant') return { ...rule, conditions: { effect, condition: folded } };
  const counts = effect === 'allow' ? folded.truth === true : folded.truth !== false;
  return counts ? rule : null;
}

const NOBODY = { identity: {}, attributes: null };
const NOTHING = { identity: {}, attributes: null };
