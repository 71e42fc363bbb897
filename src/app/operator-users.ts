import { newUser } from '../api/users/users.schema.js';
import { CastellanError } from '../core/errors.js';

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
