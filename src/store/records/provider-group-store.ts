import type { ProviderGroupWriter } from '../../core/ports/groups.js';
import type { SaidGroups } from '../../core/ports/provider-users.js';
import { NOT_IN, NOT_SAID, NOTE_SAYING, SAID_GROUPS } from '../provider-groups-sql.js';
import type { Statement } from '../executor.js';
import type { SqlTransaction } from '../transaction.js';
import { SqlGroupWriter } from './group-store.js';
import { findSubjectRow } from './subject-rows.js';

const NOTE: Statement = {
  name: 'castellan_note_provider_saying_of',
  text: `INSERT INTO castellan.provider_sayings AS said (subject_id, said_at) VALUES ($1::int, to_timestamp($2::float8))
    ${NOTE_SAYING} RETURNING 1 AS noted`,
};

const IS_NOTED: Statement = {
  name: 'castellan_is_provider_saying_noted',
  text: 'SELECT 1 FROM castellan.provider_sayings WHERE subject_id = $1::int AND said_at = to_timestamp($2::float8)',
};

const ASKED = '(SELECT $1::int AS id) s, (SELECT $2::jsonb AS groups) q';

const MISSING: Statement = {
  name: 'castellan_missing_provider_groups',
  text: `SELECT g.external_id AS id FROM ${ASKED}, ${SAID_GROUPS} AND ${NOT_IN} ORDER BY g.id`,
};

const EXTRA: Statement = {
  name: 'castellan_extra_provider_groups',
  text: `SELECT g.external_id AS id FROM ${ASKED}, ${NOT_SAID} ORDER BY g.id`,
};

const MARK: Statement = {
  name: 'castellan_mark_provider_membership',
  text: `UPDATE castellan.memberships m SET from_provider = true FROM castellan.subjects g
    WHERE g.type = 'group' AND g.external_id = $2::text AND m.group_id = g.id AND m.member_id = $1::int`,
};

/** Keeps memberships as the identity provider says, in the transaction that it is given. */
export class SqlProviderGroupWriter implements ProviderGroupWriter {
  constructor(private readonly tx: SqlTransaction) {}

  async follow(user: string, said: SaidGroups): Promise<void> {
    const { sql } = this.tx;
    const member = { type: 'user', id: user };
    const row = await findSubjectRow(sql, member);
    if (row?.active !== true) return;
    const [sameSecond] = await sql.query(IS_NOTED, [row.row_id, said.at]);
    const [noted] = await sql.query(NOTE, [row.row_id, said.at]);
    if (!noted) return;
    const asked = [row.row_id, JSON.stringify(said.ids)];
    const groups = new SqlGroupWriter(this.tx);
    const extra = sameSecond ? [] : await sql.query<{ id: string }>(EXTRA, asked);
    for (const { id } of extra) await groups.removeMember(id, member);
    for (const { id } of await sql.query<{ id: string }>(MISSING, asked)) {
      await groups.addMember(id, member);
      await sql.query(MARK, [row.row_id, id]);
    }
  }
}
