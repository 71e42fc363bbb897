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
import type { Seed } from './parse-seed.js';
import { Tally, type OnProgress, type SeedKind, type SeedResult } from './seed-result.js';

/**
 * Makes the database hold what the seed says, in one transaction: makes what is missing, changes what differs in a value
 * that the seed names, and leaves alone what is so already. Nothing is removed but what a named list leaves out (a role's
 * rules and includes, a type's actions). While it runs, other writes wait.
 *
 * @throws SeedError when something in it can't be had (it names the place in the file); CastellanError `overloaded`,
 * `database_unavailable`. The database is then as it was.
 */
export async function applySeed(
  store: Store,
  author: Author,
  seed: Seed,
  passwords: Pick<Passwords, 'hash'>,
  onProgress?: OnProgress,
): Promise<SeedResult> {
  const hashes = await hashMissingPasswords(store.users, seed.users, passwords);
  try {
    return await store.writes.write(author, 'structure', async (unit) => {
      const tally = new Tally(totalsOf(seed), onProgress);
      const mayHavePassword = await unit.users.withPassword([...hashes.keys()]);
      for (const id of mayHavePassword) hashes.delete(id);
      await applyAll(unit, seed, hashes, tally);
      return tally.result;
    });
  } catch (error) {
    if (!(error instanceof CastellanError) || error.status >= 500) throw error;
    const findings = error.faults.map(({ path, message }) => ({ path: path.split('.'), message }));
    throw seed.source.error(findings, error.code, { cause: error });
  }
}

async function applyAll(unit: WriteUnit, seed: Seed, hashes: ReadonlyMap<string, string>, tally: Tally): Promise<void> {
  await applyTypes(unit, seed.types, tally);
  await applyUsers(unit, seed.users, hashes, tally);
  await applyGroups(unit, seed.groups, tally);
  await applyRoles(unit, seed.roles, tally);
  await applyObjects(unit, seed.objects, tally);
  await applyAssignments(unit, seed.assignments, tally);
  await applyGrants(unit, seed.grants, tally);
}

function totalsOf(seed: Seed): Record<SeedKind, number> {
  const { types, users, groups, roles, assignments, objects, grants } = seed;
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
