import { CastellanError } from '../core/errors.js';
import { DECISION_PLANS, LOOKUP_PLANS, type Connections } from './connections.js';
import type { SqlExecutor, Statement } from './executor.js';
import { inReadTransaction, type HeldClient, type ReadTransaction } from './read-transaction.js';
import type { SnapshotSource } from './snapshot.js';

/** The part of an app's own `pg.Pool` that is used; any version of `pg` has it. */
export interface AppPool {
  connect(): Promise<object>;
}

/** Times in milliseconds. */
export interface BorrowingOptions {
  readonly pool: AppPool;
  readonly statementTimeout?: number;
  /** How long a question may wait for one of the app's connections. */
  readonly acquireTimeout?: number;
}

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY';

/**
 * Runs statements on connections of an app's own pool. What settings they take is said in a transaction and ends with it: the
 * app gets its connections back as they were.
 */
export class BorrowedConnections implements Connections {
  readonly hot: SqlExecutor;
  readonly snapshots: SnapshotSource;

  constructor({ pool, statementTimeout = 1000, acquireTimeout = 500 }: BorrowingOptions) {
    const limits = [
      `statement_timeout=${statementTimeout}`,
      `idle_in_transaction_session_timeout=${2 * statementTimeout}`,
    ];
    const connect = (): Promise<HeldClient> => borrow(pool, acquireTimeout);
    // The server ends what takes too long; where no word comes through at all, nobody else would.
    const deadline = statementTimeout + 1000;
    const begin = `${BEGIN}; ${commands([...limits, ...DECISION_PLANS])}`;
    this.hot = new BorrowingExecutor({ begin, deadline, connect });
    this.snapshots = { connect, deadline, settings: commands([...limits, ...LOOKUP_PLANS]) };
  }

  /** The pool is the app's own to end. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

class BorrowingExecutor implements SqlExecutor {
  constructor(private readonly transaction: ReadTransaction) {}

  query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    return inReadTransaction(this.transaction, (sql) => sql.query<Row>(statement, values));
  }
}

// The app's pool may be one that waits for ever, and all of its connections held by requests that wait for a decision.
async function borrow(pool: AppPool, acquireTimeout: number): Promise<HeldClient> {
  const connecting = pool.connect() as Promise<HeldClient>;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), acquireTimeout);
  });
  try {
    const client = await Promise.race([connecting, late]);
    if (client) return client;
  } finally {
    clearTimeout(timer);
  }
  connecting.then(
    (client) => client.release(),
    () => {},
  );
  throw new CastellanError('overloaded', 'No connection of the database pool has become free; try again shortly.');
}

function commands(settings: readonly string[]): string {
  return settings
    .map((setting) => {
      const [name, value = ''] = setting.split('=');
      return `SET LOCAL ${name} = '${value}'`;
    })
    .join('; ');
}
