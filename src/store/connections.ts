import pg from 'pg';
import { translatingDatabaseErrors } from './database-errors.js';
import { PgExecutor, type SqlExecutor, type Statement } from './executor.js';
import type { SnapshotSource } from './snapshot.js';
import { observeStatements, type StatementObserver } from './statement-observer.js';

/** Where statements are run: those of the hot path, and snapshots of several. */
export interface Connections {
  /** Hand-written statements of the hot path. */
  readonly hot: SqlExecutor;
  readonly snapshots: SnapshotSource;
  close(): Promise<void>;
}

/** Limits that keep one slow statement from holding up everything else; times in milliseconds. */
export interface DatabaseOptions {
  readonly url: string;
  /** Connections for writes and administration; decisions have their own. */
  readonly connections?: number;
  readonly decisionConnections?: number;
  readonly statementTimeout?: number;
  readonly lockTimeout?: number;
  /** How long a request may wait for a connection. */
  readonly acquireTimeout?: number;
  /** How long one write may take in all, tries anew included. */
  readonly transactionTimeout?: number;
  /** Is told of every statement; absent where nobody follows them. */
  readonly statements?: StatementObserver | undefined;
}

// The plans of the decision statements must not change with the statistics of the day: every one of them is a chain of
// index look-ups, and a hash of a large table in their place is how a check of 50 µs becomes one of 500 ms.
export const DECISION_PLANS = [
  'plan_cache_mode=force_generic_plan',
  'jit=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'enable_seqscan=off',
  'enable_material=off',
];

// Writes and lists by conditions are look-ups too, planned for their values: a scan of a whole table is never what is best for them, though
// skewed statistics (a million objects below one) can make it look so.
export const LOOKUP_PLANS = ['jit=off', 'enable_seqscan=off'];

/** Connections of our own to one database: one pool for decisions, one for everything else. */
export class OwnConnections implements Connections {
  readonly decisions: pg.Pool;
  readonly pool: pg.Pool;
  readonly hot: SqlExecutor;

  constructor(options: DatabaseOptions) {
    const { statementTimeout = 1000, lockTimeout = 500, acquireTimeout = 500 } = options;
    const settings = [
      `statement_timeout=${statementTimeout}`,
      `lock_timeout=${lockTimeout}`,
      `idle_in_transaction_session_timeout=${2 * statementTimeout}`,
      // Whatever the database begins with: what is read under a lock must be as it is once the lock is had.
      'default_transaction_isolation=read committed',
    ];
    const shared = {
      connectionString: options.url,
      connectionTimeoutMillis: acquireTimeout,
      // The server ends what takes too long; where no word comes through at all, nobody else would.
      query_timeout: statementTimeout + 1000,
      application_name: 'castellan',
      keepAlive: true,
    };
    this.decisions = new pg.Pool({
      ...shared,
      max: options.decisionConnections ?? 4,
      options: asOptions([...settings, ...DECISION_PLANS]),
    });
    this.pool = new pg.Pool({
      ...shared,
      max: options.connections ?? 6,
      options: asOptions([...settings, ...LOOKUP_PLANS]),
    });
    // A connection that breaks while idle is replaced at its next use; without a listener it would end the process.
    for (const pool of [this.decisions, this.pool]) {
      pool.on('error', () => {});
      if (options.statements) observeStatements(pool, options.statements);
    }
    this.hot = new TranslatingExecutor(new PgExecutor(this.decisions));
  }

  get snapshots(): SnapshotSource {
    return this.pool;
  }

  async close(): Promise<void> {
    await Promise.all([this.decisions.end(), this.pool.end()]);
  }
}

/** Runs statements whose errors come as those that a caller may be shown. */
export class TranslatingExecutor implements SqlExecutor {
  constructor(private readonly inner: SqlExecutor) {}

  query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    return translatingDatabaseErrors(() => this.inner.query<Row>(statement, values));
  }
}

function asOptions(settings: readonly string[]): string {
  return settings.map((setting) => `-c ${setting.replaceAll(' ', '\\ ')}`).join(' ');
}
