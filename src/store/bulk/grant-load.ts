import type pg from 'pg';
import { codesOf, SQLSTATE } from '../database-errors.js';
import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import { ROW_GRANTS_TABLES } from '../row-grants-sql.js';
import { lock } from '../write-transactions.js';
import { analyze } from './analyze.js';
import { countOf, withStanding } from './bulk-counts.js';
import type { BulkCounts } from './bulk-rows.js';
import { copyGrants } from './copy-grants.js';
import { holdReferences } from './held-references.js';
import type { ImportBatch } from './import-batch.js';
import { othersKeep, planForMemory } from './import-grants.js';
import { saveProgress, type ImportProgress } from './import-progress.js';
import {
  beginBatch,
  recordBatches,
  type RecordedBatch,
  type BatchResult,
  type BatchTurn,
} from './import-transaction.js';
import type { LoadWatch } from './load-watch.js';
import { KnownIds } from './names.js';
import { placeGrants } from './placed-grants.js';
import { SetAside } from './set-aside.js';
import { ID_BYTES } from './time-ordered-ids.js';

// A process that is killed loses what it took: so much at most, or half of all where more stand.
const ROWS_AT_ONCE = 5_000_000;
// And for each grant that has proved new: those that turn out to stand are written all the same, and taken back.
const ROWS_FOR_EACH_NEW = 100;
// Whoever comes waits until the indexes of all are made: a minute or two for twice as many.
const MOST_STANDING = 20_000_000;
// Indexes made anew, of so many more rows, take no longer than those of the new ones that are gone through.
const STANDING_FOR_EACH = 2;
// With less still to come, indexes are gone through as fast as they are made.
const FEWEST_BATCHES = 4;
// After that, no more are taken: the machine is slower than any that this was made for.
const MOST_MS = 10 * 60_000;

// By what a grant takes on the disk that says no more than who may do what and where; dead rows, of a load that was broken off, take as much.
const SITUATION = `SELECT EXISTS (
    SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid() AND pid IS DISTINCT FROM $1::int
  ) AS are_others_here,
  greatest(0, pg_relation_size(grants) / 115 - pg_stat_get_dead_tuples(grants))::float8 AS standing,
  has_schema_privilege('castellan', 'CREATE') AS may_make
  FROM (SELECT 'castellan.grants'::regclass AS grants) tables`;

// To take keys away needs as much of the tables that they refer to.
const LOCK_REFERENCES =
  'LOCK TABLE castellan.subjects, castellan.permissions, castellan.objects IN ACCESS EXCLUSIVE MODE NOWAIT';

// Whoever waits for what is written here while others wait for the load would wait in a circle.
const LOCK_WRITTEN = 'LOCK TABLE castellan.changes, castellan.imports IN ROW EXCLUSIVE MODE NOWAIT';

// There is a watch for what these limits are for; and whoever breaks it off is noticed while indexes are made. (Not every Postgres knows of all.)
const UNLIMITED = `SELECT set_config(name, CASE name WHEN 'client_connection_check_interval' THEN '500ms' ELSE '0' END, true) FROM pg_settings
  WHERE name IN ('transaction_timeout', 'idle_in_transaction_session_timeout', 'client_connection_check_interval')`;

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
interface LoadedBatch extends RecordedBatch {
  /** Of its first grant; null where it has none. */
  readonly firstId: string | null;
}

interface Situation {
  readonly are_others_here: boolean;
  readonly standing: number;
  readonly may_make: boolean;
}

/** What speaks for a load. */
export interface LoadProspect {
  /** Its first batch. */
  readonly batch: ImportBatch;
  /** How many rows are still to come, as far as can be told. */
  readonly ahead: number;
  /** How many grants have turned out to be new. */
  readonly proved: number;
  /** What has been made since the planner was told. */
  readonly grown: BulkCounts;
  readonly watch: LoadWatch;
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
  #wasWaitedFor = false;
  #progress: ImportProgress | null = null;

  private constructor(
    private readonly client: pg.Client,
    private readonly sql: SqlExecutor,
    private readonly setAside: SetAside,
    private readonly mostRows: number,
  ) {}

  /**
   * Begins one, in a transaction of its own; or tells, with no transaction open, that it can't: `not now` where it would not be faster, or would be
   * in somebody's way; `never` for a role that does not own the table, or where something else is kept with it.
   */
  static async begin(
    client: pg.Client,
    sql: SqlExecutor,
    { batch, ahead, proved, grown, watch }: LoadProspect,
  ): Promise<GrantLoad | 'not now' | 'never'> {
    const { rows } = batch.grants;
    if (!isOfGrants(batch) || rows === 0 || ahead < FEWEST_BATCHES * rows) return 'not now';
    const [situation] = await run<Situation>(sql, SITUATION, [watch.pid]);
    if (!situation?.may_make) return 'never';
    // The indexes are made of what stands too.
    const { are_others_here, standing } = situation;
    if (are_others_here || standing > Math.min(MOST_STANDING, STANDING_FOR_EACH * ahead)) return 'not now';
    await beginBatch(client);
    await lock(sql, 'structure');
    const setAside = await setAsideFor(client, sql);
    const answer = typeof setAside === 'string' || (await watch.begin(sql)) ? setAside : 'never';
    if (typeof answer === 'string') {
      await client.query('ROLLBACK');
      return answer;
    }
    // Names are looked up by the thousand, in tables that this very import may have filled.
    await analyze(sql, grown);
    const most = Math.min(Math.max(ROWS_AT_ONCE, standing), ROWS_FOR_EACH_NEW * proved);
    return new GrantLoad(client, sql, answer, most);
  }

  /** Whether a batch can go in, and nobody waits for the end. */
  async goesOnWith(batch: ImportBatch): Promise<boolean> {
    if (!isOfGrants(batch) || this.#rows >= this.mostRows || this.ms > MOST_MS) return false;
    const [row] = await run<{ waited_for: boolean }>(this.sql, IS_WAITED_FOR);
    this.#wasWaitedFor = row?.waited_for !== false;
    return !this.#wasWaitedFor;
  }

  /** Whether it ends for somebody who waits. */
  get wasWaitedFor(): boolean {
    return this.#wasWaitedFor;
  }

  /** How long it has taken, in milliseconds. */
  get ms(): number {
    return performance.now() - this.#begun;
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
      this.#batches.push({ author, source, counts, firstId });
      this.#rows += created;
      this.#progress = progress;
      return result;
    } catch (error) {
      await client.query('ROLLBACK TO SAVEPOINT before_batch');
      throw error;
    }
  }

  /**
   * Keeps all of it. Of the grants that were counted as created, tells how many are new, and how many stood already or were told twice.
   *
   * @throws an error of Postgres, where it can not be kept.
   */
  async end(): Promise<{ readonly created: number; readonly standing: number }> {
    const { client, sql } = this;
    const repeated = await this.#makeIndexes();
    const standing = [...repeated.values()].reduce((sum, rows) => sum + rows, 0);
    await recordBatches(
      sql,
      this.#batches.map((batch) => ({ ...batch, counts: withStanding(batch.counts, repeated.get(batch) ?? 0) })),
    );
    const progress = this.#progress;
    if (progress) await saveProgress(sql, { ...progress, counts: withStanding(progress.counts, standing) });
    await client.query('COMMIT');
    return { created: this.#rows - standing, standing };
  }

  /** Makes the indexes anew. Answers how many grants had to go again for that, of each batch. */
  async #makeIndexes(): Promise<ReadonlyMap<LoadedBatch, number>> {
    const { client, sql, setAside } = this;
    await setAside.makePrimaryKey();
    await client.query('SAVEPOINT before_others');
    try {
      await setAside.makeOthers();
      return new Map();
    } catch (error) {
      if (!codesOf(error).includes(SQLSTATE.uniqueViolation)) throw error;
      await client.query('ROLLBACK TO SAVEPOINT before_others');
    }
    const batches = this.#batches.filter(({ firstId }) => firstId !== null);
    const firstIds = batches.map(({ firstId }) => firstId);
    const gone = await run<{ batch: number; rows: number }>(sql, TAKE_BACK, [firstIds]);
    await setAside.makeOthers();
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
async function setAsideFor(client: pg.Client, sql: SqlExecutor): Promise<SetAside | 'not now' | 'never'> {
  try {
    await run(sql, 'LOCK TABLE castellan.grants IN ACCESS EXCLUSIVE MODE NOWAIT');
    if ((await othersKeep(sql)) || (await run(sql, ROW_GRANTS_TABLES)).length > 0) return 'never';
    const held = await holdReferences(sql);
    if (!held) await run(sql, LOCK_REFERENCES);
    await run(sql, LOCK_WRITTEN);
    await planForMemory(client);
    await client.query(UNLIMITED);
    return (await SetAside.of(sql, { references: !held })) ?? 'never';
  } catch (error) {
    const codes = codesOf(error);
    // Whatever Postgres has against it, rows can go in batch by batch.
    if (codes.length === 0) throw error;
    return codes.includes(SQLSTATE.lockNotAvailable) ? 'not now' : 'never';
  }
}
