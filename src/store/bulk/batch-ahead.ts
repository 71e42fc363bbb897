import type pg from 'pg';
import { PgExecutor, type SqlExecutor } from '../executor.js';
import { openBulkConnection } from './bulk-connection.js';
import type { Outcome } from './bulk-rows.js';
import type { ImportBatch } from './import-batch.js';
import { importGrants } from './import-grants.js';
import { beginBatch } from './import-transaction.js';
import { haveOneInCommon, type PlacedGrants } from './placed-grants.js';
import { createStaging } from './staging.js';

// Nobody waits long for a batch whose turn has not come: it is given up, and taken when it has.
const LOCK_MS = 2000;
const IDLE_MS = 10_000;

/** A connection, and a batch whose grants were made on it; the transaction is still to be ended. */
export interface MadeAhead {
  readonly client: pg.Client;
  readonly sql: SqlExecutor;
  readonly outcome: Outcome;
}

/**
 * Makes the grants of a batch while the one before it still holds all locks: two of them share what a batch costs among two processors. Nothing
 * of it is kept before the other one is, and where anything is in its way, it is undone, and the batch is taken in its turn.
 */
export class BatchAhead {
  #connection: Promise<pg.Client> | undefined;
  #batch: ImportBatch | undefined;
  #made: Promise<MadeAhead | null> = Promise.resolve(null);
  #isOver = false;

  constructor(
    private readonly databaseUrl: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Begins with a batch, while `before` is made and what it refers to is held. */
  begin(batch: ImportBatch, before: Promise<PlacedGrants>, areNew: boolean): void {
    if (this.#isOver) return;
    this.#batch = batch;
    this.#made = this.#make(batch, before, areNew);
  }

  /** What was made of the batch, as soon as it is; null where it is to be taken in its turn. */
  async madeOf(batch: ImportBatch): Promise<MadeAhead | null> {
    return batch === this.#batch ? this.#made : null;
  }

  /** Waits until what was begun is made, or undone. */
  async settle(): Promise<void> {
    await this.#made;
  }

  /** Undoes what was made. */
  async undo(): Promise<void> {
    const made = await this.#made;
    this.#made = Promise.resolve(null);
    if (made) await this.#rollback(made.client);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#made;
    await this.#connection?.then((client) => client.end()).catch(() => {});
  }

  async #make(batch: ImportBatch, before: Promise<PlacedGrants>, areNew: boolean): Promise<MadeAhead | null> {
    let client: pg.Client | undefined;
    try {
      client = await (this.#connection ??= this.#open());
      const sql = new PgExecutor(client);
      await beginBatch(client);
      await client.query(
        `SET LOCAL lock_timeout = ${LOCK_MS}; SET LOCAL idle_in_transaction_session_timeout = ${IDLE_MS}`,
      );
      const outcome = await importGrants(client, sql, batch.grants, areNew, async (placing, references) => {
        if (references !== 'held' || haveOneInCommon(await before, await placing)) throw new OutOfTurnError();
      });
      return { client, sql, outcome };
    } catch {
      // Why it can't be made is told when it is taken in its turn, if it can't be then either.
      if (client) await this.#rollback(client);
      else this.#isOver = true;
      return null;
    }
  }

  async #open(): Promise<pg.Client> {
    const client = await openBulkConnection(this.databaseUrl, 'castellan import', this.signal);
    await createStaging(client);
    return client;
  }

  async #rollback(client: pg.Client): Promise<void> {
    await client.query('ROLLBACK').catch(() => (this.#isOver = true));
  }
}

/** The batch has to wait for the one before it. */
class OutOfTurnError extends Error {
  override readonly name = 'OutOfTurnError';
}
