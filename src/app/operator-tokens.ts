import { randomUUID } from 'node:crypto';
import { newToken } from '../api/users/tokens.schema.js';
import type { NewTokenAnswer } from '../api/users/tokens.service.js';
import { newTokenSecret } from '../auth/token-secret.js';
import { operator } from '../core/caller.js';
import { CastellanError } from '../core/errors.js';
import { refusal } from '../nest/schema.pipe.js';
import type { Store } from '../store/store.js';

/** A token that an operator asks for. */
export interface TokenRequest {
  /** The id of the user that it is to sign in. */
  readonly user: string;
  readonly name: string;
  readonly expiresAt?: string | undefined;
  /** What its user may do with it, and no more. */
  readonly permissions?: readonly string[] | undefined;
}

/**
 * Makes a token of a user.
 *
 * @throws CastellanError `invalid_request`, `not_found`, `limit_reached`, `unknown_reference`.
 */
export async function createToken(store: Store, { user, ...request }: TokenRequest): Promise<NewTokenAnswer> {
  const read = newToken.safeParse(request);
  if (!read.success) throw refusal('invalid_request', read.error.issues);
  const { name, expiresAt = null, permissions = null } = read.data;
  const { token, hash } = newTokenSecret();
  const record = await store.writes.write(operator('cli', randomUUID()), 'structure', async (unit) => {
    if (!(await unit.users.find(user))) throw new CastellanError('not_found', `There is no user:${user}.`);
    return unit.tokens.create({ user, name, hash, expiresAt, permissions });
  });
  const { id, createdAt } = record;
  return { id, name: record.name, token, createdAt, expiresAt: record.expiresAt, permissions: record.permissions };
}
