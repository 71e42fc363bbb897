import { notFound } from '../../core/errors.js';
import type { Page } from '../../core/ports/lists.js';
import type { SessionRecord, SessionWriter } from '../../core/ports/sessions.js';
import type { Statement } from '../executor.js';
import type { SqlTransaction } from '../transaction.js';
import { inUtc } from './grant-rows.js';
import { isUuid } from './uuid.js';

// Nothing that opens a session: what is read here is answered, and goes into the audit trail.
const COLUMNS = `e.id::text AS id, ${inUtc('e.created_at')} AS created_at, ${inUtc('e.used_at')} AS used_at, ${inUtc('e.expire')} AS expires_at,
    e.address, e.user_agent`;
const OF_USER = `FROM castellan.subjects s JOIN castellan.sessions e ON e.subject_id = s.id
    WHERE s.type = 'user' AND s.external_id = $1::text AND e.expire > now()`;
// One of a password that is no more signs nobody in.
const STANDS = `EXISTS (SELECT 1 FROM castellan.credentials c WHERE c.subject_id = s.id AND c.version::text = e.sess->'stamp'->>'version')`;

const LIST: Statement = {
  name: 'castellan_list_sessions',
  text: `SELECT ${COLUMNS} ${OF_USER} AND ${STANDS} AND ($2::uuid IS NULL OR e.id > $2::uuid) ORDER BY e.id LIMIT $3::int`,
};

const END: Statement = {
  name: 'castellan_end_sessions',
  text: `DELETE FROM castellan.sessions ended USING (SELECT e.sid, ${COLUMNS} ${OF_USER}
      AND ($2::uuid IS NULL OR e.id = $2::uuid) AND ($3::uuid IS NULL OR e.id <> $3::uuid) FOR UPDATE OF e) gone
    WHERE ended.sid = gone.sid
    RETURNING gone.id, gone.created_at, gone.used_at, gone.expires_at, gone.address, gone.user_agent`,
};

interface SessionRow {
  readonly id: string;
  readonly created_at: string;
  readonly used_at: string;
  readonly expires_at: string;
  readonly address: string | null;
  readonly user_agent: string | null;
}

/** Lists and ends sessions in the transaction that it is given. */
export class SqlSessionWriter implements SessionWriter {
  constructor(private readonly tx: SqlTransaction) {}

  async list(
    user: string,
    { limit, after }: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<Page<SessionRecord>> {
    const rows = await this.tx.sql.query<SessionRow>(LIST, [user, after ?? null, limit + 1]);
    const items = rows.slice(0, limit).map(recordOf);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  async end(user: string, id: string): Promise<void> {
    if (!isUuid(id) || (await this.#end(user, id, null)) === 0) throw notFound();
  }

  async endAll(user: string, keep: string | null): Promise<void> {
    await this.#end(user, null, keep);
  }

  async #end(user: string, id: string | null, keep: string | null): Promise<number> {
    const rows = await this.tx.sql.query<SessionRow>(END, [user, id, keep]);
    for (const row of rows)
      this.tx.changes.add({
        action: 'session.delete',
        target: { type: 'session', id: row.id },
        before: { ...recordOf(row), user },
        after: null,
      });
    return rows.length;
  }
}

function recordOf(row: SessionRow): SessionRecord {
  return {
    id: row.id,
    createdAt: row.created_at,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
    address: row.address,
    userAgent: row.user_agent,
  };
}
