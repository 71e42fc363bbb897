import { Ability, type RawRuleOf } from '@casl/ability';
import type { FetchedRule, Permission } from './model.js';

/** What CASL calls a subject: a decision is always about a thing, never about its type alone. */
interface Thing {
  readonly type: string;
}
type RuleAbility = Ability<[string, string | Thing], CountingRule>;

/** A rule that was found for a question, with whether it counts for it. */
interface CountingRule {
  readonly rule: FetchedRule;
  readonly counts: boolean;
}

// The rule itself travels as CASL's conditions: the matcher sees whether it counts, and the answer can name it.
const conditionsMatcher = (conditions: CountingRule) => (): boolean => conditions.counts;
// Fields are names and nothing else: CASL's own matcher would read patterns in them.
const fieldMatcher = (fields: string[]) => (field: string) => fields.includes(field);
const detectSubjectType = (thing: Thing): string => thing.type;

// CASL's wildcards are words that a type or an action could bear ("manage", "all"); these are not: a name has no colon.
const anyAction = '::any action';
const anySubjectType = '::any type';

/**
 * The rule that decides the permission among these: a deny if one counts, else an allow; undefined when none counts. A rule that denies
 * some fields decides about these fields only.
 *
 * @param counts whether the rule's condition lets it count: true for one that allows, not false for one that denies.
 */
export function decidingRule(
  permission: Permission,
  rules: readonly FetchedRule[],
  counts: (rule: FetchedRule) => boolean = () => true,
): FetchedRule | undefined {
  const [only] = rules;
  // Nothing stands against it: most decisions need no order among rules.
  if (only?.effect === 'allow' && rules.length === 1) return counts(only) ? only : undefined;
  const raw: RawRuleOf<RuleAbility>[] = [];
  // CASL lets later rules win: allows first, denies after them.
  for (const rule of rules) if (rule.effect === 'allow') raw.push(rawRule(permission, rule, counts));
  for (const rule of rules) if (rule.effect === 'deny') raw.push(rawRule(permission, rule, counts));
  const ability: RuleAbility = new Ability(raw, {
    conditionsMatcher,
    fieldMatcher,
    detectSubjectType,
    anyAction,
    anySubjectType,
  });
  return ability.relevantRuleFor(permission.action, { type: permission.type })?.conditions?.rule;
}

function rawRule(
  permission: Permission,
  rule: FetchedRule,
  counts: (rule: FetchedRule) => boolean,
): RawRuleOf<RuleAbility> {
  return {
    action: permission.action,
    subject: permission.type,
    inverted: rule.effect === 'deny',
    conditions: { rule, counts: counts(rule) },
    ...(rule.fields ? { fields: [...rule.fields] } : {}),
  };
}
