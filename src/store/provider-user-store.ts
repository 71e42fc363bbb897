import { ProviderUsers, type ProviderSaying, type ProviderUser } from '../core/ports/provider-users.js';
import type { SqlExecutor, Statement } from './executor.js';
import { GROUPS_LACK } from './provider-groups-sql.js';
import { ONE_STATEMENT, SharedStatement, type Asking } from './shared-statement.js';

const PLAIN_ONE: Statement = {
  name: 'castellan_provider_user',
  text: `SELECT s.external_id AS id, 'kept' AS groups FROM castellan.subjects s
    WHERE s.type = 'user' AND s.external_id = $1::text AND s.active`,
};

const PLAIN_MANY: Statement = {
  name: 'castellan_provider_users',
  text: `SELECT s.external_id AS id, 'kept' AS groups FROM castellan.subjects s
    WHERE s.type = 'user' AND s.external_id = ANY($1::text[]) AND s.active`,
};

const WITH_GROUPS: Statement = {
  name: 'castellan_provider_users_with_groups',
  text: `SELECT q.n::int AS n, s.external_id AS id,
      CASE WHEN said.said_at > to_timestamp(q.at) OR said.said_at = to_timestamp(q.at) AND NOT ${GROUPS_LACK} THEN 'kept' ELSE 'to follow' END AS groups
    FROM unnest($1::text[], $2::jsonb[], $3::float8[]) WITH ORDINALITY AS q(id, groups, at, n)
    JOIN castellan.subjects s ON s.type = 'user' AND s.external_id = q.id AND s.active
    LEFT JOIN castellan.provider_sayings said ON said.subject_id = s.id`,
};

interface UserRow {
  readonly n: number;
  readonly id: string;
  readonly groups: ProviderUser['groups'];
}

/** Looks users up for an identity provider; it is asked on every request that brings its token, so those questions share statements. */
export class PostgresProviderUsers extends ProviderUsers {
  readonly #plain: SharedStatement<string, ProviderUser | null>;
  readonly #withGroups: SharedStatement<ProviderSaying, ProviderUser | null>;

  constructor(sql: SqlExecutor) {
    super();
    const plain: Asking<string, ProviderUser | null> = {
      one: async (id) => userIn((await sql.query<UserRow>(PLAIN_ONE, [id]))[0]),
      many: async (ids) => {
        const rows = await sql.query<UserRow>(PLAIN_MANY, [[...new Set(ids)]]);
        const byId = new Map(rows.map((row) => [row.id, row]));
        return ids.map((id) => userIn(byId.get(id)));
      },
    };
    const many = async (sayings: readonly ProviderSaying[]): Promise<(ProviderUser | null)[]> => {
      // A token that is remembered says the very same each time.
      const distinct = [...new Set(sayings)];
      const rows = await sql.query<UserRow>(WITH_GROUPS, [
        distinct.map(({ user }) => user),
        distinct.map(({ groups }) => JSON.stringify(groups?.ids ?? [])),
        distinct.map(({ groups }) => groups?.at ?? 0),
      ]);
      const bySaying = new Map(rows.map((row) => [distinct[row.n - 1], row]));
      return sayings.map((saying) => userIn(bySaying.get(saying)));
    };
    const withGroups: Asking<ProviderSaying, ProviderUser | null> = {
      one: async (saying) => (await many([saying]))[0] ?? null,
      many,
    };
    this.#plain = new SharedStatement(plain, ONE_STATEMENT);
    this.#withGroups = new SharedStatement(withGroups, ONE_STATEMENT);
  }

  standing(saying: ProviderSaying): Promise<ProviderUser | null> {
    return saying.groups ? this.#withGroups.ask(saying) : this.#plain.ask(saying.user);
  }
}

function userIn(row: UserRow | undefined): ProviderUser | null {
  return row ? { subject: { type: 'user', id: row.id }, groups: row.groups } : null;
}
