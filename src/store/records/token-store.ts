import { v7 as uuidv7 } from 'uuid';
import { CastellanError, invalidField, notFound } from '../../core/errors.js';
import type { Page } from '../../core/ports/lists.js';
import { MOST_TOKENS, type NewToken, type TokenRecord, type TokenWriter } from '../../core/ports/tokens.js';
import type { Statement } from '../executor.js';
import { permissionIds } from '../permission-ids.js';
import type { SqlTransaction } from '../transaction.js';
import { inUtc } from './grant-rows.js';
import { isUuid } from './uuid.js';

// Never the hash: what is read here is answered, and goes into the audit trail.
const COLUMNS = `t.id::text AS id, t.name, ${inUtc('t.created_at')} AS created_at, ${inUtc('t.expires_at')} AS expires_at,
    t.permissions`;
const OF_USER = `FROM castellan.subjects s JOIN castellan.tokens t ON t.subject_id = s.id
    WHERE s.type = 'user' AND s.external_id = $1::text`;

const COUNT: Statement = {
  name: 'castellan_count_tokens',
  text: `SELECT count(t.id)::int AS tokens FROM castellan.subjects s LEFT JOIN castellan.tokens t ON t.subject_id = s.id
    WHERE s.type = 'user' AND s.external_id = $1::text GROUP BY s.id`,
};

const INSERT: Statement = {
  name: 'castellan_insert_token',
  text: `INSERT INTO castellan.tokens AS t (id, subject_id, name, hash, expires_at, permissions)
    SELECT $2::uuid, s.id, $3::text, $4::text, $5::timestamptz, $6::text[] FROM castellan.subjects s
    WHERE s.type = 'user' AND s.external_id = $1::text
      AND ($5::timestamptz IS NULL OR $5::timestamptz > clock_timestamp())
    RETURNING ${COLUMNS}`,
};

const LIST: Statement = {
  name: 'castellan_list_tokens',
  text: `SELECT ${COLUMNS} ${OF_USER} AND ($2::uuid IS NULL OR t.id > $2::uuid) ORDER BY t.id LIMIT $3::int`,
};

const FIND: Statement = {
  name: 'castellan_find_token',
  text: `SELECT ${COLUMNS} ${OF_USER} AND t.id = $2::uuid`,
};

const DELETE: Statement = {
  name: 'castellan_delete_token',
  text: 'DELETE FROM castellan.tokens WHERE id = $1::uuid',
};

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly permissions: string[] | null;
}

/** Makes and deletes tokens in the transaction that it is given. */
export class SqlTokenWriter implements TokenWriter {
  constructor(private readonly tx: SqlTransaction) {}

  async list(
    user: string,
    { limit, after }: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<Page<TokenRecord>> {
    const rows = await this.tx.sql.query<TokenRow>(LIST, [user, after ?? null, limit + 1]);
    const items = rows.slice(0, limit).map(recordOf);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  async create({ user, name, hash, expiresAt, permissions = null }: NewToken): Promise<TokenRecord> {
    const [standing] = await this.tx.sql.query<{ tokens: number }>(COUNT, [user]);
    if (!standing) throw notFound();
    if (standing.tokens >= MOST_TOKENS)
      throw new CastellanError('limit_reached', `A user can have ${MOST_TOKENS} tokens: delete one that is not used.`);
    if (permissions) await permissionIds(this.tx, permissions, (index) => `permissions.${index}`);
    const values = [user, uuidv7(), name, hash, expiresAt, permissions];
    const [row] = await this.tx.sql.query<TokenRow>(INSERT, values);
    if (!row) throw invalidField('expiresAt', 'must be in the future');
    const record = recordOf(row);
    this.tx.changes.add({
      action: 'token.create',
      target: target(record.id),
      before: null,
      after: { ...record, user },
    });
    return record;
  }

  async delete(user: string, id: string): Promise<void> {
    const [row] = isUuid(id) ? await this.tx.sql.query<TokenRow>(FIND, [user, id]) : [];
    if (!row) throw notFound();
    await this.tx.sql.query(DELETE, [id]);
    this.tx.changes.add({
      action: 'token.delete',
      target: target(id),
      before: { ...recordOf(row), user },
      after: null,
    });
  }
}

function target(id: string): { type: string; id: string } {
  return { type: 'token', id };
}

function recordOf({ id, name, permissions, ...row }: TokenRow): TokenRecord {
  return { id, name, createdAt: row.created_at, expiresAt: row.expires_at, permissions };
}
