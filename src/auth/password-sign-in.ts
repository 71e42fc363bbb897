import { Injectable } from '@nestjs/common';
import { CastellanError } from '../core/errors.js';
import { faultOfId } from '../core/identifiers.js';
import { Credentials, type StoredCredential } from '../core/ports/credentials.js';
import { Passwords } from './passwords.js';

/** The one answer to a wrong name, a wrong password, an inactive user and a user without a password. */
export function invalidCredentials(): CastellanError {
  return new CastellanError('invalid_credentials', 'No active user has this username and password.');
}

/** Verifies usernames and passwords against the database. */
@Injectable()
export class PasswordSignIn {
  constructor(
    private readonly credentials: Credentials,
    private readonly passwords: Passwords,
  ) {}

  /**
   * The credential, if the name is an active user's and the password is theirs; null otherwise, after the same time.
   *
   * @throws CastellanError `overloaded`, `database_unavailable`.
   */
  async verify(username: string, password: string): Promise<StoredCredential | null> {
    const credential = await this.#find(username);
    if (!credential) {
      await this.passwords.verifyNothing(password);
      return null;
    }
    return (await this.passwords.verify(credential.passwordHash, password)) ? credential : null;
  }

  // A name that nobody can have is not put to the database, which would refuse a NUL with an error of its own.
  async #find(username: string): Promise<StoredCredential | null> {
    return faultOfId(username) === undefined ? this.credentials.findByUsername(username) : null;
  }
}
