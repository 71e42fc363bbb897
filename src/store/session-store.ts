import { hash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import connectPgSimple from 'connect-pg-simple';
import type pg from 'pg';
import { translatingDatabaseErrors } from './database-errors.js';
import { v7 as uuidv7 } from 'uuid';
import { PgExecutor, type SqlExecutor, type Statement } from './executor.js';
import { ONE_STATEMENT, SharedStatement } from './shared-statement.js';

const IDLE = "interval '30 minutes'";
const ABSOLUTE = "interval '12 hours'";
const TOUCHED_AT_MOST_EVERY = "interval '1 minute'";
const PRUNE_EVERY_MS = 15 * 60_000;

const PROLONGED = `LEAST(now() + ${IDLE}, e.created_at + ${ABSOLUTE})`;

// The interval is counted from the expiry a touch now would give: close to the absolute end there is nothing left to gain. Whom it signs in is asked
// with it: its credential has to be the one that opened it.
const FOUND = `SELECT e.sid, e.id::text AS id, e.sess, ${PROLONGED} - e.expire > ${TOUCHED_AT_MOST_EVERY} AS worn, s.type, s.external_id
           FROM castellan.sessions e
           LEFT JOIN castellan.credentials c ON c.subject_id = e.subject_id AND c.version::text = e.sess->'stamp'->>'version'
           LEFT JOIN castellan.subjects s ON s.id = c.subject_id AND s.active`;
const FIND_ONE: Statement = {
  name: 'castellan_session_find',
  text: `${FOUND} WHERE e.sid = $1 AND e.expire > now()`,
};
const FIND_MANY: Statement = {
  name: 'castellan_sessions_find',
  text: `${FOUND} WHERE e.sid = ANY($1::text[]) AND e.expire > now()`,
};
const OPEN: Statement = {
  name: 'castellan_session_open',
  text: `INSERT INTO castellan.sessions (sid, sess, expire, subject_id, created_at, id, address, user_agent)
         SELECT $1, $2, now() + ${IDLE}, id, now(), $4, $5, $6 FROM castellan.subjects WHERE id = $3
         RETURNING sid`,
};
const SAVE: Statement = {
  name: 'castellan_session_save',
  text: `UPDATE castellan.sessions e SET sess = $2, expire = ${PROLONGED} WHERE sid = $1 AND expire > now()`,
};
const TOUCH: Statement = {
  name: 'castellan_session_touch',
  text: `UPDATE castellan.sessions e SET expire = ${PROLONGED}, used_at = now() WHERE sid = $1 AND expire > now()`,
};
const END: Statement = { name: 'castellan_session_end', text: 'DELETE FROM castellan.sessions WHERE sid = $1' };
const PRUNE: Statement = {
  name: 'castellan_session_prune',
  text: 'DELETE FROM castellan.sessions WHERE expire <= now()',
};

// Without express-session, what connect-pg-simple extends is the base of its store: an event emitter.
const PgStore = connectPgSimple({ Store: EventEmitter } as never);

interface FoundRow {
  readonly sid: string;
  readonly id: string;
  readonly sess: object;
  readonly worn: boolean;
  readonly type: string | null;
  readonly external_id: string | null;
}

interface Origin {
  readonly address: string | null;
  readonly userAgent: string | null;
}

type SessionData = Parameters<InstanceType<typeof PgStore>['set']>[1];
type Callback<Result = unknown> = (error: unknown, result?: Result) => void;

/**
 * Sessions in Postgres. The table holds a hash of each id, so that reading it opens no session; every time is the database's.
 * Thirty minutes without a request end a session, and twelve hours whatever happens.
 *
 * Saving changes a session that is there and never makes one: a request under way while its session is ended would bring it back.
 */
export class PgSessionStore extends PgStore {
  readonly #sql: PgExecutor;
  readonly #found: SharedStatement<string, FoundRow | null>;
  readonly #pruning: NodeJS.Timeout;

  /**
   * `onPruneError` is told when expired rows could not be removed; they open nothing, and the next time comes. Sessions are looked up by `hot`,
   * on every request that brings one, so those that come together share statements.
   */
  constructor(pool: pg.Pool, onPruneError: (error: unknown) => void, hot: SqlExecutor = new PgExecutor(pool)) {
    super({ pool, schemaName: 'castellan', tableName: 'sessions', pruneSessionInterval: false });
    this.#sql = new PgExecutor(pool);
    const asking = {
      one: async (sid: string) => (await hot.query<FoundRow>(FIND_ONE, [sid]))[0] ?? null,
      many: async (sids: readonly string[]) => {
        const rows = await hot.query<FoundRow>(FIND_MANY, [[...new Set(sids)]]);
        const bySid = new Map(rows.map((row) => [row.sid, row]));
        return sids.map((sid) => bySid.get(sid) ?? null);
      },
    };
    this.#found = new SharedStatement(asking, ONE_STATEMENT);
    this.#pruning = setInterval(
      () => this.pruneSessions((error) => error && onPruneError(error)),
      jittered(PRUNE_EVERY_MS),
    );
    this.#pruning.unref();
  }

  /** Begins a session: the one way to make one. False when the subject is gone. */
  async open(sid: string, session: object, subjectKey: number, origin: Origin): Promise<boolean> {
    const values = [hashed(sid), keptOf(session), subjectKey, uuidv7(), origin.address, origin.userAgent];
    return (await this.#query(OPEN, values)).length === 1;
  }

  // What comes back is of the caller's own shape, as it was opened or saved.
  override get(sid: string, done: Callback<never>): void {
    settle(this.#find(hashed(sid)), done as Callback);
  }

  override set(sid: string, session: SessionData, done?: Callback): void {
    settle(this.#query(SAVE, [hashed(sid), keptOf(session)]), done);
  }

  override touch(sid: string, _session: SessionData, done?: () => void): void {
    settle(this.#query(TOUCH, [hashed(sid)]), done);
  }

  override destroy(sid: string, done?: Callback): void {
    settle(this.#query(END, [hashed(sid)]), done);
  }

  override pruneSessions(done?: (error: Error) => void): void {
    settle(this.#query(PRUNE, []), done as Callback | undefined);
  }

  /** Stops pruning. The pool is its owner's to end. */
  override close(): void {
    clearInterval(this.#pruning);
    super.close();
  }

  async #find(key: string): Promise<unknown> {
    const row = await translatingDatabaseErrors(() => this.#found.ask(key));
    if (!row) return null;
    if (row.worn) await this.#query(TOUCH, [key]);
    const subject = row.external_id === null ? null : { type: row.type, id: row.external_id };
    return { ...row.sess, found: { id: row.id, subject } };
  }

  #query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    return translatingDatabaseErrors(() => this.#sql.query<Row>(statement, values));
  }
}

// The cookie's attributes are the server's to say, and what was found is said anew each time: neither is the row's.
function keptOf(session: object): object {
  const { cookie: _, found: __, ...kept } = session as { cookie?: unknown; found?: unknown };
  return kept;
}

function hashed(sid: string): string {
  return hash('sha256', sid, 'base64url');
}

// Processes that start together should not all prune at once.
function jittered(ms: number): number {
  return ms * (0.5 + Math.random());
}

// On a tick of its own, so that what the callback throws is not taken for a failure of the query.
function settle<Result>(result: Promise<Result>, done: Callback<Result> = () => {}): void {
  result.then(
    (found) => process.nextTick(done, null, found),
    (error: unknown) => process.nextTick(done, error),
  );
}
