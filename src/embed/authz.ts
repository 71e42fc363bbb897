import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../core/caller.js';
import type { TypeAbility } from '../core/casl-ability.js';
import type { PackedAbility } from '../core/packed-ability.js';
import { CastellanError } from '../core/errors.js';
import type { Mode, SubjectRef } from '../core/model.js';
import { AuthzEngine } from '../core/ports/engine.js';
import type { IdForm } from '../core/id-forms.js';
import { idFormOf } from '../nest/id-form.js';
import type { AppTransactionClient } from '../store/app-executor.js';
import { abilityFor, packedAbilityFor, type AbilityOptions } from './abilities.js';
import type { AccessModel } from './access-model.js';
import { AUTHZ_BEHAVIOUR } from './authz-behaviour.js';
import type { AuthzBehaviour } from './authz-options.js';
import { callerNamed, readSubject, subjectInRequestUser, type SubjectOfRequest } from './authz-subject.js';
import { Checker } from './checker.js';
import { DatabaseEngine } from './database-engine.js';
import { WriteCount } from './question-memory.js';
import { followingOf, type RequestFollowing } from './request-following.js';
import type { RefLike } from './transaction-input.js';
import { authorOfWrite, openTransaction, type AuthzTransaction } from './transaction.js';
import { viewableRows, type ViewableOptions, type ViewableRows } from './viewable.js';

/**
 * Castellan in code: questions about any subject, outside of requests as well, and writes in an app's own transaction.
 *
 * @example
 * if (await authz.for('service:nightly').check('export', 'report:7')) …
 */
@Injectable()
export class Authz {
  /** The writes that were made; what a request remembers does not outlive one. */
  readonly writes = new WriteCount();
  /** What `defaults.mode` of the module says. */
  readonly defaultMode: Mode | undefined;
  /** How the ids of a type are written, as `defaults.idForm` of the module says. */
  readonly idFormOf: (type: string) => IdForm | undefined;
  readonly #subjectOf: SubjectOfRequest<object>;
  readonly #following: RequestFollowing;

  constructor(
    readonly engine: AuthzEngine,
    @Inject(AUTHZ_BEHAVIOUR) behaviour: AuthzBehaviour,
  ) {
    this.defaultMode = behaviour.defaults?.mode;
    this.idFormOf = (type) => idFormOf(behaviour.defaults?.idForm, type);
    this.#subjectOf = (behaviour.subject as SubjectOfRequest<object> | undefined) ?? subjectInRequestUser;
    this.#following = followingOf(behaviour);
  }

  /** Has requests followed from now on, so that `with` knows who makes one; unless the module says that they are not. */
  followRequests(): void {
    this.#following.begin();
  }

  /** Answers what the subject (null: nobody) may do. Nothing is remembered. @throws TypeError when it names nobody that could be. */
  for(subject: SubjectRef | string | null): Checker {
    const caller = callerNamed(subject);
    return new Checker(this.engine, () => caller, undefined, this.idFormOf);
  }

  /**
   * Writes objects, grants, users and memberships in a transaction of the app's own: its rows and these stand, or neither do.
   *
   * @param tx the client of a Prisma transaction, or of `pg` inside of one.
   * @throws CastellanError `internal` when the module is over no database, or nobody stands behind the write.
   */
  with(tx: AppTransactionClient, { author }: { readonly author?: RefLike | undefined } = {}): AuthzTransaction {
    if (!(this.engine instanceof DatabaseEngine))
      throw new CastellanError(
        'internal',
        'authz.with(tx) takes an AuthzModule over the database of the transaction: { databaseUrl } or { pool }.',
      );
    return openTransaction(tx, { author: authorOfWrite(author), onWrite: () => this.writes.count() });
  }

  /**
   * The rows of an app's own model that the subject may view (and do the action on), as a filter for its queries.
   *
   * @throws CastellanError `internal` when the module is not over the database that the rows are in; `overloaded`, `database_unavailable`.
   * @example
   * const { where } = await authz.viewable('user:alice', documents);
   * prisma.document.count({ where });
   */
  viewable(subject: SubjectRef | string, model: AccessModel, options?: ViewableOptions): Promise<ViewableRows> {
    return viewableRows(this.engine, readSubject(subject), model, options);
  }

  /**
   * What the subject may do by the rules that it holds everywhere, as an ability of CASL.
   *
   * @throws CastellanError `database_unavailable`, `overloaded`.
   * @example
   * const ability = await authz.abilityFor('user:alice');
   * ability.can('change', subject('post', post));
   */
  abilityFor(subject: SubjectRef | string, options?: AbilityOptions): Promise<TypeAbility> {
    return abilityFor(this.engine, readSubject(subject), options);
  }

  /**
   * The same for a front end: packed, with conditions in CASL's own query language.
   *
   * @throws CastellanError `database_unavailable`, `overloaded`.
   */
  packedAbilityFor(subject: SubjectRef | string, options?: AbilityOptions): Promise<PackedAbility> {
    return packedAbilityFor(this.engine, readSubject(subject), options);
  }

  /** On whose behalf the request is made. @throws TypeError when that can't be read; and as the app's own function does. */
  callerOf(request: object): Caller | Promise<Caller> {
    const named = this.#subjectOf(request);
    return isPromise(named) ? Promise.resolve(named).then(callerNamed) : callerNamed(named);
  }

  /** The same as far as it is known at once; null where it takes waiting for, can't be read, or is nobody. */
  subjectAtOnce(request: object): SubjectRef | null {
    try {
      const caller = this.callerOf(request);
      if (!(caller instanceof Promise)) return caller.signedIn ? caller.subject : null;
      // What is wrong with it is told to whoever waits for it.
      caller.catch(() => {});
    } catch {
      // Likewise.
    }
    return null;
  }
}

function isPromise<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
