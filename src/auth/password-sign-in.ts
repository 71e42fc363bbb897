import { Injectable } from '@nestjs/common';
import { CastellanError } from '../core/errors.js';
import { faultOfId } from '../core/identifiers.js';
import { Credentials, type StoredCredential } from '../core/ports/credentials.js';
import { SignInAttempts, type SignInOrigin } from '../core/ports/sign-in-attempts.js';
import { Passwords } from './passwords.js';

/** The one answer to a wrong name, a wrong password, an inactive user and a user without a password. */
export function invalidCredentials(): CastellanError {
  return new CastellanError('invalid_credentials', 'No active user has this username and password.');
}

/** Verifies usernames and passwords against the database, as many as may be tried. */
@Injectable()
export class PasswordSignIn {
  constructor(
    private readonly credentials: Credentials,
    private readonly passwords: Passwords,
    private readonly attempts: SignInAttempts,
  ) {}

  /**
   * The credential, if the name is an active user's and the password is theirs; null otherwise, after the same time. What may not be tried
   * any more is refused before it is verified.
   *
   * @throws CastellanError `too_many_attempts`, `overloaded`, `database_unavailable`.
   */
  async verify(username: string, password: string, origin: SignInOrigin): Promise<StoredCredential | null> {
    this.passwords.requireRoom();
    // Counted first: of many guesses that come together, none is verified that would be one too many.
    const attempt = await this.attempts.begin(username, origin);
    let credential: StoredCredential | null;
    try {
      credential = await this.#verified(username, password);
    } catch (error) {
      await this.attempts.abandoned(attempt);
      throw error;
    }
    if (!credential) {
      await this.attempts.failed(attempt);
      return null;
    }
    await this.attempts.succeeded(attempt, credential.subjectKey, credential.subject);
    return this.#renewed(credential, password);
  }

  async #verified(username: string, password: string): Promise<StoredCredential | null> {
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

  // Only now is the password at hand that a hash of the cost of today can be made of; whatever hinders it, the next sign-in will do it.
  async #renewed(credential: StoredCredential, password: string): Promise<StoredCredential> {
    if (!this.passwords.isOutdated(credential.passwordHash)) return credential;
    try {
      const passwordHash = await this.passwords.hash(password);
      await this.credentials.rehash(credential, passwordHash);
    } catch (error) {
      if (!(error instanceof CastellanError)) throw error;
    }
    return credential;
  }
}
