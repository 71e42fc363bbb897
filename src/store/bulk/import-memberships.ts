import { MAX_DEPTH } from '../../core/built-ins.js';
import { CastellanError } from '../../core/errors.js';
import { affectedBy, MEMBERSHIPS, recomputeClosure, requireEdgeFits } from '../closures.js';
import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import { ANYONE_ID, AUTHENTICATED_ID } from '../principals-sql.js';
import type { Outcome, Reject } from './bulk-rows.js';
import { outcomeOf } from './import-subjects.js';

const BUILT_IN = `(${ANYONE_ID}, ${AUTHENTICATED_ID})`;

const ROWS = `SELECT q.line, q.member_type, q.from_provider, q.group_id AS group_name, q.member_id AS member_name, g.id AS gid, m.id AS mid
  FROM pg_temp.import_memberships q
  LEFT JOIN castellan.subjects g ON g.type = 'group' AND g.external_id = q.group_id
  LEFT JOIN castellan.subjects m ON m.type = q.member_type AND m.external_id = q.member_id`;
const FIT = `gid IS NOT NULL AND mid IS NOT NULL AND gid NOT IN ${BUILT_IN} AND mid NOT IN ${BUILT_IN}`;

const REFUSED = `WITH placed AS (${ROWS})
  SELECT line, CASE WHEN gid IN ${BUILT_IN} THEN 'built_in' ELSE 'unknown_reference' END AS code,
    CASE WHEN gid IS NULL THEN 'group: there is no group ' || group_name || '.'
      WHEN gid IN ${BUILT_IN} THEN 'The group ' || group_name || ' is built in: it has no list of members.'
      ELSE 'member: there is no ' || member_type || ' ' || member_name || ' to be a member.' END AS reason
  FROM placed WHERE NOT coalesce(${FIT}, false) ORDER BY line`;

// Somebody wants it to stay, whatever the identity provider says from now on.
const KEEP = `WITH placed AS (${ROWS})
  UPDATE castellan.memberships c SET from_provider = false FROM placed
  WHERE c.group_id = placed.gid AND c.member_id = placed.mid AND c.from_provider AND NOT placed.from_provider RETURNING 1`;

interface GroupEdge {
  readonly line: string;
  readonly gid: number;
  readonly mid: number;
  readonly group_name: string;
  readonly member_name: string;
  readonly from_provider: boolean;
}

const GROUP_EDGES = `WITH placed AS (${ROWS})
  SELECT line, gid, mid, group_name, member_name, from_provider FROM placed
  WHERE ${FIT} AND member_type = 'group'
    AND NOT EXISTS (SELECT 1 FROM castellan.memberships c WHERE c.group_id = gid AND c.member_id = mid)
  ORDER BY line`;

// How many levels of groups are above each group: no more than that many steps are looked at.
const HEIGHTS = `walk(start, id, depth) AS (
    SELECT DISTINCT gid, gid, 0 FROM fresh
    UNION
    SELECT walk.start, edge.group_id, walk.depth + 1 FROM walk JOIN castellan.memberships edge ON edge.member_id = walk.id
    WHERE walk.depth <= ${MAX_DEPTH}
  ), heights AS MATERIALIZED (SELECT start AS gid, max(depth) AS height FROM walk GROUP BY 1)`;

const JOIN = `WITH RECURSIVE fresh AS MATERIALIZED (
    SELECT DISTINCT ON (gid, mid) placed.* FROM (${ROWS}) placed
    WHERE ${FIT} AND member_type <> 'group'
      AND NOT EXISTS (SELECT 1 FROM castellan.memberships c WHERE c.group_id = gid AND c.member_id = mid)
    ORDER BY gid, mid, line
  ), ${HEIGHTS}, made AS (
    INSERT INTO castellan.memberships (group_id, member_id, from_provider)
    SELECT f.gid, f.mid, f.from_provider FROM fresh f JOIN heights h ON h.gid = f.gid WHERE 1 + h.height <= ${MAX_DEPTH}
    ON CONFLICT DO NOTHING RETURNING group_id, member_id
  ), paths AS (
    INSERT INTO castellan.effective_memberships (member_id, group_id)
    SELECT member_id, group_id FROM made
    UNION SELECT made.member_id, up.group_id FROM made JOIN castellan.effective_memberships up ON up.member_id = made.group_id
    ON CONFLICT DO NOTHING
  )
  SELECT count(*)::int AS created FROM made`;

const LEFT_OUT = `WITH placed AS (${ROWS})
  SELECT line, 'too_deep' AS code,
    member_type || ':' || member_name || ' in group:' || group_name || ': it would nest deeper than ${MAX_DEPTH}.' AS reason
  FROM placed WHERE ${FIT} AND member_type <> 'group'
    AND NOT EXISTS (SELECT 1 FROM castellan.memberships c WHERE c.group_id = gid AND c.member_id = mid)
  ORDER BY line`;

const INSERT_EDGE = `INSERT INTO castellan.memberships (group_id, member_id, from_provider) VALUES ($1::int, $2::int, $3::bool)
  ON CONFLICT DO NOTHING RETURNING 1`;

/** Makes the memberships of a batch: first those of groups, one by one, as only they can close a circle; then all others at once. */
export async function importMemberships(sql: SqlExecutor): Promise<Outcome> {
  const refused = await run<Reject>(sql, REFUSED);
  const nested = await nestGroups(sql);
  const [joined] = await run<{ created: number }>(sql, JOIN);
  const tooDeep = await run<Reject>(sql, LEFT_OUT);
  // Last, as the row may follow the provider's own in this batch.
  const kept = await run(sql, KEEP);
  const created = nested.created + (joined?.created ?? 0);
  return outcomeOf(created, [...refused, ...nested.rejects, ...tooDeep], kept.length);
}

async function nestGroups(sql: SqlExecutor): Promise<Outcome> {
  const rejects: Reject[] = [];
  let created = 0;
  for (const edge of await run<GroupEdge>(sql, GROUP_EDGES)) {
    const { gid, mid, group_name, member_name, from_provider } = edge;
    try {
      const name = `group:${member_name} in group:${group_name}`;
      await requireEdgeFits(sql, MEMBERSHIPS, { lower: mid, upper: gid, name });
    } catch (error) {
      if (!(error instanceof CastellanError) || (error.code !== 'cycle' && error.code !== 'too_deep')) throw error;
      rejects.push({ line: Number(edge.line), code: error.code, reason: error.detail });
      continue;
    }
    if ((await run(sql, INSERT_EDGE, [gid, mid, from_provider])).length === 0) continue;
    created += 1;
    await recomputeClosure(sql, MEMBERSHIPS, await affectedBy(sql, MEMBERSHIPS, mid));
  }
  return { created, rejects };
}
