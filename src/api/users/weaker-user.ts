import { notFound } from '../../core/errors.js';
import type { ObjectRef } from '../../core/model.js';
import type { UserRecord } from '../../core/ports/users.js';
import type { WriteUnit } from '../../core/ports/writes.js';

/**
 * The user, if the author of the write is no weaker: one that may be changed by somebody weaker could be taken over by them.
 *
 * @throws CastellanError `not_found`, `superuser_only`.
 */
export async function requireWeaker(unit: WriteUnit, target: ObjectRef, what: string): Promise<UserRecord> {
  const user = await unit.users.find(target.id);
  if (!user) throw notFound();
  if (user.superuser) await unit.authority.requireSuperuser(what);
  return user;
}
