import { createHmac } from 'node:crypto';
import pLimit from 'p-limit';
import { ANONYMOUS_CALLER, type Author } from '../core/caller.js';
import { CastellanError } from '../core/errors.js';
import { faultOfId } from '../core/identifiers.js';
import type { SubjectRef } from '../core/model.js';
import {
  SIGN_IN_LIMITS,
  SignInAttempts,
  type SignInAttempt,
  type SignInLimit,
  type SignInOrigin,
} from '../core/ports/sign-in-attempts.js';
import { ChangeLog, type ChangeEntry } from './change-log.js';
import { codesOf, SQLSTATE, translatingDatabaseErrors } from './database-errors.js';
import type { SqlExecutor, Statement } from './executor.js';
import { BEGIN, GIVE_BACK, OWNER_OF_NAME, PRUNE, REMEMBER_PLACE, SHUT, type BegunRow } from './sign-in-attempts-sql.js';

const AT_ONCE = 2;
const MOST_WAITING = 1000;
// Nor may those of one network keep the turns from everybody else.
const MOST_WAITING_OF_NETWORK = 250;

type Limits = Readonly<Record<keyof typeof SIGN_IN_LIMITS, SignInLimit>>;

/** One thing that a try is counted under. */
interface Counted {
  readonly of: keyof Limits;
  readonly key: string;
  readonly limit: SignInLimit;
}

/**
 * Counts tries in Postgres, each in one statement for all that it is counted under. What stands in the table are hashes under a secret of the
 * installation: a name may be a password that was typed into the wrong field.
 */
export class PostgresSignInAttempts extends SignInAttempts {
  // A flood of tries must leave connections to everybody else.
  readonly #turns = pLimit(AT_ONCE);
  readonly #waiting = new Map<string, number>();

  constructor(
    private readonly sql: SqlExecutor,
    private readonly secret: string,
    private readonly limits: Limits = SIGN_IN_LIMITS,
  ) {
    super();
  }

  async begin(username: string, origin: SignInOrigin): Promise<SignInAttempt> {
    const { network } = origin;
    const waiting = this.#waiting.get(network) ?? 0;
    if (this.#turns.pendingCount >= MOST_WAITING || waiting >= MOST_WAITING_OF_NETWORK) {
      throw new CastellanError('overloaded', 'Too many are signing in; try again shortly.');
    }
    this.#waiting.set(network, waiting + 1);
    try {
      return await this.#turns(() => this.#begin(username, origin));
    } finally {
      const left = (this.#waiting.get(network) ?? 1) - 1;
      if (left > 0) this.#waiting.set(network, left);
      else this.#waiting.delete(network);
    }
  }

  async #begin(username: string, origin: SignInOrigin): Promise<SignInAttempt> {
    // Others may take the last tries between the look and the counting: then a second look says how long to wait.
    const first = await this.#take(username, origin);
    const rows = first ?? (await this.#take(username, origin));
    if (!rows) throw tooManyAttempts(1);
    const waits = rows.flatMap(({ wait }) => (wait === null ? [] : [wait]));
    if (waits.length > 0) throw tooManyAttempts(Math.max(...waits));
    return { username, origin, counts: countsOf(rows) };
  }

  async failed(attempt: SignInAttempt): Promise<void> {
    const { username, origin, counts } = attempt;
    const counted = this.#counted(username, origin).flatMap((entry) => {
      const since = counts.find(({ key }) => key === entry.key)?.since;
      return since === undefined ? [] : [{ ...entry, since }];
    });
    const shut = await this.#query<{ key: string; wait: number }>(SHUT, [
      counted.map(({ key }) => key),
      counted.map(({ since }) => since),
      counted.map(({ limit }) => limit.failures),
      counted.map(({ limit }) => limit.wait),
      counted.map(({ limit }) => limit.longest),
    ]);
    const target = await this.#targetOf(username);
    const by: Author = { subject: ANONYMOUS_CALLER.subject, operator: false, requestId: origin.requestId };
    const locks = shut.flatMap(({ key, wait }) => {
      const of = counted.find((entry) => entry.key === key)?.of;
      return of === undefined ? [] : [lockEntry(of, target, origin, wait)];
    });
    await this.#record(by, [{ action: 'sign_in.fail', target, before: null, after: toldOf(origin) }, ...locks]);
    await this.#query(PRUNE, []);
  }

  async succeeded(attempt: SignInAttempt, subjectKey: number, subject: SubjectRef): Promise<void> {
    const { origin } = attempt;
    await this.#giveBack(attempt.counts);
    const unseen = await this.#query(REMEMBER_PLACE, [subjectKey, this.#hash('place', origin.network)]).catch(
      noneIfGone,
    );
    // A change of password has a row of its own; and Basic comes with every request, by whom it came within the hour.
    if (origin.way === 'password_change' || (origin.way === 'basic' && unseen.length === 0)) return;
    const by: Author = { subject, operator: false, requestId: origin.requestId };
    await this.#record(by, [{ action: 'sign_in.succeed', target: subject, before: null, after: toldOf(origin) }]);
  }

  async abandoned({ counts }: SignInAttempt): Promise<void> {
    await this.#giveBack(counts).catch(() => {});
  }

  /** Null when others were quicker. */
  async #take(username: string, origin: SignInOrigin): Promise<BegunRow[] | null> {
    const counted = this.#counted(username, origin);
    const rows = await this.#query<BegunRow>(BEGIN, [
      counted.map(({ key }) => key),
      counted.map(({ limit }) => limit.failures),
      counted.map(({ limit }) => limit.within),
      counted.find(({ of }) => of === 'account')?.key,
      nameOrNull(username),
      this.#hash('place', origin.network),
    ]);
    if (rows.some(({ wait }) => wait !== null)) return rows;
    const taken = countsOf(rows);
    if (taken.length === rows[0]?.wanted) return rows;
    await this.#giveBack(taken);
    return null;
  }

  async #giveBack(counts: SignInAttempt['counts']): Promise<void> {
    if (counts.length === 0) return;
    await this.#query(GIVE_BACK, [counts.map(({ key }) => key), counts.map(({ since }) => since)]);
  }

  // An unknown name is told by its hash alone, so that tries of one name can be told from tries of many.
  async #targetOf(username: string): Promise<SubjectRef> {
    const [owner] = await this.#query<SubjectRef>(OWNER_OF_NAME, [nameOrNull(username)]);
    return owner ?? { type: 'username', id: this.#hash('username', username).slice(0, 16) };
  }

  #record(author: Author, entries: readonly ChangeEntry[]): Promise<void> {
    const log = new ChangeLog(author);
    for (const entry of entries) log.add(entry);
    return translatingDatabaseErrors(() => log.flush(this.sql));
  }

  #counted(username: string, { network }: SignInOrigin): Counted[] {
    return [
      { of: 'pair', key: this.#hash('pair', username, network), limit: this.limits.pair },
      { of: 'network', key: this.#hash('network', network), limit: this.limits.network },
      { of: 'account', key: this.#hash('account', username), limit: this.limits.account },
    ];
  }

  #hash(...parts: readonly string[]): string {
    return createHmac('sha256', this.secret).update(JSON.stringify(parts)).digest('base64url');
  }

  #query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    return translatingDatabaseErrors(() => this.sql.query<Row>(statement, values));
  }
}

function tooManyAttempts(retryAfter: number): CastellanError {
  return new CastellanError(
    'too_many_attempts',
    `Too many passwords have been tried; try again in ${retryAfter} s. Sessions and tokens go on.`,
    [],
    { retryAfter },
  );
}

function countsOf(rows: readonly BegunRow[]): SignInAttempt['counts'] {
  return rows.flatMap(({ key, since }) => (key === null || since === null ? [] : [{ key, since }]));
}

function toldOf({ address, way }: SignInOrigin): { address: string; way: string } {
  return { address, way };
}

function lockEntry(of: keyof Limits, target: SubjectRef, origin: SignInOrigin, seconds: number): ChangeEntry {
  const locked = of === 'network' ? { type: 'address', id: origin.network } : target;
  const from = of === 'account' ? 'anywhere' : origin.network;
  return { action: 'sign_in.lock', target: locked, before: null, after: { ...toldOf(origin), from, seconds } };
}

// What no user can be called is not put to the database, which would refuse a NUL with an error of its own.
function nameOrNull(username: string): string | null {
  return faultOfId(username) === undefined ? username : null;
}

/** A user who was removed meanwhile has no places; what was signed in finds nobody from then on. */
function noneIfGone(error: unknown): [] {
  if (codesOf(error).includes(SQLSTATE.foreignKeyViolation)) return [];
  throw error;
}
