import { isStorableText } from '../core/conditions/json-values.js';
import { invalidField } from '../core/errors.js';
import { faultOfId, faultOfName } from '../core/identifiers.js';
import type { NewUser, UserChange } from '../core/ports/users.js';
import { readAttributes, readText } from './transaction-input.js';

/** A user as an app registers it. The username is the id where none is given; who says nothing of it is active, and no superuser. */
export interface AppUser {
  readonly id: string;
  readonly username?: string | undefined;
  readonly email?: string | null | undefined;
  readonly active?: boolean | undefined;
  readonly superuser?: boolean | undefined;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** What is to change of a user: attributes as a whole. What is absent stays, as does the id. */
export type AppUserChange = Omit<AppUser, 'id'>;

/** @throws CastellanError `invalid_request`, naming the path. */
export function readUser(user: AppUser): NewUser {
  const id = readId(user.id, 'id');
  const { email = null, active = true, superuser = false, attributes = {} } = readUserChange(user);
  return { id, username: readUsername(user.username, id), email, active, superuser, attributes };
}

/** @throws CastellanError `invalid_request`, naming the path. */
export function readUserChange(change: AppUserChange): UserChange {
  const { username, email, active, superuser, attributes } = change;
  return {
    ...(username === undefined ? {} : { username: readText(username, 'username', faultOfName) }),
    ...(email === undefined ? {} : { email: email === null ? null : readText(email, 'email', faultOfEmail) }),
    ...(active === undefined ? {} : { active: readFlag(active, 'active') }),
    ...(superuser === undefined ? {} : { superuser: readFlag(superuser, 'superuser') }),
    ...(attributes === undefined ? {} : { attributes: readAttributes(attributes) }),
  };
}

/** @throws CastellanError `invalid_request`, naming the path. */
export function readId(id: string, path: string): string {
  return readText(id, path, faultOfId);
}

function readUsername(username: string | undefined, id: string): string {
  if (username !== undefined) return username;
  // Basic ends the username at the first colon.
  if (faultOfName(id) !== undefined) throw invalidField('username', 'must be given where the id contains ":"');
  return id;
}

// Which addresses there are, the app knows better.
function faultOfEmail(email: string): string | undefined {
  return email === '' || email.length > 320 || !isStorableText(email)
    ? 'must have 1 to 320 characters, without NUL and halves of characters'
    : undefined;
}

function readFlag(flag: boolean, path: string): boolean {
  if (typeof flag !== 'boolean') throw invalidField(path, 'must be true or false');
  return flag;
}
