import type { Passwords } from '../../auth/passwords.js';
import type { Author } from '../../core/caller.js';
import { CastellanError } from '../../core/errors.js';
import type { WriteScope, WriteUnit } from '../../core/ports/writes.js';
import type { Store } from '../../store/store.js';
import { applyAssignments, applyGrants } from './apply-access.js';
import { applyGroups } from './apply-groups.js';
import { applyObjects } from './apply-objects.js';
import { applyRoles } from './apply-roles.js';
import { applyServices } from './apply-services.js';
import { applyTypes, applyUsers } from './apply-subjects.js';
import { hashMissingPasswords } from './initial-passwords.js';
import type { Policy } from './parse-policy.js';
import { inOrder } from './policy-change.js';
import type { OnProgress, PolicyKind, PolicyResult } from './policy-result.js';
import { PolicyRun } from './policy-run.js';
import { nameThings, prune, type Removals } from './prune.js';

/** How a policy is applied. */
export interface ApplyOptions {
  readonly onProgress?: OnProgress | undefined;
  /** Removes what was made from files and is not in the policy: all of it, or no more than was shown before. */
  readonly prune?: Removals | undefined;
  /** Refuses to run beside another one that does so too; without it, one waits for the other. */
  readonly alone?: boolean | undefined;
}

/**
 * Makes the database hold what the policy says, in one transaction: makes what is missing, changes what differs in a value
 * that the policy names, and leaves alone what is so already. Nothing is removed but what a named list leaves out (a role's
 * rules and includes, a type's actions), unless it is asked for. What it makes is marked as made from a file. While it runs, other
 * writes wait.
 *
 * @throws PolicyError when something in it can't be had (it names the place in the file); ApplyRunningError; RemovalsDifferError;
 * CastellanError `overloaded`, `database_unavailable`. The database is then as it was.
 */
export async function applyPolicy(
  store: Store,
  author: Author,
  policy: Policy,
  passwords: Pick<Passwords, 'hash'>,
  options: ApplyOptions = {},
): Promise<PolicyResult> {
  return writePolicy(store, author, policy, passwords, options, (result) => result);
}

class Planned extends Error {
  constructor(readonly result: PolicyResult) {
    super('What was planned is not kept.');
  }
}

/**
 * What applying the policy would do: it is done, and undone. Other writes wait for it, as for a write; nothing is left of it, not in the
 * audit trail either.
 *
 * @throws as {@link applyPolicy} would.
 */
export async function planPolicy(
  store: Store,
  author: Author,
  policy: Policy,
  options: Omit<ApplyOptions, 'alone'> = {},
): Promise<PolicyResult> {
  // Nobody ever signs in by it.
  const passwords = { hash: () => Promise.resolve('planned') };
  try {
    return await writePolicy(store, author, policy, passwords, options, (result) => {
      throw new Planned(result);
    });
  } catch (error) {
    if (error instanceof Planned) return error.result;
    throw error;
  }
}

async function writePolicy(
  store: Store,
  author: Author,
  policy: Policy,
  passwords: Pick<Passwords, 'hash'>,
  { onProgress, prune: removals, alone }: ApplyOptions,
  finish: (result: PolicyResult) => PolicyResult,
): Promise<PolicyResult> {
  const scope: WriteScope = alone ? 'apply' : 'structure';
  const hashes = await hashMissingPasswords(store.users, policy.users, passwords);
  try {
    return await store.writes.write(author, scope, async (unit) => {
      const run = new PolicyRun(totalsOf(policy), onProgress);
      const mayHavePassword = await unit.users.withPassword([...hashes.keys()]);
      const missing = new Map([...hashes].filter(([id]) => !mayHavePassword.has(id)));
      await applyAll(unit, policy, missing, run);
      nameThings(policy, run.named);
      await unit.fileMarks.mark(run.made);
      const kept = removals ? await prune(unit, run, removals) : [];
      const changes = inOrder(run.changes);
      return finish({ changed: changes.length > 0, counts: run.counts, changes, kept });
    });
  } catch (error) {
    if (!(error instanceof CastellanError) || error.status >= 500 || error.faults.length === 0) throw error;
    const findings = error.faults.map(({ path, message }) => ({ path: path.split('.'), message }));
    throw policy.source.error(findings, error.code, { cause: error });
  }
}

async function applyAll(
  unit: WriteUnit,
  policy: Policy,
  hashes: ReadonlyMap<string, string>,
  run: PolicyRun,
): Promise<void> {
  await applyTypes(unit, policy.types, run);
  await applyUsers(unit, policy.users, hashes, run);
  await applyServices(unit, policy.services, run);
  await applyGroups(unit, policy.groups, run);
  await applyRoles(unit, policy.roles, run);
  await applyObjects(unit, policy.objects, run);
  await applyAssignments(unit, policy.assignments, run);
  await applyGrants(unit, policy.grants, run);
}

function totalsOf(policy: Policy): Record<PolicyKind, number> {
  const { types, users, services, groups, roles, assignments, objects, grants } = policy;
  return {
    types: types.length,
    users: users.length,
    services: services.length,
    groups: groups.length,
    members: groups.reduce((sum, group) => sum + (group.members?.length ?? 0), 0),
    roles: roles.length,
    objects: objects.length,
    assignments: assignments.length,
    grants: grants.length,
  };
}
