import type { JsonObject } from '../model.js';

export interface UserRecord {
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  readonly active: boolean;
  readonly superuser: boolean;
  readonly attributes: JsonObject;
}

/** What a user is made of. A password comes already hashed. */
export interface NewUser {
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  readonly active: boolean;
  readonly superuser: boolean;
  readonly attributes: JsonObject;
  readonly passwordHash?: string | undefined;
}

/** The new values; what is absent stays. */
export interface UserChange {
  readonly username?: string;
  readonly email?: string | null;
  readonly active?: boolean;
  readonly superuser?: boolean;
  readonly attributes?: JsonObject;
  readonly passwordHash?: string;
  /** Makes the change only while the password is still the one of this version: one that was set meanwhile stands. */
  readonly ifCredentialVersion?: string;
}

export abstract class UserReader {
  abstract find(id: string): Promise<UserRecord | null>;
  /** Those of the ids that exist, in the order of the ids. */
  abstract findMany(ids: readonly string[]): Promise<UserRecord[]>;
  /** Those of the ids whose users have a password. */
  abstract withPassword(ids: readonly string[]): Promise<Set<string>>;
}

export interface UserWriter {
  find(id: string): Promise<UserRecord | null>;
  /** Those of the ids that exist, in the order of the ids. */
  findMany(ids: readonly string[]): Promise<UserRecord[]>;
  /** Those of the ids whose users have a password. */
  withPassword(ids: readonly string[]): Promise<Set<string>>;
  /** @throws CastellanError `already_exists` for an id or a username that is taken. */
  create(user: NewUser): Promise<UserRecord>;
  /** The same of many at once: all of them, or none when it throws. */
  createMany(users: readonly NewUser[]): Promise<UserRecord[]>;
  /** @throws CastellanError `not_found`, `already_exists` (the username), `last_superuser`, `invalid_credentials` (another version). */
  update(id: string, change: UserChange): Promise<UserRecord>;
  /** @throws CastellanError `not_found`, `last_superuser`. */
  delete(id: string): Promise<void>;
  /** Active superusers there are. */
  countActiveSuperusers(): Promise<number>;
}
