import { CastellanError } from '../../core/errors.js';
import type { NewUser } from '../../core/ports/users.js';
import type { Statement } from '../executor.js';
import type { SqlTransaction } from '../transaction.js';
import { attributesJson } from './attributes-json.js';
import { setPassword } from './credential-rows.js';
import { insertPreparedObjects, prepareObjects } from './object-batch.js';
import { creatorIn, type Creation } from './object-rows.js';
import { SUBJECT_COLUMNS, type SubjectRow } from './subject-rows.js';

const TAKEN: Statement = {
  name: 'castellan_users_taken',
  text: `SELECT coalesce(username, external_id) AS name FROM castellan.subjects
    WHERE (type = 'user' AND external_id = ANY($1::text[])) OR username = ANY($2::text[]) LIMIT 1`,
};

const INSERT: Statement = {
  name: 'castellan_insert_users',
  text: `INSERT INTO castellan.subjects AS s (type, external_id, username, email, active, superuser, attributes)
    SELECT 'user', q.id, q.username, q.email, q.active, q.superuser, q.attributes::jsonb
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bool[], $5::bool[], $6::text[])
      WITH ORDINALITY AS q(id, username, email, active, superuser, attributes, n)
    ORDER BY q.n ON CONFLICT DO NOTHING RETURNING ${SUBJECT_COLUMNS}`,
};

/** A user that was made. */
export interface MadeUser {
  readonly row: SubjectRow;
  readonly passwordHash: string | undefined;
  readonly creation: Creation | undefined;
}

/** Makes users, in their order. @throws CastellanError `already_exists` for an id or a username that is taken, also by another of them. */
export async function insertUsers(tx: SqlTransaction, users: readonly NewUser[]): Promise<MadeUser[]> {
  const [ids, usernames] = [users.map(({ id }) => id), users.map(({ username }) => username)];
  const [taken] = await tx.sql.query<{ name: string }>(TAKEN, [ids, usernames]);
  if (taken) throw exists(taken.name);
  const twice = repeated(ids) ?? repeated(usernames);
  if (twice !== undefined) throw exists(twice);
  const creator = creatorIn(tx);
  const objects = users.map(({ id, attributes }) => ({ type: 'user', id, attributes }));
  const prepared = await prepareObjects(
    tx,
    objects,
    users.map(() => creator),
  );
  const inserted = await tx.sql.query<SubjectRow>(INSERT, [
    ids,
    usernames,
    users.map(({ email }) => email),
    users.map(({ active }) => active),
    users.map(({ superuser }) => superuser),
    users.map(({ attributes }) => attributesJson(attributes)),
  ]);
  const rows = new Map(inserted.map((row) => [row.id, row]));
  const creations = await insertPreparedObjects(tx, prepared);
  const made: MadeUser[] = [];
  for (const [index, { id, passwordHash }] of users.entries()) {
    const row = rows.get(id);
    if (!row) throw exists(id);
    if (passwordHash !== undefined) await setPassword(tx.sql, row.row_id, passwordHash);
    made.push({ row, passwordHash, creation: creations[index] });
  }
  return made;
}

function exists(name: string): CastellanError {
  return new CastellanError('already_exists', `There is a user ${name} already.`);
}

function repeated(names: readonly string[]): string | undefined {
  return names.length === new Set(names).size ? undefined : names.find((name, index) => names.indexOf(name) < index);
}
