import type { RoleChange, RoleRecord, RoleRule } from '../../core/ports/roles.js';
import type { WriteUnit } from '../../core/ports/writes.js';
import { ruleKey } from '../../core/rule-key.js';
import { sameMembers } from './apply-subjects.js';
import { atPath } from './at-path.js';
import type { PolicyRun } from './policy-run.js';
import type { PolicyRole } from './policy-schema.js';

/**
 * Makes and changes roles; the rules and includes that are named become the role's. What a role no longer includes goes
 * first, and what it newly includes comes last: neither the order of the file nor what was before makes a circle.
 */
export async function applyRoles(unit: WriteUnit, roles: readonly PolicyRole[], run: PolicyRun): Promise<void> {
  const before = new Map((await unit.roles.findMany(roles.map(({ id }) => id))).map((role) => [role.id, role]));
  const after = new Map<string, RoleRecord>();
  for (const [index, wanted] of roles.entries()) {
    const role = await atPath(`roles.${index}`, () => applyRole(unit, wanted, before.get(wanted.id)));
    after.set(wanted.id, role);
  }
  for (const [index, { id, includes }] of roles.entries()) {
    const standing = after.get(id);
    if (!standing || !includes || sameMembers(includes, standing.includes)) continue;
    after.set(id, await atPath(`roles.${index}`, () => unit.roles.update(id, { includes })));
  }
  for (const { id } of roles) note(before.get(id), after.get(id), run);
}

function note(before: RoleRecord | undefined, after: RoleRecord | undefined, run: PolicyRun): void {
  if (!after) return;
  if (before) {
    run.add('roles', before === after ? 'unchanged' : 'updated');
    if (before !== after) run.noteUpdated('role', after.id, before, after);
    return;
  }
  run.add('roles', 'created');
  run.made.roles.push(after.id);
  run.noteMade('role', after.id, after);
}

/** The role as it then is: the same record where there was nothing to change. */
async function applyRole(unit: WriteUnit, wanted: PolicyRole, standing: RoleRecord | undefined): Promise<RoleRecord> {
  const { id, description } = wanted;
  const rules = wanted.rules?.map(({ permission, effect = 'allow', condition = null, fields = null }): RoleRule => ({
    permission,
    effect,
    condition,
    fields,
  }));
  if (!standing) return unit.roles.create({ id, description: description ?? null, rules: rules ?? [], includes: [] });
  const kept = standing.includes.filter((included) => wanted.includes?.includes(included) ?? true);
  const change: RoleChange = {
    ...(description === undefined || description === standing.description ? {} : { description }),
    ...(rules === undefined || sameRules(rules, standing.rules) ? {} : { rules }),
    ...(kept.length === standing.includes.length ? {} : { includes: kept }),
  };
  return Object.keys(change).length === 0 ? standing : unit.roles.update(id, change);
}

function sameRules(wanted: readonly RoleRule[], stored: readonly RoleRule[]): boolean {
  const keyOf = (rule: RoleRule): string => `${rule.permission} ${ruleKey(rule)}`;
  return sameMembers(wanted.map(keyOf), stored.map(keyOf));
}
