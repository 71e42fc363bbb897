import type pg from 'pg';
import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import { breakOff, openBulkConnection } from './bulk-connection.js';

// For so long a process may keep Postgres waiting, with not a byte of what it waits for.
const MOST_SECONDS = 60;

// Seen as whoever has signed in, whatever role that has taken on since: else it would see little of a connection of theirs.
const AWAKE = `SET ROLE NONE; SELECT set_config(name, '0', false) FROM pg_settings
  WHERE name IN ('lock_timeout', 'statement_timeout', 'transaction_timeout', 'idle_session_timeout', 'idle_in_transaction_session_timeout')`;

/**
 * Ends a transaction of another connection, by ending that connection, once its process has kept Postgres waiting for long: because it
 * was stopped, or its machine is gone. Postgres' own limits do not count while a COPY waits for its rows. The watch is kept by the server, so that
 * it needs nobody who is awake; it ends with what it watches.
 */
export class LoadWatch {
  #connection: { readonly client: pg.Client; readonly pid: number } | undefined;

  constructor(
    private readonly databaseUrl: string,
    private readonly signal: AbortSignal,
    private readonly mostSeconds = MOST_SECONDS,
  ) {}

  /** Of its own connection in Postgres; null where it has none. */
  get pid(): number | null {
    return this.#connection?.pid ?? null;
  }

  /**
   * Watches the transaction of another connection, within which it is called, until it ends. Answers whether it does: there may be no room for
   * one more connection.
   */
  async begin(watched: SqlExecutor): Promise<boolean> {
    const [own] = await run<{ pid: number; begun: string }>(
      watched,
      'SELECT pg_backend_pid() AS pid, extract(epoch FROM now())::text AS begun',
    );
    const client = await this.#connected();
    if (!own || !client) return false;
    client.query(watching(own.pid, own.begun, this.mostSeconds)).catch(() => {});
    return true;
  }

  /** Ends it; by a word from the connection that was watched, for it hears nobody else. Without that it ends within a second. */
  async close(watched: SqlExecutor): Promise<void> {
    if (!this.#connection) return;
    const { client, pid } = this.#connection;
    try {
      await run(watched, 'SELECT pg_cancel_backend($1::int)', [pid]);
      await client.end();
    } catch {
      await breakOff(client);
    }
  }

  async #connected(): Promise<pg.Client | undefined> {
    if (this.#connection) return this.#connection.client;
    const name = 'castellan import, watch';
    const client = await openBulkConnection(this.databaseUrl, name, this.signal).catch(() => undefined);
    if (!client) return undefined;
    client.once('end', () => (this.#connection = undefined));
    try {
      await client.query(AWAKE);
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const [own] = rows;
      if (own) this.#connection = { client, pid: own.pid };
      return client;
    } catch {
      await breakOff(client);
      return undefined;
    }
  }
}

// What it waits for is told by what it last began, and how many bytes of a COPY have come. Turns are counted, for a clock may be set.
const watching = (pid: number, begun: string, mostSeconds: number): string => `DO $watch$
  DECLARE
    seen record;
    last text;
    turns int := 0;
  BEGIN
    LOOP
      PERFORM pg_sleep(1);
      PERFORM pg_stat_clear_snapshot();
      SELECT wait_event_type IS NOT DISTINCT FROM 'Client' AS waits, concat_ws(' ', query_start, state_change, bytes_processed) AS stage INTO seen
        FROM pg_stat_activity LEFT JOIN pg_stat_progress_copy USING (pid)
        WHERE pid = ${pid} AND extract(epoch FROM xact_start) = ${begun};
      EXIT WHEN NOT FOUND;
      IF NOT seen.waits OR seen.stage IS DISTINCT FROM last THEN
        last := seen.stage;
        turns := 0;
      ELSIF turns < ${mostSeconds} THEN
        turns := turns + 1;
      ELSE
        PERFORM pg_terminate_backend(${pid});
        -- Nobody is there to end this one.
        PERFORM pg_terminate_backend(pg_backend_pid());
      END IF;
    END LOOP;
  END $watch$`;
