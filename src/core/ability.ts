import { Ability, type RawRuleOf } from '@casl/ability';
import type { FetchedRule, Permission } from './model.js';

/** What CASL calls a subject: a decision is always about a thing, never about its type alone. */
interface Thing {
  readonly type: string;
}
type RuleAbility = Ability<[string, string | Thing], FetchedRule>;

// The rule itself travels as CASL's conditions: the matcher sees it, and the answer can name it.
// No condition language is in force yet, so a rule that carries a restriction is "unknown": it never allows, and denies.
const conditionsMatcher = (rule: FetchedRule) => (): boolean => rule.effect === 'deny' || !rule.restricted;
const detectSubjectType = (thing: Thing): string => thing.type;

// CASL's wildcards are words that a type or an action could bear ("manage", "all"); these are not: a name has no colon.
const anyAction = '::any action';
const anySubjectType = '::any type';

/** The rule that decides the permission among these: a deny if one counts, else an allow; undefined when none counts. */
export function decidingRule(permission: Permission, rules: readonly FetchedRule[]): FetchedRule | undefined {
  const raw: RawRuleOf<RuleAbility>[] = [];
  // CASL lets later rules win: allows first, denies after them.
  for (const rule of rules) if (rule.effect === 'allow') raw.push(rawRule(permission, rule));
  for (const rule of rules) if (rule.effect === 'deny') raw.push(rawRule(permission, rule));
  const ability: RuleAbility = new Ability(raw, { conditionsMatcher, detectSubjectType, anyAction, anySubjectType });
  return ability.relevantRuleFor(permission.action, { type: permission.type })?.conditions;
}

function rawRule(permission: Permission, rule: FetchedRule): RawRuleOf<RuleAbility> {
  return { action: permission.action, subject: permission.type, inverted: rule.effect === 'deny', conditions: rule };
}
