import type pg from 'pg';
import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import { breakOff, openBulkConnection } from './bulk-connection.js';

// For so long a process may keep Postgres waiting: rows come a thousand times a second.
const MOST_SECONDS = 60;

/**
 * Ends a transaction of another connection, by ending that connection, once its process has kept Postgres waiting for long: because it
 * was stopped, or its machine is gone. Postgres' own limits do not count while a COPY waits for its rows. The watch is kept by the server, so that
 * it needs nobody who is awake; it ends with what it watches.
 */
export class LoadWatch {
  #client: pg.Client | undefined;
  #pids: readonly number[] = [];

  constructor(
    private readonly databaseUrl: string,
    private readonly signal: AbortSignal,
    private readonly mostSeconds = MOST_SECONDS,
  ) {}

  /** Of its own connection in Postgres, where it has one. */
  get pids(): readonly number[] {
    return this.#pids;
  }

  /** Connects, unless it has. @throws CastellanError `database_unavailable`, `overloaded`. */
  async open(): Promise<void> {
    if (this.#client) return;
    const client = await openBulkConnection(this.databaseUrl, 'castellan import, watch', this.signal);
    this.#client = client;
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    this.#pids = rows.map(({ pid }) => pid);
  }

  /** Watches the transaction of another connection, within which it is called, until it ends. */
  async begin(watched: SqlExecutor): Promise<void> {
    const [own] = await run<{ pid: number; begun: string }>(
      watched,
      'SELECT pg_backend_pid() AS pid, now()::text AS begun',
    );
    // It says nothing. Where its connection breaks, the load goes on without it.
    if (own) this.#client?.query(watching(own.pid, own.begun, this.mostSeconds)).catch(() => {});
  }

  /** Ends it; by a word from the connection that was watched, for it hears nobody else. Without that it ends within a second. */
  async close(watched: SqlExecutor): Promise<void> {
    const client = this.#client;
    if (!client) return;
    try {
      await run(watched, 'SELECT pg_cancel_backend(pid) FROM unnest($1::int[]) AS pid', [this.#pids]);
      await client.end();
    } catch {
      await breakOff(client);
    }
  }
}

const watching = (pid: number, begun: string, mostSeconds: number): string => `DO $watch$
  DECLARE
    seen record;
    last timestamptz;
    since timestamptz := clock_timestamp();
  BEGIN
    LOOP
      PERFORM pg_sleep(1);
      PERFORM pg_stat_clear_snapshot();
      SELECT query_start, wait_event IS NOT DISTINCT FROM 'ClientRead' AS waits INTO seen
        FROM pg_stat_activity WHERE pid = ${pid} AND xact_start = '${begun}';
      EXIT WHEN NOT FOUND;
      IF NOT seen.waits OR seen.query_start IS DISTINCT FROM last THEN
        last := seen.query_start;
        since := clock_timestamp();
      ELSIF clock_timestamp() - since > interval '${mostSeconds} s' THEN
        PERFORM pg_terminate_backend(${pid});
        EXIT;
      END IF;
    END LOOP;
  END $watch$`;
