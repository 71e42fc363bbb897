import type { NewRule, Role, RolePatch } from '../../client/roles.js';
import { CastellanError } from '../../core/errors.js';
import { ruleKey } from '../../core/rule-key.js';

/** Has the role say the rule as well; null where it does already. */
export function withRule({ rules }: Role, rule: NewRule): RolePatch | null {
  return rules.some((one) => keyOf(one) === keyOf(rule)) ? null : { rules: [...rules, rule] };
}

/** Takes the rule from the role. @throws CastellanError `not_found` where the role does not say it. */
export function withoutRule({ id, rules }: Role, rule: NewRule): RolePatch {
  const left = rules.filter((one) => keyOf(one) !== keyOf(rule));
  if (left.length < rules.length) return { rules: left };
  const others = rules.filter(({ permission }) => permission === rule.permission).length;
  const hint =
    others === 0 ? '' : ` ${others} of ${rule.permission} say more or other things: see castellan role show ${id}.`;
  throw new CastellanError('not_found', `role:${id} has no such rule.${hint}`);
}

/** Has the role include the other; null where it does already. */
export function including({ includes }: Role, other: string): RolePatch | null {
  return includes.includes(other) ? null : { includes: [...includes, other] };
}

/** Has the role include the other no more. @throws CastellanError `not_found` where it does not. */
export function excluding({ id, includes }: Role, other: string): RolePatch {
  if (includes.includes(other)) return { includes: includes.filter((one) => one !== other) };
  throw new CastellanError('not_found', `role:${id} does not include role:${other}.`);
}

function keyOf({ permission, effect = 'allow', condition = null, fields = null }: NewRule): string {
  return `${permission} ${ruleKey({ effect, condition, fields })}`;
}
