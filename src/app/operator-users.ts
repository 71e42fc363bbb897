import { randomUUID } from 'node:crypto';
import { newUser } from '../api/users/users.schema.js';
import { Passwords } from '../auth/passwords.js';
import { operator } from '../core/caller.js';
import { CastellanError } from '../core/errors.js';
import type { UserRecord } from '../core/ports/users.js';
import type { Store } from '../store/store.js';

/** A user that an operator asks for. */
export interface UserRequest {
  readonly username: string;
  readonly id?: string | undefined;
  readonly email?: string | undefined;
  readonly password: string;
  readonly superuser: boolean;
}

/**
 * Makes sure that such a user can be asked for.
 *
 * @throws CastellanError `invalid_request`, naming each part that can't be.
 */
export function requireFit(request: UserRequest): void {
  const result = newUser.safeParse(request);
  if (result.success) return;
  const faults = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new CastellanError(
    'invalid_request',
    `${faults.map(({ path, message }) => `${path}: ${message}`).join('; ')}.`,
    faults,
  );
}

/**
 * Makes a user with a password.
 *
 * @throws CastellanError `invalid_request`, `already_exists`.
 */
export async function createUser(store: Store, request: UserRequest): Promise<UserRecord> {
  requireFit(request);
  const { username, id = username, email = null, password, superuser } = request;
  const passwordHash = await new Passwords().hash(password);
  return store.writes.write(operator('cli', randomUUID()), 'structure', (unit) =>
    unit.users.create({ id, username, email, active: true, superuser, attributes: {}, passwordHash }),
  );
}
