import { newToken } from '../../api/users/tokens.schema.js';
import { TokensService } from '../../api/users/tokens.service.js';
import { newUser, userPatch } from '../../api/users/users.schema.js';
import { UsersService } from '../../api/users/users.service.js';
import { Passwords } from '../../auth/passwords.js';
import type { CreatedToken, NewToken } from '../../client/user-tokens.js';
import type { NewUser, User, UserPatch } from '../../client/users.js';
import type { Users } from './administration.js';
import { fitting, type OperatorParts } from './operator-parts.js';
import { found, naming, readAll } from './operator-things.js';

/** The users, as the operator looks after them. */
export class OperatorUsers implements Users {
  readonly #users: UsersService;
  readonly #tokens: TokensService;

  constructor(private readonly parts: OperatorParts) {
    this.#users = new UsersService(parts.writes, new Passwords());
    this.#tokens = new TokensService(parts.writes);
  }

  list(): AsyncGenerator<User> {
    return readAll((page) => this.parts.everything.subjects('user', page), this.parts.store.users);
  }

  get(id: string): Promise<User> {
    return found('user', id, this.parts.store.users);
  }

  async create(body: NewUser): Promise<User> {
    return this.#users.create(this.parts.author(), fitting(newUser, body));
  }

  async update(id: string, patch: UserPatch): Promise<User> {
    const author = this.parts.author();
    const caller = { subject: author.subject, signedIn: true };
    return naming('user', id, this.#users.update(caller, author, { type: 'user', id }, fitting(userPatch, patch)));
  }

  delete(id: string): Promise<void> {
    return naming('user', id, this.#users.delete(this.parts.author(), { type: 'user', id }));
  }

  countTokens(user: string): Promise<number> {
    return this.parts.everything.countTokens(user);
  }

  async createToken(user: string, body: NewToken): Promise<CreatedToken> {
    const author = this.parts.author();
    const caller = { subject: author.subject, signedIn: true };
    return naming('user', user, this.#tokens.create(caller, author, user, fitting(newToken, body)));
  }
}
