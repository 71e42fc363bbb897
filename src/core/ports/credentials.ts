import type { SubjectRef } from '../model.js';

/** A user's password as it is stored. `version` is made anew with each password, so that what was remembered of the old one ends. */
export interface StoredCredential {
  /** The subject's internal key: only ever used to ask whether the credential still stands. */
  readonly subjectKey: number;
  readonly subject: SubjectRef;
  readonly passwordHash: string;
  readonly version: string;
}

/** What a sign-in left behind, to be checked against the database on every later request. */
export interface CredentialStamp {
  readonly subjectKey: number;
  readonly version: string;
}

export abstract class Credentials {
  /** The credential of an active user; null for a name unknown, inactive or without a password. */
  abstract findByUsername(username: string): Promise<StoredCredential | null>;
  /** Replaces the hash of the same password, if the credential is still this one: what was signed in by it stays so. */
  abstract rehash(credential: StoredCredential, passwordHash: string): Promise<void>;
  /** The subject, if it is active and its credential is still of this version, as of now; null otherwise. */
  abstract standing(stamp: CredentialStamp): Promise<SubjectRef | null>;
}
