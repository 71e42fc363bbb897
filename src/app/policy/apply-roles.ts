import type { RoleChange, RoleRecord, RoleRule } from '../../core/ports/roles.js';
import type { WriteUnit } from '../../core/ports/writes.js';
import { ruleKey } from '../../core/rule-key.js';
import { sameMembers } from './apply-subjects.js';
import { atPath } from './at-path.js';
import type { Outcome, Tally } from './policy-result.js';
import type { PolicyRole } from './policy-schema.js';

/**
 * Makes and changes roles; the rules and includes that are named become the role's. What a role no longer includes goes
 * first, and what it newly includes comes last: neither the order of the file nor what was before makes a circle.
 */
export async function applyRoles(unit: WriteUnit, roles: readonly PolicyRole[], tally: Tally): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const [index, wanted] of roles.entries())
    outcomes.push(await atPath(`roles.${index}`, () => applyRole(unit, wanted)));
  for (const [index, { id, includes }] of roles.entries()) {
    const added = includes && (await atPath(`roles.${index}`, () => addIncludes(unit, id, includes)));
    const outcome = outcomes[index] ?? 'unchanged';
    tally.add('roles', added && outcome === 'unchanged' ? 'updated' : outcome);
  }
}

async function applyRole(unit: WriteUnit, wanted: PolicyRole): Promise<Outcome> {
  const { id, description } = wanted;
  const rules = wanted.rules?.map(({ permission, effect = 'allow', condition = null, fields = null }): RoleRule => ({
    permission,
    effect,
    condition,
    fields,
  }));
  const standing = await unit.roles.find(id);
  if (!standing) {
    await unit.roles.create({ id, description: description ?? null, rules: rules ?? [], includes: [] });
    return 'created';
  }
  const kept = standing.includes.filter((included) => wanted.includes?.includes(included) ?? true);
  const change: RoleChange = {
    ...(description === undefined || description === standing.description ? {} : { description }),
    ...(rules === undefined || sameRules(rules, standing.rules) ? {} : { rules }),
    ...(kept.length === standing.includes.length ? {} : { includes: kept }),
  };
  if (Object.keys(change).length === 0) return 'unchanged';
  await unit.roles.update(id, change);
  return 'updated';
}

async function addIncludes(unit: WriteUnit, id: string, includes: string[]): Promise<boolean> {
  const standing: RoleRecord | null = await unit.roles.find(id);
  if (standing && sameMembers(includes, standing.includes)) return false;
  await unit.roles.update(id, { includes });
  return true;
}

function sameRules(wanted: readonly RoleRule[], stored: readonly RoleRule[]): boolean {
  const keyOf = (rule: RoleRule): string => `${rule.permission} ${ruleKey(rule)}`;
  return sameMembers(wanted.map(keyOf), stored.map(keyOf));
}
