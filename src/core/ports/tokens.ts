import type { SubjectRef } from '../model.js';
import type { Page } from './lists.js';

/** The most tokens that a user can have at a time; those that have expired count until they are deleted. */
export const MOST_TOKENS = 100;

/** A user's token, without what it is known by. Times are ISO 8601 in UTC. */
export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  /** Null for never. */
  readonly expiresAt: string | null;
  /** What it is narrowed to (`document:view`): its user does no more with it. Null for all that its user may. */
  readonly permissions: readonly string[] | null;
}

/** What a token is made of: its secret comes already hashed. */
export interface NewToken {
  /** The id of the user it signs in. */
  readonly user: string;
  readonly name: string;
  readonly hash: string;
  readonly expiresAt: string | null;
  readonly permissions?: readonly string[] | null | undefined;
}

/** Whom a token signs in. */
export interface TokenHolder {
  readonly tokenId: string;
  readonly subject: SubjectRef;
  readonly permissions: readonly string[] | null;
}

export abstract class Tokens {
  /** Whom the token of this hash signs in, as of now; null where there is none, it has expired or its user is not active. */
  abstract holderOf(hash: string): Promise<TokenHolder | null>;
}

export interface TokenWriter {
  /** The user's tokens in the order they were made; expired ones, too. */
  list(user: string, page: { readonly limit: number; readonly after?: string | undefined }): Promise<Page<TokenRecord>>;
  /**
   * @throws CastellanError `not_found` (the user), `limit_reached`, `invalid_request` for an expiry that is past, `unknown_reference` for a
   *   permission that there is not.
   */
  create(token: NewToken): Promise<TokenRecord>;
  /** @throws CastellanError `not_found` when the user has no such token. */
  delete(user: string, id: string): Promise<void>;
}
