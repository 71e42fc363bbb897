import { setTimeout as pause } from 'node:timers/promises';
import { refName } from '../core/model.js';
import { ChangeReader, type ChangeFilter, type ChangeOrder, type ChangeRecord } from '../core/ports/changes.js';
import type { Page } from '../core/ports/lists.js';
import { BoundValues } from './bound-values.js';
import type { SqlExecutor, Statement } from './executor.js';
import { inUtc } from './records/grant-rows.js';

const SUBJECT = 'castellan.subject_of_change(c.before, c.after)';
const OBJECT = 'castellan.object_of_change(c.before, c.after)';

// Numbers are handed out before their transactions end, and in another order than they end in: one that is smaller may still come.
const LAST_NUMBER: Statement = {
  name: 'castellan_last_change_number',
  text: 'SELECT last_value::text AS last FROM castellan.changes_id_seq WHERE is_called',
};
// Whoever writes to the trail holds this lock from before it takes a number until its transaction ends.
const WRITERS: Statement = {
  name: 'castellan_change_writers',
  text: `SELECT DISTINCT l.virtualtransaction AS writer FROM pg_catalog.pg_locks l
    WHERE l.locktype = 'relation' AND l.relation = 'castellan.changes'::regclass AND l.mode = 'RowExclusiveLock'
      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
      AND ($1::text[] IS NULL OR l.virtualtransaction = ANY($1::text[]))`,
};
const LOOK_EVERY_MS = 20;
const WAIT_AT_MOST_MS = 2000;

interface ChangeRow {
  readonly id: string;
  readonly at: string;
  readonly actor_type: string;
  readonly actor_id: string;
  readonly action: string;
  readonly target_type: string;
  readonly target_id: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly request_id: string;
}

/** Reads the audit trail by its numbers. */
export class PostgresChangeReader extends ChangeReader {
  constructor(private readonly sql: SqlExecutor) {
    super();
  }

  async list({
    filter,
    order,
    settled = order === 'oldest',
    limit,
    after,
  }: {
    filter: ChangeFilter;
    order: ChangeOrder;
    settled?: boolean;
    limit: number;
    after?: string | undefined;
  }): Promise<Page<ChangeRecord>> {
    const values = new BoundValues();
    const conditions = conditionsOf(filter, values);
    if (after !== undefined) conditions.push(`c.id ${order === 'oldest' ? '>' : '<'} ${values.add(after, 'bigint')}`);
    if (settled) {
      const last = await this.#lastSettled();
      if (last === null) return { items: [], next: null };
      conditions.push(`c.id <= ${values.add(last, 'bigint')}`);
    }
    const text = `SELECT c.id::text AS id, ${inUtc('c.at')} AS at, c.actor_type, c.actor_id, c.action, c.target_type, c.target_id, c.before, c.after, c.request_id
      FROM castellan.changes c WHERE ${conditions.length > 0 ? conditions.join(' AND ') : 'true'}
      ORDER BY c.id ${order === 'oldest' ? 'ASC' : 'DESC'} LIMIT ${limit + 1}`;
    const rows = await this.sql.query<ChangeRow>({ text }, values.values);
    const items = rows.slice(0, limit).map(recordOf);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  /**
   * The last number that was handed out, once all that may have been writing then have ended: whatever has it or a smaller one is there, or never
   * will be. Null where there is none, or one of them does not end for long.
   */
  async #lastSettled(): Promise<string | null> {
    const [number] = await this.sql.query<{ last: string }>(LAST_NUMBER, []);
    if (!number) return null;
    let writers: string[] | null = null;
    for (let waited = 0; ; waited += LOOK_EVERY_MS) {
      const rows: { writer: string }[] = await this.sql.query(WRITERS, [writers]);
      if (rows.length === 0) return number.last;
      if (waited >= WAIT_AT_MOST_MS) return null;
      writers = rows.map(({ writer }) => writer);
      await pause(LOOK_EVERY_MS);
    }
  }
}

function conditionsOf({ actor, action, subject, object, from, to }: ChangeFilter, values: BoundValues): string[] {
  const isTarget = ({ type, id }: { type: string; id: string }): string =>
    `c.target_type = ${values.add(type, 'text')} AND c.target_id = ${values.add(id, 'text')}`;
  const conditions: string[] = [];
  if (actor)
    conditions.push(
      `c.actor_type = ${values.add(actor.type, 'text')} AND c.actor_id = ${values.add(actor.id, 'text')}`,
    );
  if (action !== undefined) conditions.push(`c.action = ${values.add(action, 'text')}`);
  if (subject) conditions.push(`(${isTarget(subject)} OR ${SUBJECT} = ${values.add(refName(subject), 'text')})`);
  if (object) conditions.push(`(${isTarget(object)} OR ${OBJECT} = ${values.add(refName(object), 'text')})`);
  if (from !== undefined) conditions.push(`c.at >= ${values.add(from, 'timestamptz')}`);
  if (to !== undefined) conditions.push(`c.at < ${values.add(to, 'timestamptz')}`);
  return conditions;
}

function recordOf(row: ChangeRow): ChangeRecord {
  return {
    id: row.id,
    at: row.at,
    actor: { type: row.actor_type, id: row.actor_id },
    action: row.action,
    target: { type: row.target_type, id: row.target_id },
    before: row.before,
    after: row.after,
    requestId: row.request_id,
  };
}
