import type { Passwords } from '../../auth/passwords.js';
import type { UserReader } from '../../core/ports/users.js';
import { idOfUser, type PolicyUser } from './policy-schema.js';

/**
 * The hashes of those passwords of the policy that are needed, by the id of the user: of users who have none yet. Hashing takes
 * its time on purpose, so it is done before the transaction, in which other writes wait.
 */
export async function hashMissingPasswords(
  reader: UserReader,
  users: readonly PolicyUser[],
  passwords: Pick<Passwords, 'hash'>,
): Promise<Map<string, string>> {
  const given = users.filter((user) => user.password !== undefined);
  const having = await reader.withPassword(given.map(idOfUser));
  const hashes = new Map<string, string>();
  for (const user of given) {
    const id = idOfUser(user);
    if (user.password !== undefined && !having.has(id)) hashes.set(id, await passwords.hash(user.password));
  }
  return hashes;
}
