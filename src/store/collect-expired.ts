import type { Author } from '../core/caller.js';
import { run } from './doctor-check.js';
import type { SqlExecutor } from './executor.js';
import { onOwnConnection } from './own-connection.js';
import { inUtc } from './records/grant-rows.js';
import { lock } from './write-transactions.js';

/** How much was removed of what is over. */
export interface Collected {
  readonly grants: number;
  readonly assignments: number;
  readonly tokens: number;
  readonly sessions: number;
  readonly signInAttempts: number;
  /** How far imports have come that nobody has gone on with. */
  readonly imports: number;
}

/** What is to be removed. */
export interface CollectOptions {
  /** For how many days grants, assignments and tokens must have been expired, and imports left alone. */
  readonly olderThanDays: number;
  /** Counts, and removes nothing. */
  readonly dryRun: boolean;
}

// Each of them is told of in the audit trail as any other deletion, with how it was.
const told = (
  action: string,
  type: string,
  gone: string,
  before: string,
  from: string,
): string => `gone AS (${gone} RETURNING *), removed AS (
  INSERT INTO castellan.changes (actor_type, actor_id, request_id, action, target_type, target_id, before, after)
  SELECT $2::text, $3::text, $4::text, '${action}', '${type}', gone.id::text, jsonb_build_object(${before}), NULL
  FROM gone ${from} ORDER BY gone.id RETURNING 1)`;
const past = (table: string): string =>
  `DELETE FROM castellan.${table} WHERE expires_at <= statement_timestamp() - $1::float8 * interval '1 day'`;
const refOf = (type: string, id: string): string => `jsonb_build_object('type', ${type}, 'id', ${id})`;

const SUBJECT = 'JOIN castellan.subjects s ON s.id = gone.subject_id';
const PLACE =
  'LEFT JOIN castellan.objects o ON o.id = gone.object_id LEFT JOIN castellan.types ot ON ot.id = o.type_id';
const PLACE_REF = `CASE WHEN gone.object_id IS NULL THEN NULL ELSE ${refOf('ot.name', 'o.external_id')} END`;
const WINDOW = `'startsAt', ${inUtc('gone.starts_at')}, 'expiresAt', ${inUtc('gone.expires_at')}`;

const GRANTS = told(
  'grant.delete',
  'grant',
  past('grants'),
  `'id', gone.id, 'subject', ${refOf('s.type', 's.external_id')}, 'permission', pt.name || ':' || p.action, 'object', ${PLACE_REF},
   'effect', gone.effect, 'condition', gone.condition, 'fields', CASE WHEN gone.fields = '{}' THEN NULL ELSE to_jsonb(gone.fields) END, ${WINDOW}`,
  `${SUBJECT} JOIN castellan.permissions p ON p.id = gone.permission_id JOIN castellan.types pt ON pt.id = p.type_id ${PLACE}`,
);
const ASSIGNMENTS = told(
  'assignment.delete',
  'assignment',
  past('assignments'),
  `'id', gone.id, 'subject', ${refOf('s.type', 's.external_id')}, 'role', r.external_id, 'object', ${PLACE_REF}, ${WINDOW}`,
  `${SUBJECT} JOIN castellan.subjects r ON r.id = gone.role_id ${PLACE}`,
);
const TOKENS = told(
  'token.delete',
  'token',
  past('tokens'),
  `'id', gone.id, 'name', gone.name, 'createdAt', ${inUtc('gone.created_at')}, 'expiresAt', ${inUtc('gone.expires_at')},
   'permissions', to_jsonb(gone.permissions), 'user', s.external_id`,
  SUBJECT,
);
// The service removes these by itself as time goes by, and so without a word.
const SESSIONS = 'removed AS (DELETE FROM castellan.sessions WHERE expire <= now() RETURNING 1)';
const ATTEMPTS = 'removed AS (DELETE FROM castellan.sign_in_attempts WHERE expires_at <= now() RETURNING 1)';

const IMPORTS = `removed AS (DELETE FROM castellan.imports WHERE updated_at <= now() - $1::float8 * interval '1 day' RETURNING 1)`;

/**
 * Removes what is over and decides nothing any more, in one transaction that other writes wait for: expired grants, assignments and
 * tokens, each with its row in the audit trail; ended sessions, counts of sign-ins that have run out,
 * and how far imports have come that were left alone.
 *
 * @throws CastellanError `database_unavailable`, `overloaded`; the database is then as it was.
 */
export function collectExpired(
  databaseUrl: string,
  { subject, requestId }: Author,
  { olderThanDays, dryRun }: CollectOptions,
): Promise<Collected> {
  const work = async (sql: SqlExecutor): Promise<Collected> => {
    await lock(sql, 'structure');
    const values = [olderThanDays, subject.type, subject.id, requestId];
    return {
      grants: await countOf(sql, GRANTS, values),
      assignments: await countOf(sql, ASSIGNMENTS, values),
      tokens: await countOf(sql, TOKENS, values),
      sessions: await countOf(sql, SESSIONS),
      signInAttempts: await countOf(sql, ATTEMPTS),
      imports: await countOf(sql, IMPORTS, [olderThanDays]),
    };
  };
  const begin = 'BEGIN ISOLATION LEVEL READ COMMITTED';
  return onOwnConnection({ databaseUrl, name: 'castellan gc' }, begin, work, dryRun ? 'ROLLBACK' : 'COMMIT');
}

/** The statements are those of a WITH, of which `removed` has a row for each that is gone. */
async function countOf(sql: SqlExecutor, removing: string, values: readonly unknown[] = []): Promise<number> {
  const [row] = await run<{ count: number }>(
    sql,
    `WITH ${removing} SELECT count(*)::int AS count FROM removed`,
    values,
  );
  return row?.count ?? 0;
}
