import { CastellanError, invalidField } from '../core/errors.js';
import { sameRef } from '../core/model.js';
import type { UserRecord } from '../core/ports/users.js';
import type { WriteScope } from '../core/ports/writes.js';
import { SqlGroupWriter } from '../store/records/group-store.js';
import { creatorIn } from '../store/records/object-rows.js';
import { SqlUserWriter } from '../store/records/user-store.js';
import type { SqlTransaction } from '../store/transaction.js';
import { readRef, type RefLike } from './transaction-input.js';
import { readId, readUser, readUserChange, type AppUser, type AppUserChange } from './transaction-user-input.js';

/** The users of an app's transaction: whom grants can be given to, and who can be a creator. */
export interface TransactionUsers {
  /** The user, as it is inside the transaction; null when it is not registered. */
  find(id: string): Promise<UserRecord | null>;
  /**
   * Registers the user, who has no password with Castellan. The creator gets on it, as an object, what the type `user` says: the author,
   * unless another one is named, or nobody (`null`). Who registers himself gets nothing on himself.
   *
   * @throws CastellanError `already_exists` (the id or the username), `unknown_reference` (the creator), `invalid_request`: nothing is written
   *   then, and the transaction can go on.
   * @throws CastellanError `overloaded`, `database_unavailable`, `internal`: the transaction is to be rolled back.
   */
  create(user: AppUser, options?: { readonly creator?: RefLike | null | undefined }): Promise<UserRecord>;
  /**
   * Replaces what the change names. Who is made inactive is signed out, and may do nothing any more.
   *
   * @throws CastellanError as `create`, and `not_found`, `last_superuser`.
   */
  update(id: string, change: AppUserChange): Promise<UserRecord>;
  /**
   * Ends the user, with every rule it holds or that is placed on it, its memberships, its password and its sessions.
   *
   * @throws CastellanError as `create`, and `not_found`, `last_superuser`, `has_children` (objects are registered below the user).
   */
  delete(id: string): Promise<void>;
}

/** The groups of an app's transaction, each named by its id: `staff`. */
export interface TransactionGroups {
  /**
   * Makes the subject (a user, a service or another group) a direct member; false when it is one already.
   *
   * @throws CastellanError as users do, and `not_found` (the group), `unknown_reference` (the member), `built_in`, `cycle`, `too_deep`.
   */
  addMember(group: string, member: RefLike): Promise<boolean>;
  /** Ends a direct membership. @throws CastellanError as users do, and `not_found` (the group, or the membership), `built_in`. */
  removeMember(group: string, member: RefLike): Promise<void>;
}

/** Runs work in the transaction of an app: reads as things are, writes under the locks of their scope. */
export interface TransactionWork {
  read<Result>(this: void, work: (tx: SqlTransaction) => Promise<Result>): Promise<Result>;
  write<Result>(this: void, scope: WriteScope, work: (tx: SqlTransaction) => Promise<Result>): Promise<Result>;
}

export function transactionUsers({ read, write }: TransactionWork): TransactionUsers {
  return {
    find: async (id) => {
      const named = readId(id, 'id');
      return read((tx) => new SqlUserWriter(tx).find(named));
    },
    create: async (user, { creator } = {}) => {
      const wanted = readUser(user);
      const self = { type: 'user', id: wanted.id };
      const named = creator === undefined || creator === null ? creator : readRef(creator, 'creator');
      if (named && sameRef(named, self))
        throw invalidField('creator', 'must not be the user itself; give it what it needs by grants.create');
      return write('structure', async (tx) => {
        const author = creatorIn(tx);
        const byItself = author !== null && sameRef(author, self);
        return new SqlUserWriter(tx).create(wanted, named === undefined ? (byItself ? null : author) : named);
      });
    },
    update: async (id, change) => {
      const [named, wanted] = [readId(id, 'id'), readUserChange(change)];
      return write('structure', (tx) => new SqlUserWriter(tx).update(named, wanted));
    },
    delete: async (id) => {
      const named = readId(id, 'id');
      await write('structure', (tx) => new SqlUserWriter(tx).delete(named));
    },
  };
}

export function transactionGroups({ write }: TransactionWork): TransactionGroups {
  return {
    addMember: async (group, member) => {
      const [id, ref] = [readId(group, 'group'), readRef(member, 'member')];
      return write('structure', (tx) => new SqlGroupWriter(tx).addMember(id, ref));
    },
    removeMember: async (group, member) => {
      const [id, ref] = [readId(group, 'group'), readRef(member, 'member')];
      await write('structure', (tx) => new SqlGroupWriter(tx).removeMember(id, ref));
    },
  };
}

const UNREGISTERED = /: there is no (\w+) /;

/** Says of a refusal to name somebody who is not registered how that is done; every other error stays as it is. */
export function tellingHowToRegister(error: unknown): unknown {
  if (!(error instanceof CastellanError) || error.code !== 'unknown_reference') return error;
  const [path = '', type] = [error.faults[0]?.path, UNREGISTERED.exec(error.detail)?.[1]];
  const isCreator = path === 'creator';
  if (!isCreator && path !== 'member' && !path.endsWith('.subject')) return error;
  const how = type === 'user' ? ' Register the user first: authz.with(tx).users.create({ id }).' : '';
  const orElse = isCreator ? ' Where nobody is to be the creator, name null.' : '';
  return new CastellanError(error.code, `${error.detail}${how}${orElse}`, error.faults, { cause: error });
}
