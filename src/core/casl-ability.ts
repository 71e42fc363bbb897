import { Ability, type AbilityTuple, type RawRuleOf } from '@casl/ability';
import { remainingCondition, type AttributesAt, type KnownEntities, type TypeRule } from './casl-ability-rule.js';
import { attributesAskedFor, entityOfThing, typeOfThing } from './casl-ability-thing.js';
import type { Condition } from './conditions/condition.js';
import { evaluateCondition } from './conditions/evaluate-condition.js';
import type { Effect } from './model.js';

export type { AttributesAt, KnownEntities, TypeRule } from './casl-ability-rule.js';

/** What remains to be asked about a thing of the type (CASL's own word for it is subject), and which answers let the rule count. */
export interface FoldedRule {
  readonly type: string;
  readonly effect: Effect;
  readonly condition: Condition;
}

/** A CASL ability over Castellan's rules: `ability.can('view', subject('document', document), 'title')`. */
export type TypeAbility = Ability<AbilityTuple, FoldedRule>;

/**
 * The rules that a subject holds everywhere as one CASL ability, for those who embed it: conditions are folded for the subject, the action and the
 * context, so that only the thing itself is still asked about, and mean what they mean in a decision: an allow counts where its
 * condition is true, a deny unless it is false. It knows no object's own rules: for them, ask for a decision.
 *
 * @param known the subject and the context.
 * @example
 * const known = { subject: { identity: { id: 'alice', type: 'user' }, attributes: { department: 'sales' } } };
 * abilityOf(rules, known).can('view', subject('document', { id: '1', department: 'sales' }));
 * @see https://casl.js.org
 */
export function abilityOf(
  rules: readonly TypeRule[],
  known: KnownEntities,
  { attributes = 'top' }: { readonly attributes?: AttributesAt | undefined } = {},
): TypeAbility {
  const folded = rules.map((rule) => rawRule(rule, known)).filter((rule) => rule !== null);
  // CASL lets later rules win: allows first, denies after them.
  const inOrder = [...folded.filter(({ inverted }) => !inverted), ...folded.filter(({ inverted }) => inverted)];
  return new Ability<AbilityTuple, FoldedRule>(inOrder, {
    conditionsMatcher: matcherAt(attributes),
    fieldMatcher: (fields: string[]) => (field: string) => fields.includes(field),
    detectSubjectType: (thing: object) => typeOfThing(thing, attributes),
    // Words that a type or an action could bear must not mean all of them.
    anyAction: '::any action',
    anySubjectType: '::any type',
  });
}

function matcherAt(attributes: AttributesAt) {
  return ({ type, effect, condition }: FoldedRule) => {
    const names = attributesAskedFor(condition);
    return (thing: object): boolean => {
      const truth = evaluateCondition(condition, { resource: entityOfThing(thing, type, attributes, names) });
      return effect === 'allow' ? truth === true : truth !== false;
    };
  };
}

/** Null for a rule that can never count. */
function rawRule(rule: TypeRule, known: KnownEntities): RawRuleOf<TypeAbility> | null {
  const condition = remainingCondition(rule, known);
  if (condition === null) return null;
  const { permission, effect, fields } = rule;
  const { type, action } = permission;
  return {
    action,
    subject: type,
    inverted: effect === 'deny',
    ...(fields ? { fields: [...fields] } : {}),
    // Without conditions, CASL tells of a whole type that it is denied.
    ...(condition.kind === 'constant' ? {} : { conditions: { type, effect, condition } }),
  };
}
