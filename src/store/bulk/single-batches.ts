import type pg from 'pg';
import { codesOf, isConflict, SQLSTATE } from '../database-errors.js';
import type { SqlExecutor } from '../executor.js';
import { lock } from '../write-transactions.js';
import { countOf } from './bulk-counts.js';
import type { BulkCounts, BulkKind, Outcome, Reject } from './bulk-rows.js';
import { importAssignments } from './import-assignments.js';
import type { ImportBatch } from './import-batch.js';
import { importGrants } from './import-grants.js';
import { importMemberships } from './import-memberships.js';
import { importObjects } from './import-objects.js';
import { importRoles } from './import-roles.js';
import { importSubjects } from './import-subjects.js';
import { beginBatch, keepBatch, type BatchResult, type BatchTurn } from './import-transaction.js';
import { importTypes } from './import-types.js';

const ATTEMPTS = 5;

/** Takes batches in, each in a transaction of its own that other writes wait for. */
export class SingleBatches {
  // As those of the batch before were: most files tell of nothing, or of everything, that stands already.
  #areGrantsNew = true;
  // Not where the table has row-level security.
  #canCopyGrants = true;

  constructor(
    private readonly client: pg.Client,
    private readonly sql: SqlExecutor,
  ) {}

  /** Whether grants can be copied straight into their table, as far as it has shown. */
  get canCopyGrants(): boolean {
    return this.#canCopyGrants;
  }

  /** Takes a batch, and keeps it. @throws an error of Postgres; and as `beforeCommit` does. */
  async apply(turn: BatchTurn): Promise<BatchResult> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(turn);
      } catch (error) {
        await this.client.query('ROLLBACK').catch(() => {});
        if (this.#copies && this.#learnFrom(codesOf(error))) continue;
        if (!isWorthAnother(error) || attempt === ATTEMPTS) throw error;
      }
    }
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
    if (codes.includes(SQLSTATE.uniqueViolation)) this.#areGrantsNew = false;
    // What a table with row-level security answers to a COPY.
    else if (codes.includes(SQLSTATE.featureNotSupported)) this.#canCopyGrants = false;
    return !this.#copies;
  }
}

// Where something that a row refers to has gone since it was looked up, it is then found to be missing.
function isWorthAnother(error: unknown): boolean {
  return isConflict(error) || codesOf(error).includes(SQLSTATE.foreignKeyViolation);
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
