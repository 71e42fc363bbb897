import type { Author } from '../core/caller.js';
import type { SubjectRef } from '../core/model.js';
import type { SqlExecutor, Statement } from './executor.js';

/** One thing that a write did: to what, and how that was before and is after (JSON; null where it was or is not there). */
export interface ChangeEntry {
  readonly action: string;
  readonly target: SubjectRef;
  readonly before: object | null;
  readonly after: object | null;
}

const AT_ONCE = 5000;

const INSERT: Statement = {
  name: 'castellan_insert_changes',
  text: `INSERT INTO castellan.changes (actor_type, actor_id, request_id, action, target_type, target_id, before, after)
    SELECT $1::text, $2::text, $3::text, q.action, q.target_type, q.target_id, q.before::jsonb, q.after::jsonb
    FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
      WITH ORDINALITY AS q(action, target_type, target_id, before, after, n)
    ORDER BY q.n`,
};

/** Collects what one write did, and adds it to the audit trail in the same transaction. */
export class ChangeLog {
  #entries: ChangeEntry[] = [];

  constructor(private readonly author: Author) {}

  add(entry: ChangeEntry): void {
    this.#entries.push(entry);
  }

  /** Adds to the trail what was collected since the last time. */
  async flush(sql: SqlExecutor): Promise<void> {
    const { subject, requestId } = this.author;
    const collected = this.#entries;
    this.#entries = [];
    for (let start = 0; start < collected.length; start += AT_ONCE) {
      const entries = collected.slice(start, start + AT_ONCE);
      await sql.query(INSERT, [
        subject.type,
        subject.id,
        requestId,
        entries.map(({ action }) => action),
        entries.map(({ target }) => target.type),
        entries.map(({ target }) => target.id),
        entries.map(({ before }) => before && JSON.stringify(before)),
        entries.map(({ after }) => after && JSON.stringify(after)),
      ]);
    }
  }
}
