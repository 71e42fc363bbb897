import type pg from 'pg';
import { codesOf } from '../database-errors.js';
import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import { ROW_GRANTS_TABLES } from '../row-grants-sql.js';
import { lock } from '../write-transactions.js';
import { countOf, withStanding } from './bulk-counts.js';
import type { BulkCounts } from './bulk-rows.js';
import { copyGrants } from './copy-grants.js';
import { holdReferences, LOCKED, MAY_NOT } from './held-references.js';
import type { ImportBatch } from './import-batch.js';
import { othersKeep, planForMemory } from './import-grants.js';
import { saveProgress, type ImportProgress } from './import-progress.js';
import { beginBatch, recordBatch, type BatchOrigin, type BatchResult, type BatchTurn } from './import-transaction.js';
import { KnownIds } from './names.js';
import { placeGrants } from './placed-grants.js';
import { SetAside } from './set-aside.js';
import { ID_BYTES } from './time-ordered-ids.js';

// A process that is killed loses what it took: so much at most, or half of all where more stand.
const ROWS_AT_ONCE = 5_000_000;
// Whoever comes waits until the indexes of all are made: some minutes for twice as many.
const MOST_STANDING = 20_000_000;
// Below that, indexes are gone through as fast as they are made.
const FEWEST_BATCHES = 4;
// Indexes made anew, of so many more rows, take no longer than those of the new ones that are gone through.
const STANDING_FOR_EACH = 2;
// Of a grant that says no more than who may do what and where, in its table.
const ROW_BYTES = 70;
const MOST_MS = 10 * 60_000;

const DEPENDED_ON = '2BP01';
const TOLD_TWICE = '23505';

// Parallel workers and walsenders count like whoever has begun them; of other roles' connections, little more than this is told.
const SITUATION = `SELECT pg_relation_size('castellan.grants')::float8 / ${ROW_BYTES} AS standing, EXISTS (
    SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()
  ) AS are_others_here`;

// To take keys away needs as much of the tables that they refer to.
const LOCK_REFERENCES =
  'LOCK TABLE castellan.subjects, castellan.permissions, castellan.objects IN ACCESS EXCLUSIVE MODE NOWAIT';

// Whoever waits for what is written here while others wait for the load would wait in a circle.
const LOCK_WRITTEN = 'LOCK TABLE castellan.changes, castellan.imports IN ROW EXCLUSIVE MODE NOWAIT';

// A process that was stopped, and not ended, does not keep everybody else waiting for good. (transaction_timeout is known from Postgres 17 on.)
const limit = (transactionMs: number): string => `SELECT set_config('idle_in_transaction_session_timeout', '60s', true),
  (SELECT set_config(name, '${transactionMs}', true) FROM pg_settings WHERE name = 'transaction_timeout')`;

const IS_WAITED_FOR = `SELECT EXISTS (
    SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
  ) AS waited_for`;

// Of those that say the same, the one that stood before stays, or the first that was told: the rows of a transaction have its time.
const TAKE_BACK = `WITH told AS (
    SELECT ctid, row_number() OVER (PARTITION BY subject_id, permission_id, place_id, variant ORDER BY created_at = now(), id) AS turn FROM castellan.grants
  ), gone AS (
    DELETE FROM castellan.grants g USING told WHERE told.turn > 1 AND g.ctid = told.ctid RETURNING g.id
  ) SELECT width_bucket(id, $1::uuid[]) AS batch, count(*)::int AS rows FROM gone GROUP BY 1`;

/** What is left to be told of a batch that is in. */
interface LoadedBatch {
  readonly origin: BatchOrigin;
  readonly counts: BulkCounts;
  /** Of its first grant; null where it has none. */
  readonly firstId: string | null;
}

/**
 * Batches of new grants that go in together, with the indexes of their table set aside until the last is in. Nobody else can read grants
 * until it ends, so it is only for a database that nobody else is connected to, and ends early for whoever comes. All of its batches are
 * kept at its end, or none.
 */
export class GrantLoad {
  readonly #batches: LoadedBatch[] = [];
  // Whatever could go is locked until the end.
  readonly #known = new KnownIds();
  readonly #begun = performance.now();
  #rows = 0;
  #progress: ImportProgress | null = null;

  private constructor(
    private readonly client: pg.Client,
    private readonly sql: SqlExecutor,
    private readonly setAside: SetAside,
    private readonly mostRows: number,
  ) {}

  /**
   * Begins one, in a transaction of its own. Null, with no transaction open, where it would not be faster (`ahead` is how many rows are still
   * to come), would be in somebody's way, or is not possible: for a role that does not own the table, or where something else is kept with it.
   */
  static async begin(
    client: pg.Client,
    sql: SqlExecutor,
    batch: ImportBatch,
    ahead: number,
  ): Promise<GrantLoad | null> {
    const { rows } = batch.grants;
    if (!isOfGrants(batch) || rows === 0 || ahead < FEWEST_BATCHES * rows) return null;
    const [situation] = await run<{ standing: number; are_others_here: boolean }>(sql, SITUATION);
    // The indexes are made of what stands too.
    const most = Math.min(MOST_STANDING, STANDING_FOR_EACH * ahead);
    if (!situation || situation.are_others_here || situation.standing > most) return null;
    await beginBatch(client);
    await lock(sql, 'structure');
    const setAside = await setAsideFor(client, sql);
    if (setAside) return new GrantLoad(client, sql, setAside, Math.max(ROWS_AT_ONCE, situation.standing));
    await client.query('ROLLBACK');
    return null;
  }

  /** Whether a batch can go in, and nobody waits for the end. */
  async goesOnWith(batch: ImportBatch): Promise<boolean> {
    if (!isOfGrants(batch) || this.#rows >= this.mostRows || performance.now() - this.#begun > MOST_MS) return false;
    const [row] = await run<{ waited_for: boolean }>(this.sql, IS_WAITED_FOR);
    return row?.waited_for === false;
  }

  /** Takes a batch in. Counts a grant that stands, or is told twice, as created until the end. When it throws, nothing of this batch is in. */
  async take(turn: BatchTurn): Promise<BatchResult> {
    const { client, sql } = this;
    await client.query('SAVEPOINT before_batch');
    try {
      const placed = await placeGrants(sql, turn.batch.grants, this.#known);
      const created = await copyGrants(client, 'castellan.grants', placed);
      const { rejects } = placed;
      const { rows } = turn.batch.grants;
      const counts: BulkCounts = rows > 0 ? { grant: countOf(rows, { created, rejects }) } : {};
      const result = { counts, rejects };
      const progress = await turn.beforeCommit(result);
      await client.query('RELEASE SAVEPOINT before_batch');
      const { author, source } = turn;
      const firstId = rows > 0 ? turn.batch.grants.ids.toString('hex', 0, ID_BYTES) : null;
      this.#batches.push({ origin: { author, source }, counts, firstId });
      this.#rows += created;
      this.#progress = progress;
      return result;
    } catch (error) {
      await client.query('ROLLBACK TO SAVEPOINT before_batch');
      throw error;
    }
  }

  /** Keeps all of it. Of the grants that were counted as created, tells how many are new, and how many stood already or were told twice. */
  async end(): Promise<{ readonly created: number; readonly standing: number }> {
    const { client, sql } = this;
    // Indexes take as long as they take.
    await client.query(limit(0));
    const repeated = await this.#makeIndexes();
    for (const batch of this.#batches)
      await recordBatch(sql, batch.origin, withStanding(batch.counts, repeated.get(batch) ?? 0));
    const standing = [...repeated.values()].reduce((sum, rows) => sum + rows, 0);
    const progress = this.#progress;
    if (progress) await saveProgress(sql, { ...progress, counts: withStanding(progress.counts, standing) });
    await client.query('COMMIT');
    return { created: this.#rows - standing, standing };
  }

  /** Makes the indexes anew. Answers how many grants had to go again for that, of each batch. */
  async #makeIndexes(): Promise<ReadonlyMap<LoadedBatch, number>> {
    const { client, sql, setAside } = this;
    await client.query('SAVEPOINT before_indexes');
    try {
      await setAside.makeAnew();
      return new Map();
    } catch (error) {
      if (!codesOf(error).includes(TOLD_TWICE)) throw error;
      await client.query('ROLLBACK TO SAVEPOINT before_indexes');
    }
    const batches = this.#batches.filter(({ firstId }) => firstId !== null);
    const firstIds = batches.map(({ firstId }) => firstId);
    const gone = await run<{ batch: number; rows: number }>(sql, TAKE_BACK, [firstIds]);
    await setAside.makeAnew();
    return new Map(
      gone.flatMap(({ batch, rows }) => {
        const of = batches[batch - 1];
        return of ? [[of, rows]] : [];
      }),
    );
  }
}

function isOfGrants(batch: ImportBatch): boolean {
  return [...batch.rows.keys()].every((kind) => kind === 'grant');
}

/** Sets the indexes aside, where nobody is at work on the tables, and nothing else is to be kept with them. */
async function setAsideFor(client: pg.Client, sql: SqlExecutor): Promise<SetAside | null> {
  try {
    await run(sql, 'LOCK TABLE castellan.grants IN ACCESS EXCLUSIVE MODE NOWAIT');
    if ((await othersKeep(sql)) || (await run(sql, ROW_GRANTS_TABLES)).length > 0) return null;
    const held = await holdReferences(sql);
    if (!held) await run(sql, LOCK_REFERENCES);
    await planForMemory(client);
    await run(sql, LOCK_WRITTEN);
    await client.query(limit(2 * MOST_MS));
    return await SetAside.of(sql, { references: !held });
  } catch (error) {
    if (codesOf(error).some((code) => [MAY_NOT, LOCKED, DEPENDED_ON].includes(code))) return null;
    throw error;
  }
}
