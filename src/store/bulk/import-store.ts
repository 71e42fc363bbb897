import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { Author } from '../../core/caller.js';
import { codesOf, isConflict, translatingDatabaseErrors } from '../database-errors.js';
import { run } from '../doctor-check.js';
import { PgExecutor, type SqlExecutor } from '../executor.js';
import { lock } from '../write-transactions.js';
import { openBulkConnection } from './bulk-connection.js';
import type { BulkCounts, BulkKind, Outcome, Reject } from './bulk-rows.js';
import { importAssignments } from './import-assignments.js';
import type { ImportBatch } from './import-batch.js';
import { importGrants } from './import-grants.js';
import { importMemberships } from './import-memberships.js';
import { importObjects } from './import-objects.js';
import { importRoles } from './import-roles.js';
import { importSubjects } from './import-subjects.js';
import { importTypes } from './import-types.js';
import {
  beginBatch,
  countOf,
  keepBatch,
  type BatchResult,
  type BatchSource,
  type BeforeCommit,
} from './import-transaction.js';
import { createStaging } from './staging.js';

const ATTEMPTS = 5;
const CLAIM_ATTEMPTS = 20;
const CLAIM_PAUSE_MS = 250;

/** A batch whose turn has come. */
export interface BatchTurn {
  readonly author: Author;
  readonly batch: ImportBatch;
  readonly source: BatchSource;
  readonly beforeCommit: BeforeCommit;
}

/** Takes batches of rows into the tables, each in one transaction that other writes wait for. */
export class ImportStore {
  // As those of the batch before were: most files tell of nothing, or of everything, that stands already.
  #areGrantsNew = true;
  // Not where the table has row-level security.
  #canCopyGrants = true;

  private constructor(
    private readonly client: pg.Client,
    private readonly sql: SqlExecutor,
  ) {}

  /** @throws CastellanError `database_unavailable`, `overloaded`. */
  static async open(databaseUrl: string, signal: AbortSignal): Promise<ImportStore> {
    const client = await openBulkConnection(databaseUrl, 'castellan import', signal);
    await translatingDatabaseErrors(() => createStaging(client));
    return new ImportStore(client, new PgExecutor(client));
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
   *
   * @throws CastellanError `database_unavailable`, `overloaded`; and as `beforeCommit` does.
   */
  apply(turn: BatchTurn): Promise<BatchResult> {
    return translatingDatabaseErrors(async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await this.#once(turn);
        } catch (error) {
          await this.client.query('ROLLBACK').catch(() => {});
          if (this.#copies && this.#learnFrom(codesOf(error))) continue;
          if (!isWorthAnother(error) || attempt === ATTEMPTS) throw error;
        }
      }
    });
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => {});
  }

  /** The executor of the connection, for what is remembered of imports. */
  get executor(): SqlExecutor {
    return this.sql;
  }

  get #copies(): boolean {
    return this.#areGrantsNew && this.#canCopyGrants;
  }

  async #once(turn: BatchTurn): Promise<BatchResult> {
    const { client, sql } = this;
    const { batch } = turn;
    await beginBatch(client);
    await lock(sql, 'structure');
    const { subjects, objects, memberships, assignments } = batch;
    for (const staged of [subjects, objects, memberships, assignments]) await staged.copy(client);
    const result = await takeIn(client, sql, batch, this.#copies);
    await keepBatch(client, sql, turn, result);
    const { grant } = result.counts;
    if (grant) this.#areGrantsNew = grant.unchanged === 0;
    return result;
  }

  /** Whether the error says no more than that grants can't be copied straight into their table: for now, or at all. */
  #learnFrom(codes: readonly string[]): boolean {
    // unique_violation; feature_not_supported is what a table with row-level security answers to a COPY.
    if (codes.includes('23505')) this.#areGrantsNew = false;
    else if (codes.includes('0A000')) this.#canCopyGrants = false;
    return !this.#copies;
  }
}

// foreign_key_violation: something that a row refers to has gone since it was looked up. Then it is found to be missing.
function isWorthAnother(error: unknown): boolean {
  return isConflict(error) || codesOf(error).includes('23503');
}

async function takeIn(
  client: pg.Client,
  sql: SqlExecutor,
  batch: ImportBatch,
  areGrantsNew: boolean,
): Promise<BatchResult> {
  const counts: BulkCounts = {};
  const rejects: Reject[] = [];
  const add = (kind: BulkKind, outcome: Outcome): void => {
    counts[kind] = countOf(batch.rows.get(kind) ?? 0, outcome);
    rejects.push(...outcome.rejects);
  };
  const steps: readonly [BulkKind, () => Promise<Outcome>][] = [
    ['role', () => importRoles(sql, batch.roles)],
    ['object', () => importObjects(sql)],
    ['membership', () => importMemberships(sql)],
    ['assignment', () => importAssignments(sql)],
    ['grant', () => importGrants(client, sql, batch.grants, areGrantsNew)],
  ];
  if (batch.rows.has('type')) add('type', await importTypes(sql, batch.types));
  if (batch.subjects.rows > 0) {
    const { created, rejects: refused } = await importSubjects(sql);
    for (const kind of ['user', 'service', 'group'] as const)
      if (batch.rows.has(kind))
        add(kind, {
          created: created.get(kind) ?? 0,
          rejects: refused.filter(({ line }) => batch.subjectKinds.get(line) === kind),
        });
  }
  for (const [kind, step] of steps) if (batch.rows.has(kind)) add(kind, await step());
  return { counts, rejects: rejects.toSorted((one, other) => one.line - other.line) };
}

// A user or a group is an object too, and each closure goes with what it is of.
const GROWING: Readonly<Partial<Record<BulkKind, readonly string[]>>> = {
  user: ['subjects', 'objects'],
  service: ['subjects'],
  group: ['subjects', 'objects'],
  role: ['subjects', 'objects'],
  object: ['objects', 'ancestry'],
  membership: ['memberships', 'effective_memberships'],
  grant: ['grants'],
};

/** Counts how many rows the tables have that grew, for the planner; after a large import it is to know of them all. */
export async function analyze(sql: SqlExecutor, counts: BulkCounts): Promise<void> {
  const grown = (Object.keys(counts) as BulkKind[]).filter((kind) => (counts[kind]?.created ?? 0) > 0);
  const tables = new Set(grown.flatMap((kind) => GROWING[kind] ?? []));
  if (tables.size > 0) await run(sql, `ANALYZE ${[...tables].map((name) => `castellan.${name}`).join(', ')}`);
}
