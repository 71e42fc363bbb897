import { ANONYMOUS_CALLER, type Author } from '../core/caller.js';
import { Decider } from '../core/decider.js';
import { notFound } from '../core/errors.js';
import type { Decision, JsonObject, ObjectRef, Question } from '../core/model.js';
import type { GrantRecord } from '../core/ports/grants.js';
import type { ObjectRecord } from '../core/ports/objects.js';
import type { WriteScope } from '../core/ports/writes.js';
import { currentRequest } from '../nest/current-request.js';
import { appExecutor, misuse, type AppTransactionClient } from '../store/app-executor.js';
import { ChangeLog } from '../store/change-log.js';
import type { SqlExecutor, Statement } from '../store/executor.js';
import { FactsStore } from '../store/facts-store.js';
import { creatorIn } from '../store/records/object-rows.js';
import { SqlGrantWriter } from '../store/records/grant-store.js';
import { SqlObjectWriter } from '../store/records/object-store.js';
import type { SqlTransaction } from '../store/transaction.js';
import { lock } from '../store/write-transactions.js';
import {
  readAttributes,
  readGrant,
  readParent,
  readRef,
  type AppGrant,
  type AppObject,
  type AppObjectChange,
  type RefLike,
} from './transaction-input.js';
import { inTurn } from './transaction-turns.js';
import {
  tellingHowToRegister,
  transactionGroups,
  transactionUsers,
  type TransactionGroups,
  type TransactionUsers,
  type TransactionWork,
} from './transaction-users.js';

export type { AppTransactionClient } from '../store/app-executor.js';

/** The objects of an app's transaction. */
export interface TransactionObjects {
  /** The object, as it is inside the transaction; null when it is not registered. */
  find(object: RefLike): Promise<ObjectRecord | null>;
  /**
   * Registers the object, below its parent if it names one, and gives its creator what the type says a creator gets. The creator is the
   * author, unless another one is named, or nobody (`null`).
   *
   * @throws CastellanError `unknown_reference` (the type, the parent or the creator), `already_exists`, `too_deep`, `built_in`,
   *   `invalid_request`: nothing is written then, and the transaction can go on.
   * @throws CastellanError `overloaded`, `database_unavailable`, `internal`: the transaction is to be rolled back.
   */
  create(object: AppObject, options?: { readonly creator?: RefLike | null | undefined }): Promise<ObjectRecord>;
  /** Replaces what the change names. @throws CastellanError as `create`, and `not_found`, `cycle`. */
  update(object: RefLike, change: AppObjectChange): Promise<ObjectRecord>;
  /**
   * Removes the object and every rule placed on it; with `cascade`, also all that is below it.
   *
   * @throws CastellanError as `create`, and `not_found`, `has_children`.
   */
  delete(object: RefLike, options?: { readonly cascade?: boolean | undefined }): Promise<void>;
}

/** The grants of an app's transaction. */
export interface TransactionGrants {
  /** Gives each rule; the one that stands where the same was given before. In the order asked. @throws CastellanError as objects do. */
  create(grants: readonly AppGrant[]): Promise<{ record: GrantRecord; created: boolean }[]>;
  /** Takes back the grant of this id, or the one that says the same. @throws CastellanError as objects do, and `not_found`. */
  delete(grant: string | AppGrant): Promise<void>;
}

/**
 * What is written here stands or falls with the app's own transaction, with its rows in the audit trail. It is the app that writes: nobody
 * is asked whether the author may.
 */
export interface AuthzTransaction {
  readonly objects: TransactionObjects;
  readonly grants: TransactionGrants;
  readonly users: TransactionUsers;
  readonly groups: TransactionGroups;
  /** Decides as things are inside the transaction. */
  decide(question: Question): Promise<Decision>;
  /** Whether the author (or the subject that is named) may do the action on the object, as things are inside the transaction. */
  check(
    action: string,
    object: RefLike,
    options?: { readonly subject?: RefLike | undefined; readonly attributes?: JsonObject | undefined },
  ): Promise<boolean>;
}

/** Whom the audit trail names, and what is to be done once something was written. */
export interface TransactionOptions {
  readonly author: Author;
  readonly onWrite?: (() => void) | undefined;
}

/** Whose `with(tx)` opens the transactions of an app: `Authz`, or anything that does as it does. */
export interface TransactionOpener {
  with(tx: AppTransactionClient): AuthzTransaction;
  /** Has requests followed, so that `with` knows on whose behalf one writes. */
  followRequests?(): void;
}

/**
 * Opens the transaction of an app, as its Prisma or pg client stands for it, to objects, grants, users, groups and decisions.
 *
 * @throws CastellanError `internal` when the client is none.
 */
export function openTransaction(client: AppTransactionClient, options: TransactionOptions): AuthzTransaction {
  return new OpenTransaction(client, options);
}

/**
 * The author of a write: who is named, else who makes the current request.
 *
 * @throws CastellanError `internal` outside of a request when nobody is named; `invalid_request`.
 */
export function authorOfWrite(named?: RefLike): Author {
  const request = currentRequest();
  const requestId = request?.requestId ?? '';
  if (named !== undefined) return { subject: readRef(named, 'author'), operator: false, requestId };
  if (!request)
    throw misuse(
      "Outside of a request the author has to be named: authz.with(tx, { author: 'service:import' }). Inside of one it is known where AuthzModule says followRequests: true.",
    );
  return { subject: request.subject ?? ANONYMOUS_CALLER.subject, operator: false, requestId };
}

// Fails outside of a transaction, where each statement would stand by itself; inside, it holds nothing that reading would not.
const INSIDE: Statement = { text: 'LOCK TABLE castellan.types IN ACCESS SHARE MODE' };
const SETTINGS: Statement = {
  text: `SELECT current_setting('transaction_isolation') AS isolation, current_setting('transaction_read_only') AS read_only`,
};

class OpenTransaction implements AuthzTransaction {
  readonly #sql: SqlExecutor;
  readonly #decider: Decider;

  constructor(
    private readonly client: AppTransactionClient,
    private readonly options: TransactionOptions,
  ) {
    this.#sql = appExecutor(client);
    this.#decider = new Decider(new FactsStore(this.#sql));
  }

  readonly objects: TransactionObjects = {
    find: async (object) => {
      const ref = readRef(object, 'object');
      return this.#read((tx) => new SqlObjectWriter(tx).find(ref));
    },
    create: async (object, { creator } = {}) => {
      const { type, id } = readRef({ type: object.type, id: object.id }, 'object');
      const parent = readParent(object.parent ?? null);
      const attributes = readAttributes(object.attributes ?? {});
      const named = creator === undefined || creator === null ? creator : readRef(creator, 'creator');
      const places = parent ? [{ type, id }, parent] : [{ type, id }];
      return this.#write({ places }, (tx) =>
        new SqlObjectWriter(tx).create({ type, id, parent, attributes }, named === undefined ? creatorIn(tx) : named),
      );
    },
    update: async (object, change) => {
      const ref = readRef(object, 'object');
      const parent = change.parent === undefined ? undefined : readParent(change.parent);
      const attributes = change.attributes && readAttributes(change.attributes);
      // A move changes what is above everything below the object: all other writes wait for it.
      return this.#write(parent === undefined ? { places: [ref] } : 'structure', (tx) =>
        new SqlObjectWriter(tx).update(ref, {
          ...(attributes === undefined ? {} : { attributes }),
          ...(parent === undefined ? {} : { parent }),
        }),
      );
    },
    delete: async (object, { cascade = false } = {}) => {
      const ref = readRef(object, 'object');
      await this.#write(cascade ? 'structure' : { places: [ref] }, (tx) =>
        new SqlObjectWriter(tx).delete(ref, { cascade }),
      );
    },
  };

  readonly grants: TransactionGrants = {
    create: async (grants) => {
      const read = grants.map((grant, index) => readGrant(grant, `${index}.`));
      if (read.length === 0) return [];
      return this.#write({ places: read.map(({ object }) => object) }, (tx) => new SqlGrantWriter(tx).create(read));
    },
    delete: async (grant) => {
      const key = typeof grant === 'string' ? grant : readGrant(grant, '');
      const place = typeof key === 'string' ? await this.#placeOfGrant(key) : key.object;
      await this.#write({ places: [place] }, async (tx) => {
        const writer = new SqlGrantWriter(tx);
        const id = typeof key === 'string' ? key : await writer.findSame(key);
        if (id === null) throw notFound();
        await writer.delete(id);
      });
    },
  };

  readonly #work: TransactionWork = {
    read: (work) => this.#read(work),
    write: (scope, work) => this.#write(scope, work),
  };
  readonly users: TransactionUsers = transactionUsers(this.#work);
  readonly groups: TransactionGroups = transactionGroups(this.#work);

  async decide(question: Question): Promise<Decision> {
    return this.#inTurn(() => this.#decider.decide(question));
  }

  async check(
    action: string,
    object: RefLike,
    {
      subject,
      attributes,
    }: { readonly subject?: RefLike | undefined; readonly attributes?: JsonObject | undefined } = {},
  ): Promise<boolean> {
    const asked = readRef(object, 'object');
    const { allowed } = await this.decide({
      subject: subject === undefined ? this.options.author.subject : readRef(subject, 'subject'),
      permission: { type: asked.type, action },
      object: asked,
      supplied: attributes && { resource: attributes },
    });
    return allowed;
  }

  async #write<Result>(scope: WriteScope, work: (tx: SqlTransaction) => Promise<Result>): Promise<Result> {
    const { author, onWrite } = this.options;
    const sql = this.#sql;
    const result = await this.#inTurn(async () => {
      await requireReadCommitted(sql);
      await lock(sql, scope);
      const changes = new ChangeLog(author);
      const made = await work({ author, sql, changes }).catch((error: unknown) => {
        throw tellingHowToRegister(error);
      });
      await changes.flush(sql);
      return made;
    });
    onWrite?.();
    return result;
  }

  // Read first to know which place to lock; what is there by then is read again under the lock.
  async #placeOfGrant(id: string): Promise<ObjectRef | null> {
    const grant = await this.#read((tx) => new SqlGrantWriter(tx).find(id));
    if (!grant) throw notFound();
    return grant.object;
  }

  #read<Result>(work: (tx: SqlTransaction) => Promise<Result>): Promise<Result> {
    const { author } = this.options;
    return this.#inTurn(() => work({ author, sql: this.#sql, changes: new ChangeLog(author) }));
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return inTurn(this.client, work);
  }
}

/** What is read under a lock must be as it is once the lock is had, not as it was when the transaction began. */
async function requireReadCommitted(sql: SqlExecutor): Promise<void> {
  await sql.query(INSIDE, []);
  const [settings] = await sql.query<{ isolation: string; read_only: string }>(SETTINGS, []);
  if (settings?.read_only !== 'off') throw misuse('authz.with(tx) was given a transaction that is read-only.');
  // Postgres takes READ UNCOMMITTED for the same.
  if (!/^read (un)?committed$/.test(settings.isolation))
    throw misuse(
      `authz.with(tx) takes a transaction in READ COMMITTED, not in ${settings.isolation.toUpperCase()}: what others wrote meanwhile has to be seen.`,
    );
}

/**
 * Makes sure that the transaction of the app can't be committed any more, where half of something stands in it and the app could go on.
 * Never throws.
 */
export async function spoilTransaction(client: AppTransactionClient): Promise<void> {
  const failing = { text: `SELECT 'refused by castellan: this transaction is to be rolled back'::int` };
  await appExecutor(client)
    .query(failing, [])
    .catch(() => {});
}
