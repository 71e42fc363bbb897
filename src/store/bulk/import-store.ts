import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { Author } from '../../core/caller.js';
import { ChangeLog } from '../change-log.js';
import { codesOf, isConflict, translatingDatabaseErrors } from '../database-errors.js';
import { run } from '../doctor-check.js';
import { PgExecutor, type SqlExecutor } from '../executor.js';
import { lock } from '../write-transactions.js';
import { openBulkConnection } from './bulk-connection.js';
import type { BulkCounts, BulkKind, Outcome, Reject } from './bulk-rows.js';
import { importAssignments } from './import-assignments.js';
import { noCount, type ImportBatch } from './import-batch.js';
import { importGrants } from './import-grants.js';
import { importMemberships } from './import-memberships.js';
import { importObjects } from './import-objects.js';
import { importRoles } from './import-roles.js';
import { importSubjects } from './import-subjects.js';
import { importTypes } from './import-types.js';
import { saveProgress, type ImportProgress } from './import-progress.js';
import { createStaging } from './staging.js';

const ATTEMPTS = 5;
const CLAIM_ATTEMPTS = 20;
const CLAIM_PAUSE_MS = 250;

/** Where the rows of a batch come from, as the audit trail tells of it. */
export interface BatchSource {
  readonly file: string;
  readonly fromLine: number;
  readonly toLine: number;
  /** The SHA-256 of these rows. */
  readonly sha256: string;
}

/** What became of a batch, before it is kept. */
export interface BatchResult {
  readonly counts: BulkCounts;
  readonly rejects: readonly Reject[];
}

/** Has the last word on a batch: tells what is to be remembered of it (null: nothing); when it throws, nothing of the batch is kept. */
export type BeforeCommit = (result: BatchResult) => Promise<ImportProgress | null>;

/** Takes batches of rows into the tables, each in one transaction that other writes wait for. */
export class ImportStore {
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
  apply(author: Author, batch: ImportBatch, source: BatchSource, beforeCommit: BeforeCommit): Promise<BatchResult> {
    return translatingDatabaseErrors(async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await this.#once(author, batch, source, beforeCommit);
        } catch (error) {
          await this.client.query('ROLLBACK').catch(() => {});
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

  async #once(
    author: Author,
    batch: ImportBatch,
    source: BatchSource,
    beforeCommit: BeforeCommit,
  ): Promise<BatchResult> {
    const { client, sql } = this;
    // Rows of a batch are looked up one by one. With nothing known of a table just made, the planner would read another one whole for them.
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL enable_seqscan = off; SET LOCAL jit = off');
    await lock(sql, 'structure');
    const { subjects, objects, memberships, assignments, plainGrants, grants } = batch;
    for (const staged of [subjects, objects, memberships, assignments, plainGrants, grants]) await staged.copy(client);
    const result = await takeIn(sql, batch);
    const changed = Object.values(result.counts).some(({ created, updated }) => created + updated > 0);
    if (changed) await record(sql, author, source, result);
    const progress = await beforeCommit(result);
    if (progress) await saveProgress(sql, progress);
    await client.query('COMMIT');
    return result;
  }
}

// foreign_key_violation: something that a row refers to has gone since it was looked up. Then it is found to be missing.
function isWorthAnother(error: unknown): boolean {
  return isConflict(error) || codesOf(error).includes('23503');
}

async function takeIn(sql: SqlExecutor, batch: ImportBatch): Promise<BatchResult> {
  const counts: BulkCounts = {};
  const rejects: Reject[] = [];
  const add = (kind: BulkKind, { created, updated = 0, rejects: refused }: Outcome): void => {
    const rejected = refused.length;
    const unchanged = (batch.rows.get(kind) ?? 0) - created - updated - rejected;
    counts[kind] = { ...noCount(), created, updated, unchanged, rejected };
    rejects.push(...refused);
  };
  const steps: readonly [BulkKind, () => Promise<Outcome>][] = [
    ['role', () => importRoles(sql, batch.roles)],
    ['object', () => importObjects(sql)],
    ['membership', () => importMemberships(sql)],
    ['assignment', () => importAssignments(sql)],
    ['grant', () => importGrants(sql)],
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

async function record(
  sql: SqlExecutor,
  author: Author,
  { file, fromLine, toLine, sha256 }: BatchSource,
  { counts }: BatchResult,
): Promise<void> {
  const changes = new ChangeLog(author);
  changes.add({
    action: 'import.batch',
    target: { type: 'import', id: file },
    before: null,
    after: { file, fromLine, toLine, sha256, counts },
  });
  await changes.flush(sql);
}

/** Counts how many rows of a table the planner knows of; after a large import it is to know of them all. */
export async function analyze(sql: SqlExecutor): Promise<void> {
  await run(
    sql,
    'ANALYZE castellan.subjects, castellan.objects, castellan.ancestry, castellan.memberships, castellan.effective_memberships, castellan.grants',
  );
}
