import { CastellanError, notFound } from '../../core/errors.js';
import type { ObjectRef, SubjectRef } from '../../core/model.js';
import { UserReader, type NewUser, type UserChange, type UserRecord, type UserWriter } from '../../core/ports/users.js';
import { PrismaExecutor, type SqlExecutor, type Statement } from '../executor.js';
import type { PrismaClient } from '../generated/client.js';
import type { SqlTransaction } from '../transaction.js';
import { attributesJson } from './attributes-json.js';
import { endSessions, renewCredential, requireCredential, setPassword, usersWithPassword } from './credential-rows.js';
import { creatorIn, deleteObjectRows, insertPrepared, prepareObject, requireDeletable } from './object-rows.js';
import { insertUsers } from './user-batch.js';
import { deleteSubjectRow, findSubjectRow, readSubjectRows, SUBJECT_COLUMNS, type SubjectRow } from './subject-rows.js';

const TAKEN: Statement = {
  name: 'castellan_username_taken',
  text: 'SELECT 1 FROM castellan.subjects WHERE username = $1::text',
};

// Somebody else may have made it meanwhile, past Castellan: that is an answer, and leaves the transaction as it is.
const INSERT: Statement = {
  name: 'castellan_insert_user',
  text: `INSERT INTO castellan.subjects AS s (type, external_id, username, email, active, superuser, attributes)
    VALUES ('user', $1::text, $2::text, $3::text, $4::bool, $5::bool, $6::jsonb)
    ON CONFLICT DO NOTHING RETURNING ${SUBJECT_COLUMNS}`,
};

const UPDATE: Statement = {
  name: 'castellan_update_user',
  text: `UPDATE castellan.subjects s SET username = coalesce($2::text, s.username),
      email = CASE WHEN $3::bool THEN $4::text ELSE s.email END, active = coalesce($5::bool, s.active),
      superuser = coalesce($6::bool, s.superuser), attributes = coalesce($7::jsonb, s.attributes)
    WHERE s.id = $1::int RETURNING ${SUBJECT_COLUMNS}`,
};

// Conditions on the user as a resource ask for the same as those on the user as a subject.
const UPDATE_OBJECT: Statement = {
  name: 'castellan_update_user_object',
  text: `UPDATE castellan.objects o SET attributes = $2::jsonb FROM castellan.types t
    WHERE t.id = o.type_id AND t.name = 'user' AND o.external_id = $1::text`,
};

const COUNT_SUPERUSERS: Statement = {
  name: 'castellan_count_superusers',
  text: `SELECT count(*)::int AS count FROM castellan.subjects WHERE superuser AND active AND type = 'user'`,
};

export class PrismaUserReader extends UserReader {
  readonly #sql: SqlExecutor;

  constructor(prisma: PrismaClient) {
    super();
    this.#sql = new PrismaExecutor(prisma);
  }

  async find(id: string): Promise<UserRecord | null> {
    const row = await findSubjectRow(this.#sql, refOf(id));
    return row && recordOf(row);
  }

  async findMany(ids: readonly string[]): Promise<UserRecord[]> {
    return (await readSubjectRows(this.#sql, 'user', ids)).map(recordOf);
  }

  withPassword(ids: readonly string[]): Promise<Set<string>> {
    return usersWithPassword(this.#sql, ids);
  }
}

/** Writes users in the transaction that it is given, be it the store's own or an app's. Nothing is written when it refuses. */
export class SqlUserWriter implements UserWriter {
  constructor(private readonly tx: SqlTransaction) {}

  async find(id: string): Promise<UserRecord | null> {
    const row = await findSubjectRow(this.tx.sql, refOf(id));
    return row && recordOf(row);
  }

  async findMany(ids: readonly string[]): Promise<UserRecord[]> {
    return (await readSubjectRows(this.tx.sql, 'user', ids)).map(recordOf);
  }

  withPassword(ids: readonly string[]): Promise<Set<string>> {
    return usersWithPassword(this.tx.sql, ids);
  }

  async createMany(users: readonly NewUser[]): Promise<UserRecord[]> {
    const made = await insertUsers(this.tx, users);
    return made.map(({ row, passwordHash, creation }) => {
      const record = recordOf(row);
      const after = { ...audited(record, passwordHash), ...creation };
      this.tx.changes.add({ action: 'user.create', target: refOf(record.id), before: null, after });
      return record;
    });
  }

  /** The creator gets on the user, as an object, what the type says; the author, unless another one is named. */
  async create(user: NewUser, creator: SubjectRef | null = creatorIn(this.tx)): Promise<UserRecord> {
    const { passwordHash, id, username, email, active, superuser, attributes } = user;
    await this.#requireFree(id, username);
    const object = await prepareObject(this.tx, { ...refOf(id), attributes }, creator);
    const values = [id, username, email, active, superuser, attributesJson(attributes)];
    const [row] = await this.tx.sql.query<SubjectRow>(INSERT, values);
    if (!row) {
      await this.#requireFree(id, username);
      throw taken('id', id);
    }
    const creation = await insertPrepared(this.tx, object);
    if (passwordHash !== undefined) await setPassword(this.tx.sql, row.row_id, passwordHash);
    const record = recordOf(row);
    this.tx.changes.add({
      action: 'user.create',
      target: refOf(id),
      before: null,
      after: { ...audited(record, passwordHash), ...creation },
    });
    return record;
  }

  async update(id: string, change: UserChange): Promise<UserRecord> {
    const { sql } = this.tx;
    const before = await findSubjectRow(sql, refOf(id));
    if (!before) throw notFound();
    const { passwordHash, ifCredentialVersion, ...values } = change;
    if (ifCredentialVersion !== undefined) await requireCredential(sql, before.row_id, ifCredentialVersion);
    const { username, active = before.active, superuser = before.superuser, attributes } = values;
    const newName = username === before.username ? undefined : username;
    if (newName !== undefined) await this.#requireFreeUsername(newName);
    if (isStandingSuperuser(before) && !(superuser && active)) await this.#requireAnotherSuperuser();
    const row = await this.#write(before.row_id, values);
    if (attributes) await sql.query(UPDATE_OBJECT, [id, attributesJson(attributes)]);
    // What was verified before ends: under a name that may be another user's by now, or for a sign-in that is still under way
    // and would outlast the deactivation.
    if (passwordHash !== undefined) await setPassword(sql, row.row_id, passwordHash);
    else if (newName !== undefined || (before.active && !row.active)) await renewCredential(sql, row.row_id);
    if (!row.active) await endSessions(sql, row.row_id);
    const record = recordOf(row);
    const action = passwordHash !== undefined && Object.keys(values).length === 0 ? 'user.password' : 'user.update';
    this.tx.changes.add({ action, target: refOf(id), before: recordOf(before), after: audited(record, passwordHash) });
    return record;
  }

  async delete(id: string): Promise<void> {
    const before = await findSubjectRow(this.tx.sql, refOf(id));
    if (!before) throw notFound();
    const object = await requireDeletable(this.tx, refOf(id));
    if (isStandingSuperuser(before)) await this.#requireAnotherSuperuser();
    if (object) await deleteObjectRows(this.tx.sql, [object.row_id]);
    await deleteSubjectRow(this.tx.sql, before.row_id);
    this.tx.changes.add({ action: 'user.delete', target: refOf(id), before: recordOf(before), after: null });
  }

  async countActiveSuperusers(): Promise<number> {
    const [row] = await this.tx.sql.query<{ count: number }>(COUNT_SUPERUSERS, []);
    return row?.count ?? 0;
  }

  async #write(rowId: number, values: UserChange): Promise<SubjectRow> {
    const { username = null, email, active = null, superuser = null, attributes } = values;
    const [row] = await this.tx.sql.query<SubjectRow>(UPDATE, [
      rowId,
      username,
      email !== undefined,
      email ?? null,
      active,
      superuser,
      attributes ? attributesJson(attributes) : null,
    ]);
    if (!row) throw notFound();
    return row;
  }

  async #requireFree(id: string, username: string): Promise<void> {
    if (await findSubjectRow(this.tx.sql, refOf(id))) throw taken('id', id);
    await this.#requireFreeUsername(username);
  }

  async #requireFreeUsername(username: string): Promise<void> {
    const [row] = await this.tx.sql.query(TAKEN, [username]);
    if (row) throw taken('username', username);
  }

  /** Of a superuser who stands and is to go. */
  async #requireAnotherSuperuser(): Promise<void> {
    if ((await this.countActiveSuperusers()) > 1) return;
    throw new CastellanError('last_superuser', 'This is the last active superuser: make another one first.');
  }
}

function isStandingSuperuser(row: SubjectRow): boolean {
  return row.superuser && row.active;
}

function taken(path: string, value: string): CastellanError {
  return new CastellanError('already_exists', `${path}: there is a user ${value} already.`, [
    { path, message: 'is taken' },
  ]);
}

function refOf(id: string): ObjectRef {
  return { type: 'user', id };
}

// The trail says that a password was set, never what was stored of it.
function audited(record: UserRecord, passwordHash: string | undefined): object {
  return passwordHash === undefined ? record : { ...record, password: 'set' };
}

function recordOf({ id, username, email, active, superuser, attributes }: SubjectRow): UserRecord {
  return { id, username: username ?? id, email, active, superuser, attributes };
}
