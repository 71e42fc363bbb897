import type { JsonObject } from '../core/model.js';
import type { UserRecord } from '../core/ports/users.js';
import { Collection } from './collection.js';
import type { Transport } from './transport.js';
import { UserTokens } from './user-tokens.js';
import { isUser } from './record-shapes.js';

export type { UserRecord as User } from '../core/ports/users.js';

/** What a user is made of. */
export interface NewUser {
  /** The username, unless told; it never changes. */
  readonly id?: string | undefined;
  readonly username: string;
  readonly email?: string | null | undefined;
  /** Without one, the user can't sign in by a password. */
  readonly password?: string | undefined;
  /** True unless told. */
  readonly active?: boolean | undefined;
  readonly superuser?: boolean | undefined;
  readonly attributes?: JsonObject | undefined;
}

/** What changes of a user; a merge patch, also within the attributes. */
export interface UserPatch {
  readonly username?: string | undefined;
  readonly email?: string | null | undefined;
  readonly password?: string | undefined;
  readonly active?: boolean | undefined;
  readonly superuser?: boolean | undefined;
  readonly attributes?: JsonObject | undefined;
}

/** The users, and the tokens that they sign in by. */
export class Users extends Collection<UserRecord, NewUser, UserPatch> {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    super(transport, '/api/v1/users', isUser);
    this.#transport = transport;
  }

  /** The tokens of the user with this id. @throws UnaddressableIdError for what can't be an id in a path. */
  tokens(user: string): UserTokens {
    return new UserTokens(this.#transport, user);
  }
}
