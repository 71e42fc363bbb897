import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { translatingDatabaseErrors } from '../database-errors.js';
import { run } from '../doctor-check.js';
import { PgExecutor, type SqlExecutor } from '../executor.js';
import { openBulkConnection } from './bulk-connection.js';
import { sumOf } from './bulk-counts.js';
import type { BulkCounts } from './bulk-rows.js';
import { GrantLoad } from './grant-load.js';
import type { BatchResult, BatchTurn } from './import-transaction.js';
import { LoadLostError } from './load-lost-error.js';
import { LoadWatch } from './load-watch.js';
import { SingleBatches } from './single-batches.js';
import { createStaging } from './staging.js';

const CLAIM_ATTEMPTS = 20;
const CLAIM_PAUSE_MS = 250;

/** Hears of batches that went in together. */
export interface LoadListener {
  /** They are to be kept, for which their indexes are made: that takes a while. */
  loadEnds(): void;
  /** They are kept. So many of their grants, counted as created, have turned out to stand, or to be told twice. */
  loadKept(standing: number): void;
}

/** Takes batches of rows into the tables: each in one transaction, or many of them in one where that is faster and in nobody's way. */
export class ImportStore {
  readonly #singles: SingleBatches;
  #load: GrantLoad | null = null;
  readonly #watch: LoadWatch;
  // As those were that came before.
  #areMostGrantsNew = false;
  #newGrants = 0;
  #mayLoad = true;
  #notBefore = 0;
  // Beside grants, since the planner was told.
  #grown: BulkCounts = {};

  private constructor(
    private readonly client: pg.Client,
    private readonly sql: SqlExecutor,
    watch: LoadWatch,
    private readonly listener: LoadListener,
  ) {
    this.#singles = new SingleBatches(client, sql);
    this.#watch = watch;
  }

  /** @throws CastellanError `database_unavailable`, `overloaded`. */
  static async open(databaseUrl: string, signal: AbortSignal, listener: LoadListener): Promise<ImportStore> {
    const client = await openBulkConnection(databaseUrl, 'castellan import', signal);
    await translatingDatabaseErrors(() => createStaging(client));
    return new ImportStore(client, new PgExecutor(client), new LoadWatch(databaseUrl, signal), listener);
  }

  /**
   * Claims a file for as long as the connection lasts: false where another one has it. One whose process was killed lasts until Postgres
   * has noticed.
   */
  claim(source: string): Promise<boolean> {
    return translatingDatabaseErrors(async () => {
      for (let attempt = 1; attempt <= CLAIM_ATTEMPTS; attempt += 1) {
        const [claimed] = await run<{ alone: boolean }>(
          this.sql,
          `SELECT pg_try_advisory_lock(hashtextextended('import ' || $1, 3271)) AS alone`,
          [source],
        );
        if (claimed?.alone === true) return true;
        await pause(CLAIM_PAUSE_MS);
      }
      return false;
    });
  }

  /**
   * Takes a batch. What stands already as its row says stays as it is, and what a row can not be made of is told: neither hinders the others.
   * It is kept now, or together with others.
   *
   * @throws CastellanError `database_unavailable`, `overloaded`; LoadLostError; and as `beforeCommit` does.
   */
  apply(turn: BatchTurn): Promise<BatchResult> {
    return translatingDatabaseErrors(async () => {
      if (this.#load && !(await this.#load.goesOnWith(turn.batch))) await this.#endLoad();
      this.#load ??= await this.#beginLoad(turn);
      if (this.#load) {
        try {
          return await this.#load.take(turn);
        } catch {
          // The batches before it are kept; then it goes in by itself, or tells again why not.
          this.#mayLoad = false;
          await this.#endLoad();
        }
      }
      const result = await this.#singles.apply(turn);
      const { grant } = result.counts;
      const { grant: _grants, ...others } = result.counts;
      this.#grown = sumOf(this.#grown, others);
      if (grant) this.#learnFrom(grant.created, grant.unchanged);
      return result;
    });
  }

  /** Keeps all that went in. @throws CastellanError `database_unavailable`, `overloaded`; LoadLostError. */
  end(): Promise<void> {
    return translatingDatabaseErrors(() => this.#endLoad());
  }

  /** Whether all batches that went in are kept. */
  get hasKeptAll(): boolean {
    return this.#load === null;
  }

  async close(): Promise<void> {
    await this.#watch.close(this.sql);
    await this.client.end().catch(() => {});
  }

  /** The executor of the connection, for what is remembered of imports. */
  get executor(): SqlExecutor {
    return this.sql;
  }

  async #beginLoad({ batch, ahead }: BatchTurn): Promise<GrantLoad | null> {
    if (!this.#mayLoad || !this.#areMostGrantsNew || !this.#singles.canCopyGrants || ahead === null) return null;
    if (performance.now() < this.#notBefore) return null;
    const prospect = { batch, ahead, proved: this.#newGrants, grown: this.#grown, watch: this.#watch };
    const load = await GrantLoad.begin(this.client, this.sql, prospect);
    if (load === 'never') this.#mayLoad = false;
    if (typeof load === 'string') return null;
    this.#grown = {};
    return load;
  }

  async #endLoad(): Promise<void> {
    const load = this.#load;
    if (!load) return;
    this.#load = null;
    this.listener.loadEnds();
    const { created, standing } = await load.end().catch(async (error: unknown) => {
      this.#mayLoad = false;
      // Where that fails too, the connection has gone.
      await this.client.query('ROLLBACK');
      throw new LoadLostError(error);
    });
    this.#learnFrom(created, standing);
    // Who came once may come again, and each time all indexes are made.
    if (load.wasWaitedFor) this.#notBefore = performance.now() + load.ms;
    this.listener.loadKept(standing);
  }

  #learnFrom(created: number, standing: number): void {
    this.#newGrants += created;
    this.#areMostGrantsNew = created > standing;
  }
}
