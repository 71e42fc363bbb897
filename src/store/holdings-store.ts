import type { HoldingsSource } from '../core/authority.js';
import type { SubjectRef } from '../core/model.js';
import type { SqlExecutor, Statement } from './executor.js';
import { principalsOf, rolesOf } from './principals-sql.js';

const acting = (name: string, type: string, id: string, active: string): string => `${name} AS MATERIALIZED (
  SELECT *, principals || roles AS holders FROM (
    SELECT *, ${rolesOf('principals')} AS roles FROM (
      SELECT ${principalsOf({ id: 's.id', active })} AS principals
      FROM castellan.subjects s WHERE s.type = ${type} AND s.external_id = ${id} AND ${active}
    OFFSET 0) asked OFFSET 0) acting
)`;

/**
 * Whether there is a rule of the holder's that the author does not hold at the same place (or everywhere). What the holder has
 * as `anyone` or `authenticated` counts on both sides, so it never stands between them. A role is a holder of itself; a holder
 * that is inactive is measured by what it would have if it were not, and a superuser is covered by nobody; nor is one
 * that does not exist, so that it is refused like one that holds too much.
 * Values: author type and id, holder type and id.
 */
const UNCOVERED: Statement = {
  name: 'castellan_uncovered',
  text: `WITH ${acting('mine', '$1', '$2', 's.active')}, ${acting('own', '$3', '$4', 'true')},
theirs AS MATERIALIZED (
  SELECT holders || own_role AS holders, roles || own_role AS roles FROM own CROSS JOIN LATERAL (
    SELECT ARRAY(
      SELECT ei.included_id FROM castellan.subjects s JOIN castellan.effective_inclusions ei ON ei.role_id = s.id
      WHERE s.type = $3 AND s.external_id = $4 AND s.type = 'role'
    ) AS own_role OFFSET 0
  ) r
),
handed AS (
  SELECT g.permission_id, g.place_id, g.variant <> '' AS restricted FROM theirs, castellan.grants g WHERE g.subject_id = ANY(theirs.holders)
  UNION
  SELECT ru.permission_id, 0, ru.effect <> 'allow' OR ru.condition IS NOT NULL OR ru.fields <> '{}'
  FROM theirs, castellan.rules ru WHERE ru.role_id = ANY(theirs.roles)
)
(SELECT 1 AS uncovered FROM handed
WHERE restricted OR NOT EXISTS (
    SELECT 1 FROM mine JOIN castellan.grants g ON g.subject_id = ANY(mine.holders)
    WHERE g.permission_id = handed.permission_id AND g.place_id = ANY(ARRAY[0, handed.place_id]) AND g.variant = ''
  ) AND NOT EXISTS (
    SELECT 1 FROM mine JOIN castellan.rules ru ON ru.role_id = ANY(mine.roles)
    WHERE ru.permission_id = handed.permission_id AND ru.effect = 'allow' AND ru.condition IS NULL AND ru.fields = '{}'
  ) LIMIT 1)
UNION ALL SELECT 1 FROM castellan.subjects WHERE type = $3 AND external_id = $4 AND superuser
UNION ALL SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM castellan.subjects WHERE type = $3 AND external_id = $4)
LIMIT 1`,
};

const SUPERUSER: Statement = {
  name: 'castellan_is_superuser',
  text: 'SELECT superuser AND active AS superuser FROM castellan.subjects WHERE type = $1 AND external_id = $2',
};

/** Compares what two subjects hold, in SQL, over the transaction that asks. */
export class HoldingsStore implements HoldingsSource {
  constructor(private readonly sql: SqlExecutor) {}

  async coversHolder(author: SubjectRef, holder: SubjectRef): Promise<boolean> {
    const rows = await this.sql.query(UNCOVERED, [author.type, author.id, holder.type, holder.id]);
    return rows.length === 0;
  }

  async isSuperuser(subject: SubjectRef): Promise<boolean> {
    const [row] = await this.sql.query<{ superuser: boolean }>(SUPERUSER, [subject.type, subject.id]);
    return row?.superuser === true;
  }
}
