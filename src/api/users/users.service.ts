import { Injectable } from '@nestjs/common';
import { requireUnlikeUser } from '../../auth/password-rules.js';
import { Passwords } from '../../auth/passwords.js';
import type { Author, Caller } from '../../core/caller.js';
import { cannotHandOut } from '../../core/authority.js';
import type { ObjectRef } from '../../core/model.js';
import { isNarrowed } from '../../core/narrowing.js';
import type { UserRecord } from '../../core/ports/users.js';
import { Writes, type WriteUnit } from '../../core/ports/writes.js';
import { mergeAttributes } from '../merge-patch.js';
import { refuseOwnToken } from './own-token.js';
import type { NewUserBody, UserPatch } from './users.schema.js';
import { requireWeaker } from './weaker-user.js';

/** Creates, changes and deletes users, within what the author may do. */
@Injectable()
export class UsersService {
  constructor(
    private readonly writes: Writes,
    private readonly passwords: Passwords,
  ) {}

  async create(author: Author, body: NewUserBody): Promise<UserRecord> {
    const { password, ...user } = body;
    // Who signs in by the password is not narrowed.
    if (password !== undefined && isNarrowed(author.subject)) throw cannotHandOut();
    // Hashed before the transaction: it takes longer than anything in it.
    const passwordHash = password === undefined ? undefined : await this.passwords.hash(password);
    return this.writes.write(author, 'structure', async (unit) => {
      const { username, id = username, email = null, attributes } = user;
      const decision = await unit.authority.requireAdd('user', null, { id, attributes });
      unit.authority.requireFields(decision, Object.keys(attributes));
      if (user.superuser) await unit.authority.requireSuperuser('Making a superuser');
      return viewable(unit, await unit.users.create({ ...user, id, email, passwordHash }));
    });
  }

  async update(caller: Caller, author: Author, target: ObjectRef, patch: UserPatch): Promise<UserRecord> {
    const { password, attributes, username, email, active, superuser } = patch;
    if (password !== undefined) refuseOwnToken(caller, target.id, 'sets no password of its own user');
    const passwordHash = password === undefined ? undefined : await this.passwords.hash(password);
    return this.writes.write(author, 'structure', async (unit) => {
      const decision = await unit.authority.requireOnObject('change', target);
      if (attributes) unit.authority.requireFields(decision, Object.keys(attributes));
      const before = await requireWeaker(unit, target, 'Changing a superuser');
      if (superuser !== undefined && superuser !== before.superuser)
        await unit.authority.requireSuperuser('Making or unmaking a superuser');
      // Whoever sets a password, or the name that it goes with, can sign in as that user; and to activate or deactivate is
      // to give or take all that the user holds.
      const activation = active !== undefined && active !== before.active;
      if (passwordHash !== undefined || username !== undefined) await unit.authority.requireCoversIdentity(target);
      if (activation) await unit.authority.requireCovers(target);
      if (password !== undefined) {
        const names = {
          id: target.id,
          username: username ?? before.username,
          email: email === undefined ? before.email : email,
        };
        requireUnlikeUser('password', password, names);
      }
      const changed = await unit.users.update(target.id, {
        ...(username === undefined ? {} : { username }),
        ...(email === undefined ? {} : { email }),
        ...(active === undefined ? {} : { active }),
        ...(superuser === undefined ? {} : { superuser }),
        ...(attributes === undefined ? {} : { attributes: mergeAttributes(before.attributes, attributes) }),
        ...(passwordHash === undefined ? {} : { passwordHash }),
      });
      return viewable(unit, changed);
    });
  }

  async delete(author: Author, target: ObjectRef): Promise<void> {
    await this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireOnObject('delete', target);
      await requireWeaker(unit, target, 'Deleting a superuser');
      await unit.authority.requireCovers(target);
      await unit.users.delete(target.id);
    });
  }
}

async function viewable(unit: WriteUnit, user: UserRecord): Promise<UserRecord> {
  const { id, attributes } = user;
  const seen = await unit.authority.viewable({ type: 'user', id, parent: null, attributes });
  return { ...user, attributes: seen.attributes };
}
