import { Injectable } from '@nestjs/common';
import { newTokenSecret } from '../../auth/token-secret.js';
import type { Author, Caller } from '../../core/caller.js';
import { notSignedIn } from '../../core/errors.js';
import { sameRef } from '../../core/model.js';
import type { Page } from '../../core/ports/lists.js';
import type { TokenRecord } from '../../core/ports/tokens.js';
import { Writes, type WriteUnit } from '../../core/ports/writes.js';
import { refuseOwnToken } from './own-token.js';
import type { NewTokenBody } from './tokens.schema.js';
import { requireWeaker } from './weaker-user.js';

/** A new token with its secret, which is told this once. */
export interface NewTokenAnswer extends TokenRecord {
  readonly token: string;
}

/** Makes, lists and deletes the tokens of a user: for the user itself, and for whoever may set its password. */
@Injectable()
export class TokensService {
  constructor(private readonly writes: Writes) {}

  async create(
    caller: Caller,
    author: Author,
    user: string,
    { name, expiresAt = null, permissions = null }: NewTokenBody,
  ): Promise<NewTokenAnswer> {
    refuseOwnToken(caller, user, 'makes no other of the same user');
    const { token, hash } = newTokenSecret();
    const { id, createdAt, ...record } = await this.writes.write(author, 'structure', async (unit) => {
      await requireMayActAs(unit, user);
      return unit.tokens.create({ user, name, hash, expiresAt, permissions });
    });
    return { id, name: record.name, token, createdAt, expiresAt: record.expiresAt, permissions: record.permissions };
  }

  /** What the author may is measured by what both hold, which takes a write's unit; it waits for those of structure only. */
  list(author: Author, user: string, page: { limit: number; after?: string | undefined }): Promise<Page<TokenRecord>> {
    return this.writes.write(author, { places: [] }, async (unit) => {
      await requireMayActAs(unit, user);
      return unit.tokens.list(user, page);
    });
  }

  async delete(author: Author, user: string, tokenId: string): Promise<void> {
    await this.writes.write(author, 'structure', async (unit) => {
      await requireMayActAs(unit, user);
      await unit.tokens.delete(user, tokenId);
    });
  }
}

// Whoever has a token of a user acts in its name, as whoever knows its password does.
async function requireMayActAs(unit: WriteUnit, id: string): Promise<void> {
  const user = { type: 'user', id };
  if (isSame(unit.authority.author, id)) {
    // The sign-in came before this transaction: a deactivation in between must not be outlasted by a token.
    if ((await unit.users.find(id))?.active !== true) throw notSignedIn();
    return;
  }
  await unit.authority.requireOnObject('change', user);
  await requireWeaker(unit, user, 'To look after the tokens of a superuser');
  await unit.authority.requireCoversIdentity(user);
}

function isSame({ subject }: Author, user: string): boolean {
  return sameRef(subject, { type: 'user', id: user });
}
