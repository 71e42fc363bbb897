import type { SubjectRef } from '../../core/model.js';
import type { AssignmentFilter } from '../../core/ports/assignments.js';
import type { PrismaClient } from '../generated/client.js';
import { FilterSql } from './filter-sql.js';
import { heldBy, reachOf, withinHeld, type Reach } from './reach.js';
import type { Candidate } from './visible-page.js';

const VIEWING = `t.name = 'assignment' AND p.action = 'view'`;

/** Reads the assignments that the viewer may be able to see, by their ids. */
export async function assignmentCandidates(
  prisma: PrismaClient,
  viewer: SubjectRef,
  filter: AssignmentFilter,
): Promise<(after: string | undefined, count: number) => Promise<Candidate[]>> {
  const reach = await reachOf(prisma, viewer, VIEWING);
  if (!reach) return async () => [];
  return async (after, count) => {
    const sql = new FilterSql(4);
    const within = withinReach(reach, sql);
    if (within !== undefined) sql.conditions.push(within);
    const { subject, role, object } = filter;
    if (subject) sql.conditions.push(`a.subject_id = ${sql.subjectId(subject)}`);
    if (role !== undefined) sql.conditions.push(`a.role_id = ${sql.subjectId({ type: 'role', id: role })}`);
    if (object) sql.conditions.push(`a.object_id = ${sql.objectId(object)}`);
    if (after !== undefined) sql.conditions.push(`a.id > ${sql.value(after)}::uuid`);
    return prisma.$queryRawUnsafe<Candidate[]>(
      `WITH ${heldBy(VIEWING)}
      SELECT a.id::text AS id, ot.name AS object_type, o.external_id AS object_id
      FROM castellan.assignments a
      LEFT JOIN castellan.objects o ON o.id = a.object_id LEFT JOIN castellan.types ot ON ot.id = o.type_id
      WHERE true${sql.sql}
      ORDER BY a.id LIMIT $3::int`,
      viewer.type,
      viewer.id,
      count,
      ...sql.values,
    );
  };
}

// What is held everywhere is held on every object.
function withinReach({ superuser, types, objects }: Reach, sql: FilterSql): string | undefined {
  if (superuser || types.length > 0) return undefined;
  return objects ? `a.object_id = ANY(${sql.value(objects)}::bigint[])` : withinHeld('a.object_id');
}
