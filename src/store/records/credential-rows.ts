import { randomUUID } from 'node:crypto';
import { CastellanError } from '../../core/errors.js';
import type { SqlExecutor, Statement } from '../executor.js';

const HAVING: Statement = {
  name: 'castellan_users_with_password',
  text: `SELECT s.external_id AS id FROM castellan.subjects s JOIN castellan.credentials c ON c.subject_id = s.id
    WHERE s.type = 'user' AND s.external_id = ANY($1::text[])`,
};

/** Those of the ids whose users have a password. */
export async function usersWithPassword(sql: SqlExecutor, ids: readonly string[]): Promise<Set<string>> {
  return new Set((await sql.query<{ id: string }>(HAVING, [ids])).map(({ id }) => id));
}

const SAME_VERSION: Statement = {
  name: 'castellan_credential_of_version',
  text: 'SELECT 1 FROM castellan.credentials WHERE subject_id = $1::int AND version::text = $2::text',
};

/** @throws CastellanError `invalid_credentials` when the password is not the one of this version any more. */
export async function requireCredential(sql: SqlExecutor, subjectId: number, version: string): Promise<void> {
  const [same] = await sql.query(SAME_VERSION, [subjectId, version]);
  if (same) return;
  throw new CastellanError('invalid_credentials', 'The password was changed meanwhile; sign in with the new one.');
}

const SET: Statement = {
  name: 'castellan_set_password',
  text: `INSERT INTO castellan.credentials (subject_id, password_hash, version, changed_at)
    VALUES ($1::int, $2::text, $3::uuid, clock_timestamp())
    ON CONFLICT (subject_id) DO UPDATE SET
      password_hash = excluded.password_hash, version = excluded.version, changed_at = excluded.changed_at`,
};

/** Sets the user's password, which ends what was verified by the one before. */
export async function setPassword(sql: SqlExecutor, subjectId: number, passwordHash: string): Promise<void> {
  await sql.query(SET, [subjectId, passwordHash, randomUUID()]);
}

const RENEW: Statement = {
  name: 'castellan_renew_credential',
  text: 'UPDATE castellan.credentials SET version = $2::uuid WHERE subject_id = $1::int',
};

/** Ends what was verified by the user's password, which stays. */
export async function renewCredential(sql: SqlExecutor, subjectId: number): Promise<void> {
  await sql.query(RENEW, [subjectId, randomUUID()]);
}

const END_SESSIONS: Statement = {
  name: 'castellan_end_sessions',
  text: 'DELETE FROM castellan.sessions WHERE subject_id = $1::int',
};

/** Signs the user out everywhere. */
export async function endSessions(sql: SqlExecutor, subjectId: number): Promise<void> {
  await sql.query(END_SESSIONS, [subjectId]);
}
