import type { Passwords } from '../../auth/passwords.js';
import type { Store } from '../../store/store.js';
import { idOfUser, type SeedUser } from './seed-schema.js';

const AT_ONCE = 5000;

/**
 * The hashes of those passwords of the seed that are needed, by the id of the user: of users who have none yet. Hashing takes
 * its time on purpose, so it is done before the transaction, in which other writes wait.
 */
export async function hashMissingPasswords(
  store: Store,
  users: readonly SeedUser[],
  passwords: Pick<Passwords, 'hash'>,
): Promise<Map<string, string>> {
  const given = users.filter((user) => user.password !== undefined);
  const having = await usersWithPassword(store, given.map(idOfUser));
  const hashes = new Map<string, string>();
  for (const user of given) {
    const id = idOfUser(user);
    if (user.password !== undefined && !having.has(id)) hashes.set(id, await passwords.hash(user.password));
  }
  return hashes;
}

/**
 * Which of the users have a password. It asks on a connection of its own, so inside a write of scope `structure`, which no
 * other write of users can overtake, it answers what was committed before.
 */
export async function usersWithPassword(store: Store, ids: readonly string[]): Promise<Set<string>> {
  const having = new Set<string>();
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const rows = await store.database.prisma.credential.findMany({
      where: { subject: { type: 'user', externalId: { in: ids.slice(start, start + AT_ONCE) } } },
      select: { subject: { select: { externalId: true } } },
    });
    for (const row of rows) having.add(row.subject.externalId);
  }
  return having;
}
