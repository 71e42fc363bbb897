import type { Author } from '../core/caller.js';
import { run, type Found } from './doctor-check.js';
import { CLOSURE_CHECKS } from './doctor-closures.js';
import { notesOn, type Note } from './doctor-notes.js';
import { ORPHAN_CHECKS } from './doctor-orphans.js';
import { ROW_GRANTS_CHECK } from './doctor-row-grants.js';
import { RULE_CHECKS } from './doctor-rules.js';
import type { SqlExecutor } from './executor.js';
import { onOwnConnection } from './own-connection.js';
import { lock } from './write-transactions.js';

export type { Note } from './doctor-notes.js';

/** What is wrong with the tables. */
export interface Fault extends Found {
  /** Stable, for programs. */
  readonly kind: string;
  readonly says: string;
  readonly mendable: boolean;
  /** What a person can do about it, where it can't be mended. */
  readonly advice?: string;
}

export interface Examination {
  readonly faults: readonly Fault[];
  readonly notes: readonly Note[];
}

/** What was mended, as it was before; and what is left. */
export interface Mending extends Examination {
  readonly mended: readonly Fault[];
}

// In the order in which they are mended: what is gone goes first, and closures come last, of what is then there.
const CHECKS = [...ORPHAN_CHECKS, ...CLOSURE_CHECKS, ...RULE_CHECKS, ROW_GRANTS_CHECK];
// What is mended may uncover something, such as a role's row that has no closure yet.
const MOST_ROUNDS = 3;

/**
 * Compares what the tables say of each other, in one snapshot: closures with their edges, and all that hangs on something with
 * what it hangs on. Changes nothing.
 *
 * @throws CastellanError `database_unavailable`, `overloaded`.
 */
export function examine(databaseUrl: string): Promise<Examination> {
  return onOwnConnection(
    { databaseUrl, name: 'castellan doctor' },
    'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
    async (sql) => ({
      faults: await faultsIn(sql),
      notes: await notesOn(sql),
    }),
  );
}

/**
 * Mends what can be mended, in one transaction that all other writes wait for, and leaves a row in the audit trail where it
 * mended anything.
 *
 * @throws CastellanError `database_unavailable`, `overloaded`; the database is then as it was.
 */
export function mend(databaseUrl: string, author: Author): Promise<Mending> {
  return onOwnConnection(
    { databaseUrl, name: 'castellan doctor' },
    'BEGIN ISOLATION LEVEL READ COMMITTED',
    async (sql) => {
      await lock(sql, 'structure');
      let faults = await faultsIn(sql);
      const mended: Fault[] = [];
      for (let round = 0; round < MOST_ROUNDS && faults.some(({ mendable }) => mendable); round += 1) {
        const before = faults;
        await mendAll(sql, before);
        faults = await faultsIn(sql);
        mended.push(...before.flatMap((fault) => lessened(fault, faults)));
        if (mended.length === 0) break;
      }
      if (mended.length > 0) await record(sql, author, mended, faults);
      return { mended, faults, notes: await notesOn(sql) };
    },
  );
}

async function faultsIn(sql: SqlExecutor): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const { kind, says, advice, find, mend: mending } of CHECKS) {
    const found = await find(sql);
    if (found.count === 0) continue;
    faults.push({ kind, says, ...found, mendable: mending !== undefined, ...(advice === undefined ? {} : { advice }) });
  }
  return faults;
}

async function mendAll(sql: SqlExecutor, faults: readonly Fault[]): Promise<void> {
  const found = new Set(faults.map(({ kind }) => kind));
  for (const check of CHECKS) if (found.has(check.kind)) await check.mend?.(sql);
}

/** The part of a fault that is no more. */
function lessened(fault: Fault, after: readonly Fault[]): Fault[] {
  const left = after.find(({ kind }) => kind === fault.kind);
  const count = fault.count - (left?.count ?? 0);
  if (count <= 0) return [];
  return [{ ...fault, count, examples: fault.examples.filter((example) => !left?.examples.includes(example)) }];
}

async function record(
  sql: SqlExecutor,
  { subject, requestId }: Author,
  mended: readonly Fault[],
  left: readonly Fault[],
): Promise<void> {
  const told = (faults: readonly Fault[]): string =>
    JSON.stringify({ faults: faults.map(({ kind, count, examples }) => ({ kind, count, examples })) });
  await run(
    sql,
    `INSERT INTO castellan.changes (actor_type, actor_id, action, target_type, target_id, before, after, request_id)
     VALUES ($1, $2, 'database.mend', 'database', 'castellan', $3::jsonb, $4::jsonb, $5)`,
    [subject.type, subject.id, told([...mended, ...left]), told(left), requestId],
  );
}
