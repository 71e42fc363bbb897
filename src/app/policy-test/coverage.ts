import { refName } from '../../core/model.js';
import type { PolicyWorld, RulePlace } from '../../testing/policy-world.js';
import type { Policy } from '../policy/parse-policy.js';
import { placeIn } from './place-in-policy.js';
import type { Coverage, CoveredRule } from './policy-test-result.js';

/** Which of the policy's rules are among those that were touched. What creators get is the type's, and not counted. */
export function coverageOf(policy: Policy, world: PolicyWorld, touched: ReadonlySet<string>): Coverage {
  const counted = [...world.rulePlaces].filter(([, [kind]]) => kind !== 'objects');
  const untouched = counted.filter(([id]) => !touched.has(id)).map(([, path]) => coveredRule(policy, path));
  const [rules, met] = [counted.length, counted.length - untouched.length];
  return {
    rules,
    touched: met,
    percent: rules === 0 ? 100 : Math.floor((met * 1000) / rules) / 10,
    untouched,
  };
}

function coveredRule(policy: Policy, path: RulePlace): CoveredRule {
  return { place: placeIn(policy, path), says: saysOf(policy, path) };
}

function saysOf({ roles, grants }: Policy, [kind, index, , at]: RulePlace): string {
  if (kind === 'roles') {
    const role = roles[Number(index)];
    const rule = role?.rules?.[Number(at)];
    return `role ${role?.id}: ${ruleText(rule?.effect, rule?.permission, null, rule?.condition)}`;
  }
  const grant = grants[Number(index)];
  const holder = grant ? refName(grant.subject) : '';
  const place = grant?.object ? refName(grant.object) : null;
  return `grant to ${holder}: ${ruleText(grant?.effect, grant?.permission, place, grant?.condition)}`;
}

function ruleText(effect = 'allow', permission = '', place: string | null = null, condition?: object | null): string {
  return `${effect} ${permission}${place === null ? '' : ` on ${place}`}${condition ? ` where ${JSON.stringify(condition)}` : ''}`;
}
