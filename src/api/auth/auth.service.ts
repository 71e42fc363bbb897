import { Injectable } from '@nestjs/common';
import { invalidCredentials, PasswordSignIn } from '../../auth/password-sign-in.js';
import { requireUnlikeUser } from '../../auth/password-rules.js';
import { Passwords } from '../../auth/passwords.js';
import type { Author, Caller } from '../../core/caller.js';
import { CastellanError } from '../../core/errors.js';
import { Credentials, type CredentialStamp } from '../../core/ports/credentials.js';
import type { SignInOrigin } from '../../core/ports/sign-in-attempts.js';
import { UserReader, type UserRecord } from '../../core/ports/users.js';
import { Writes } from '../../core/ports/writes.js';
import type { PasswordChangeBody, SignInBody } from './auth.schema.js';

/** A user that has just signed in, and what a session is to remember of it. */
export interface SignedInUser {
  readonly user: UserRecord;
  readonly stamp: CredentialStamp;
}

/** Signs users in, tells them who they are, and changes their own password. */
@Injectable()
export class AuthService {
  constructor(
    private readonly users: UserReader,
    private readonly credentials: Credentials,
    private readonly signIns: PasswordSignIn,
    private readonly passwords: Passwords,
    private readonly writes: Writes,
  ) {}

  /** @throws CastellanError `invalid_credentials`, `too_many_attempts`, `overloaded`, `database_unavailable`. */
  async signIn({ username, password }: SignInBody, origin: SignInOrigin): Promise<SignedInUser> {
    const credential = await this.signIns.verify(username, password, origin);
    const user = credential && (await this.users.find(credential.subject.id));
    if (!user) throw invalidCredentials();
    return { user, stamp: { subjectKey: credential.subjectKey, version: credential.version } };
  }

  /** @throws CastellanError `not_authenticated` for a caller that is no user. */
  async userOf({ subject }: Caller): Promise<UserRecord> {
    const user = subject.type === 'user' ? await this.users.find(subject.id) : null;
    if (!user) throw new CastellanError('not_authenticated', 'Sign in as a user.');
    return user;
  }

  /**
   * Changes the author's own password: sessions and remembered credentials of the old one end with it.
   *
   * @returns what the author's own session is to remember; null when the password was changed again meanwhile.
   * @throws CastellanError `invalid_credentials` (the old password), `invalid_request` (the new one), `too_many_attempts`, `overloaded`, `database_unavailable`.
   */
  async changePassword(
    author: Author,
    { oldPassword, newPassword }: PasswordChangeBody,
    origin: SignInOrigin,
  ): Promise<CredentialStamp | null> {
    const user = await this.userOf({ subject: author.subject, signedIn: true });
    requireUnlikeUser('newPassword', newPassword, user);
    const { username } = user;
    const verified = await this.signIns.verify(username, oldPassword, origin);
    if (!verified) {
      const faults = [{ path: 'oldPassword', message: 'is not your password' }];
      throw new CastellanError('invalid_credentials', 'oldPassword is not your password.', faults);
    }
    const passwordHash = await this.passwords.hash(newPassword);
    // Hashing took its time: a password that an administrator set meanwhile must not be undone by whoever knew the old one.
    const change = { passwordHash, ifCredentialVersion: verified.version };
    await this.writes.write(author, 'structure', (unit) => unit.users.update(author.subject.id, change));
    const credential = await this.credentials.findByUsername(username);
    // A password that somebody else has set since then must not find this session signed in.
    if (credential?.passwordHash !== passwordHash) return null;
    return { subjectKey: credential.subjectKey, version: credential.version };
  }
}
