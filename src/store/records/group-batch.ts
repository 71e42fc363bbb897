import { isBuiltInGroup } from '../../core/built-ins.js';
import { CastellanError, unknownReference } from '../../core/errors.js';
import { refName } from '../../core/model.js';
import type { MemberOf } from '../../core/ports/groups.js';
import { MEMBERSHIPS, recomputeClosure, requireEdgeFits } from '../closures.js';
import type { SqlExecutor, Statement } from '../executor.js';
import { membersOf } from './list-values.js';

const EDGES = `unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS q(group_id, type, id, n)
    LEFT JOIN castellan.subjects g ON g.type = 'group' AND g.external_id = q.group_id
    LEFT JOIN castellan.subjects s ON s.type = q.type AND s.external_id = q.id`;

const STANDING: Statement = {
  name: 'castellan_standing_members',
  text: `SELECT q.n::int AS n, m.from_provider FROM ${EDGES}
    JOIN castellan.memberships m ON m.group_id = g.id AND m.member_id = s.id`,
};

const RESOLVE: Statement = {
  name: 'castellan_resolve_members',
  text: `SELECT g.id AS group_id, s.id AS member_id FROM ${EDGES} ORDER BY q.n`,
};

const INSERT: Statement = {
  name: 'castellan_insert_members',
  text: `INSERT INTO castellan.memberships (group_id, member_id) SELECT q.group_id, q.member_id
    FROM unnest($1::int[], $2::int[]) WITH ORDINALITY AS q(group_id, member_id, n) ORDER BY q.n`,
};

/** Which of the memberships there are, by their places in the list. */
export async function standingMembers(
  sql: SqlExecutor,
  members: readonly MemberOf[],
): Promise<Map<number, { readonly fromProvider: boolean }>> {
  const rows = await sql.query<{ n: number; from_provider: boolean }>(STANDING, membersOf(members));
  return new Map(rows.map(({ n, from_provider }) => [n - 1, { fromProvider: from_provider }]));
}

/**
 * Puts subjects that are no groups into groups that they are not in yet, each once.
 *
 * @throws CastellanError `unknown_reference`, `built_in`, `too_deep`; nothing is written then.
 */
export async function joinGroups(sql: SqlExecutor, members: readonly MemberOf[]): Promise<void> {
  const found = await sql.query<{ group_id: number | null; member_id: number | null }>(RESOLVE, membersOf(members));
  const edges = members.map(({ group, member }, index) => {
    const { group_id: upper, member_id: lower } = found[index] ?? {};
    if (isBuiltInGroup({ type: 'group', id: group }))
      throw new CastellanError('built_in', `The group ${group} is built in: it has no list of members.`);
    if (!upper) throw unknownReference('group', `group ${group}`);
    if (!lower || member.type === 'group' || member.type === 'role')
      throw unknownReference('member', `${refName(member)} to be a member`);
    return { upper, lower, name: `${refName(member)} in group:${group}` };
  });
  // Nobody is in what is no group: whether one of them fits into a group says it of all.
  const oneOfEach = new Map(edges.map((edge) => [edge.upper, edge]));
  for (const edge of oneOfEach.values()) await requireEdgeFits(sql, MEMBERSHIPS, edge);
  await sql.query(INSERT, [edges.map(({ upper }) => upper), edges.map(({ lower }) => lower)]);
  await recomputeClosure(sql, MEMBERSHIPS, [...new Set(edges.map(({ lower }) => lower))]);
}
