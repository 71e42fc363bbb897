import { decidingRule } from './ability.js';
import type { Entities } from './conditions/condition.js';
import { conditionOf } from './conditions/parse-condition.js';
import { evaluateCondition } from './conditions/evaluate-condition.js';
import { ALL_FIELDS, NO_FIELDS, fieldScopeOf } from './field-scope.js';
import { entitiesOf } from './entities.js';
import type { Decision, Facts, FetchedRule, Mode, Question, Reason } from './model.js';
import { permits } from './narrowing.js';

/**
 * Decides one question from everything the database knows about it. Pure; whatever does not allow denies.
 *
 * @example
 * decide({ subject, permission: { type: 'post', action: 'view' }, object }, facts).allowed
 */
export function decide(question: Question, facts: Facts): Decision {
  if (facts.subject === 'inactive') return deny('subject_inactive');
  if (!permits(question.subject, question.permission)) return deny('narrowed');
  if (!facts.typeKnown) return deny('unknown_type');
  if (!facts.actionKnown) return deny('unknown_action');
  if (facts.subject === 'active' && facts.superuser)
    return { allowed: true, reason: 'superuser', rules: [], fields: ALL_FIELDS };
  if (facts.rules.length === 0) return deny('no_rule_allows');
  return decideByRules(question, facts);
}

/** Whether each rule counts for the question, as far as its condition says: an allow where it is true, a deny unless it is false. */
export function countingRules(question: Question, facts: Facts): (rule: FetchedRule) => boolean {
  let entities: Entities | undefined;
  return (rule) => {
    if (rule.condition === null) return true;
    entities ??= entitiesOf(question, facts);
    const truth = evaluateCondition(conditionOf(rule.condition), entities);
    return rule.effect === 'allow' ? truth === true : truth !== false;
  };
}

/** The mode that a question is decided by: without an object there is nothing that a rule could be placed on. */
export function modeOf(question: Question, facts: Facts): Mode {
  return question.object ? (question.mode ?? facts.mode) : 'union';
}

function decideByRules(question: Question, facts: Facts): Decision {
  const counts = countingRules(question, facts);
  const mode = modeOf(question, facts);
  const among = (placed?: FetchedRule['placed']): FetchedRule | undefined =>
    decidingRule(
      question.permission,
      placed === undefined
        ? facts.rules
        : facts.rules.filter((rule) => rule.effect === 'deny' || rule.placed === placed),
      counts,
    );
  const deciding =
    mode === 'union' ? [among()] : mode === 'object' ? [among('object')] : [among('everywhere'), among('object')];
  const denying = deciding.find((rule) => rule?.effect === 'deny');
  if (denying) return { allowed: false, reason: 'rule_denies', rules: [denying], fields: NO_FIELDS };
  const allowing = deciding.filter((rule) => rule !== undefined);
  if (allowing.length < deciding.length) return deny('no_rule_allows');
  return { allowed: true, reason: 'rule_allows', rules: allowing, fields: fieldScopeOf(mode, facts.rules, counts) };
}

function deny(reason: Reason): Decision {
  return { allowed: false, reason, rules: [], fields: NO_FIELDS };
}
