import type { SubjectRef } from '../core/model.js';
import { Credentials, type CredentialStamp, type StoredCredential } from '../core/ports/credentials.js';
import type { SqlExecutor, Statement } from './executor.js';
import { ONE_STATEMENT, SharedStatement, type Asking } from './shared-statement.js';
import type { QuestionLoad } from './store-load.js';

const BY_USERNAME: Statement = {
  name: 'castellan_credential_by_username',
  text: `SELECT s.id, s.type, s.external_id, c.password_hash, c.version::text AS version
    FROM castellan.subjects s JOIN castellan.credentials c ON c.subject_id = s.id
    WHERE s.username = $1 AND s.active`,
};

const STANDING_ONE: Statement = {
  name: 'castellan_credential_standing',
  text: `SELECT s.type, s.external_id, c.version::text AS version
    FROM castellan.credentials c JOIN castellan.subjects s ON s.id = c.subject_id
    WHERE c.subject_id = $1 AND s.active`,
};

const STANDING_MANY: Statement = {
  name: 'castellan_credentials_standing',
  text: `SELECT c.subject_id, s.type, s.external_id, c.version::text AS version
    FROM castellan.credentials c JOIN castellan.subjects s ON s.id = c.subject_id
    WHERE c.subject_id = ANY($1::int[]) AND s.active`,
};

// The version stays, and with it every session: the password is the same.
const REHASH: Statement = {
  name: 'castellan_credential_rehash',
  text: `UPDATE castellan.credentials SET password_hash = $4::text
    WHERE subject_id = $1::int AND version::text = $2::text AND password_hash = $3::text`,
};

interface StandingRow {
  readonly subject_id: number;
  readonly type: string;
  readonly external_id: string;
  readonly version: string;
}

/** Reads credentials; whether one still stands is asked on every request, so those questions share statements. */
export class PostgresCredentials extends Credentials {
  readonly #standing: SharedStatement<CredentialStamp, SubjectRef | null>;

  constructor(private readonly sql: SqlExecutor) {
    super();
    const asking: Asking<CredentialStamp, SubjectRef | null> = {
      one: async (stamp) => subjectOf((await sql.query<StandingRow>(STANDING_ONE, [stamp.subjectKey]))[0], stamp),
      many: async (stamps) => {
        const keys = [...new Set(stamps.map((stamp) => stamp.subjectKey))];
        const rows = await sql.query<StandingRow>(STANDING_MANY, [keys]);
        const byKey = new Map(rows.map((row) => [row.subject_id, row]));
        return stamps.map((stamp) => subjectOf(byKey.get(stamp.subjectKey), stamp));
      },
    };
    this.#standing = new SharedStatement(asking, ONE_STATEMENT);
  }

  async findByUsername(username: string): Promise<StoredCredential | null> {
    const [row] = await this.sql.query<{
      id: number;
      type: string;
      external_id: string;
      password_hash: string;
      version: string;
    }>(BY_USERNAME, [username]);
    if (!row) return null;
    return {
      subjectKey: row.id,
      subject: { type: row.type, id: row.external_id },
      passwordHash: row.password_hash,
      version: row.version,
    };
  }

  async rehash({ subjectKey, version, passwordHash: before }: StoredCredential, passwordHash: string): Promise<void> {
    await this.sql.query(REHASH, [subjectKey, version, before, passwordHash]);
  }

  get load(): QuestionLoad {
    return this.#standing.load;
  }

  standing(stamp: CredentialStamp): Promise<SubjectRef | null> {
    return this.#standing.ask(stamp);
  }
}

function subjectOf(row: StandingRow | undefined, stamp: CredentialStamp): SubjectRef | null {
  return row?.version === stamp.version ? { type: row.type, id: row.external_id } : null;
}
