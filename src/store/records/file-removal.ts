import type { UnnamedThings } from '../../core/ports/file-marks.js';
import type { MemberOf } from '../../core/ports/groups.js';
import { MEMBERSHIPS, recomputeClosure } from '../closures.js';
import type { Statement } from '../executor.js';
import type { Transaction } from '../transaction.js';
import { idsOf, membersOf, refsOf } from './list-values.js';
import { deleteLowestFirst } from './object-subtree.js';

const DELETE_GRANTS: Statement = {
  name: 'castellan_delete_grants',
  text: 'DELETE FROM castellan.grants WHERE id = ANY($1::uuid[])',
};

const DELETE_ASSIGNMENTS: Statement = {
  name: 'castellan_delete_assignments',
  text: 'DELETE FROM castellan.assignments WHERE id = ANY($1::uuid[])',
};

const EDGES = `unnest($1::text[], $2::text[], $3::text[]) AS q(group_id, type, id)
    JOIN castellan.subjects g ON g.type = 'group' AND g.external_id = q.group_id
    JOIN castellan.subjects s ON s.type = q.type AND s.external_id = q.id`;

// Read before any edge goes: those from whom a path leads over one of the edges.
const AFFECTED: Statement = {
  name: 'castellan_affected_by_edges',
  text: `WITH lower AS (SELECT DISTINCT s.id FROM ${EDGES})
    SELECT id FROM lower UNION SELECT e.member_id FROM lower JOIN castellan.effective_memberships e ON e.group_id = lower.id`,
};

const DELETE_MEMBERS: Statement = {
  name: 'castellan_delete_members',
  text: `DELETE FROM castellan.memberships m USING ${EDGES} WHERE m.group_id = g.id AND m.member_id = s.id`,
};

const LOWEST_FIRST: Statement = {
  name: 'castellan_objects_lowest_first',
  text: `SELECT o.id::text AS id FROM unnest($1::text[], $2::text[]) AS q(type, id)
    JOIN castellan.types t ON t.name = q.type JOIN castellan.objects o ON o.type_id = t.id AND o.external_id = q.id
    ORDER BY (SELECT count(*) FROM castellan.ancestry a WHERE a.descendant_id = o.id) DESC, o.id`,
};

/** Removes what nothing hangs on: each has a row in the audit trail, as if it were removed by itself. */
export async function removeLeaves(
  tx: Transaction,
  { grants, assignments, members, objects }: Pick<UnnamedThings, 'grants' | 'assignments' | 'members' | 'objects'>,
): Promise<void> {
  if (grants.length > 0) await tx.sql.query(DELETE_GRANTS, idsOf(grants.map(({ id }) => id)));
  for (const grant of grants)
    tx.changes.add({ action: 'grant.delete', target: { type: 'grant', id: grant.id }, before: grant, after: null });
  if (assignments.length > 0) await tx.sql.query(DELETE_ASSIGNMENTS, idsOf(assignments.map(({ id }) => id)));
  for (const assignment of assignments) {
    const target = { type: 'assignment', id: assignment.id };
    tx.changes.add({ action: 'assignment.delete', target, before: assignment, after: null });
  }
  if (members.length > 0) await removeMembers(tx, members);
  const rows = objects.length > 0 ? await tx.sql.query<{ id: string }>(LOWEST_FIRST, refsOf(objects)) : [];
  await deleteLowestFirst(
    tx,
    rows.map(({ id }) => id),
  );
}

async function removeMembers(tx: Transaction, members: readonly MemberOf[]): Promise<void> {
  const edges = membersOf(members);
  const affected = await tx.sql.query<{ id: number }>(AFFECTED, edges);
  await tx.sql.query(DELETE_MEMBERS, edges);
  await recomputeClosure(
    tx.sql,
    MEMBERSHIPS,
    affected.map(({ id }) => id),
  );
  for (const { group, member } of members) {
    const target = { type: 'group', id: group };
    tx.changes.add({ action: 'group.member.remove', target, before: { member }, after: null });
  }
}
