import { decidingRule } from './ability.js';
import type { Decision, Facts, Permission, Reason } from './model.js';

/**
 * Decides one question from everything the database knows about it. Pure; whatever does not allow denies.
 *
 * @example
 * decide({ type: 'post', action: 'view' }, facts).allowed
 */
export function decide(permission: Permission, facts: Facts): Decision {
  if (facts.subject === 'inactive') return deny('subject_inactive');
  if (!facts.typeKnown) return deny('unknown_type');
  if (!facts.actionKnown) return deny('unknown_action');
  if (facts.subject === 'active' && facts.superuser) return { allowed: true, reason: 'superuser', rules: [] };
  // Modes other than union can't be written yet; one that is there all the same is not guessed at.
  if (facts.mode !== 'union' || facts.rules.length === 0) return deny('no_rule_allows');
  const rule = decidingRule(permission, facts.rules);
  if (!rule) return deny('no_rule_allows');
  return rule.effect === 'allow'
    ? { allowed: true, reason: 'rule_allows', rules: [rule] }
    : { allowed: false, reason: 'rule_denies', rules: [rule] };
}

function deny(reason: Reason): Decision {
  return { allowed: false, reason, rules: [] };
}
