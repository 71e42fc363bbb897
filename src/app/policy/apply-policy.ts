import type { Passwords } from '../../auth/passwords.js';
import type { Author } from '../../core/caller.js';
import { CastellanError } from '../../core/errors.js';
import type { WriteUnit } from '../../core/ports/writes.js';
import type { Store } from '../../store/store.js';
import { applyAssignments, applyGrants } from './apply-access.js';
import { applyObjects } from './apply-objects.js';
import { applyRoles } from './apply-roles.js';
import { applyGroups, applyTypes, applyUsers } from './apply-subjects.js';
import { hashMissingPasswords } from './initial-passwords.js';
import type { Policy } from './parse-policy.js';
import { Tally, type OnProgress, type PolicyKind, type PolicyResult } from './policy-result.js';

/**
 * Makes the database hold what the policy says, in one transaction: makes what is missing, changes what differs in a value
 * that the policy names, and leaves alone what is so already. Nothing is removed but what a named list leaves out (a role's
 * rules and includes, a type's actions). While it runs, other writes wait.
 *
 * @throws PolicyError when something in it can't be had (it names the place in the file); CastellanError `overloaded`,
 * `database_unavailable`. The database is then as it was.
 */
export async function applyPolicy(
  store: Store,
  author: Author,
  policy: Policy,
  passwords: Pick<Passwords, 'hash'>,
  onProgress?: OnProgress,
): Promise<PolicyResult> {
  const hashes = await hashMissingPasswords(store.users, policy.users, passwords);
  try {
    return await store.writes.write(author, 'structure', async (unit) => {
      const tally = new Tally(totalsOf(policy), onProgress);
      const mayHavePassword = await unit.users.withPassword([...hashes.keys()]);
      for (const id of mayHavePassword) hashes.delete(id);
      await applyAll(unit, policy, hashes, tally);
      return tally.result;
    });
  } catch (error) {
    if (!(error instanceof CastellanError) || error.status >= 500) throw error;
    const findings = error.faults.map(({ path, message }) => ({ path: path.split('.'), message }));
    throw policy.source.error(findings, error.code, { cause: error });
  }
}

async function applyAll(
  unit: WriteUnit,
  policy: Policy,
  hashes: ReadonlyMap<string, string>,
  tally: Tally,
): Promise<void> {
  await applyTypes(unit, policy.types, tally);
  await applyUsers(unit, policy.users, hashes, tally);
  await applyGroups(unit, policy.groups, tally);
  await applyRoles(unit, policy.roles, tally);
  await applyObjects(unit, policy.objects, tally);
  await applyAssignments(unit, policy.assignments, tally);
  await applyGrants(unit, policy.grants, tally);
}

function totalsOf(policy: Policy): Record<PolicyKind, number> {
  const { types, users, groups, roles, assignments, objects, grants } = policy;
  return {
    types: types.length,
    users: users.length,
    groups: groups.length,
    members: groups.reduce((sum, group) => sum + (group.members?.length ?? 0), 0),
    roles: roles.length,
    objects: objects.length,
    assignments: assignments.length,
    grants: grants.length,
  };
}
