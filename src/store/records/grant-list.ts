import type { SubjectRef } from '../../core/model.js';
import { parsePermission } from '../../core/identifiers.js';
import { GrantReader, type GrantFilter, type GrantRecord } from '../../core/ports/grants.js';
import type { Page } from '../../core/ports/lists.js';
import type { PrismaClient } from '../generated/client.js';
import { holdsOn, principalsOf, rolesOf } from '../principals-sql.js';
import { findGrant, GRANT_INCLUDE, grantRecord } from './grant-store.js';

// Seeing the grants at a place takes the place's type's `grant` there, and for an object its `view`, as for any act on it.
const VIEWER = `viewer AS MATERIALIZED (
  SELECT *, principals || roles AS holders FROM (
    SELECT *, ${rolesOf('principals')} AS roles FROM (
      SELECT coalesce(s.superuser, false) AS superuser, ${principalsOf({ id: 's.id', active: 's.active' })} AS principals
      FROM castellan.subjects s WHERE s.type = $1 AND s.external_id = $2 AND s.active
    OFFSET 0) asked OFFSET 0) acting
)`;

const VISIBLE = `(v.superuser OR (
  ${holdsOn('v', 'coalesce(o.type_id, p.type_id)', 'grant', 'g.place_id')}
  AND (g.object_id IS NULL OR ${holdsOn('v', 'o.type_id', 'view', 'g.place_id')})
))`;

// The places where the viewer holds a grant action by a grant of its own.
const OWN_PLACES = `ARRAY(SELECT og.place_id FROM viewer v
  JOIN castellan.grants og ON og.subject_id = ANY(v.holders) AND og.variant = '' AND og.place_id <> 0
  JOIN castellan.permissions op ON op.id = og.permission_id AND op.action = 'grant')`;

// Whether there may be more than that: a superuser, or one who holds the grant action of some type everywhere.
const REACH = `WITH ${VIEWER}
  SELECT v.superuser OR EXISTS (
    SELECT 1 FROM castellan.permissions p WHERE p.action = 'grant' AND ${holdsOn('v', 'p.type_id', 'grant', '0')}
  ) AS everywhere FROM viewer v`;

/** Lists grants by their ids, which are in the order they were made. */
export class PostgresGrantReader extends GrantReader {
  constructor(private readonly prisma: PrismaClient) {
    super();
  }

  find(id: string): Promise<GrantRecord | null> {
    return findGrant(this.prisma, id);
  }

  async list(question: {
    viewer: SubjectRef;
    filter: GrantFilter;
    limit: number;
    after?: string | undefined;
  }): Promise<Page<GrantRecord>> {
    const { viewer, limit } = question;
    const { conditions, values } = narrowing(question.filter, question.after);
    const [reach] = await this.prisma.$queryRawUnsafe<{ everywhere: boolean }[]>(REACH, viewer.type, viewer.id);
    if (!reach) return { items: [], next: null };
    // Only says where to look, not what may be seen: walking all grants for the few of some places would never end.
    if (!reach.everywhere) conditions.push(`g.object_id = ANY(${OWN_PLACES})`);
    const found = await this.prisma.$queryRawUnsafe<{ id: string }[]>(
      `WITH ${VIEWER}
      SELECT g.id::text AS id FROM viewer v, castellan.grants g
      JOIN castellan.permissions p ON p.id = g.permission_id
      LEFT JOIN castellan.objects o ON o.id = g.object_id
      WHERE ${[VISIBLE, ...conditions].join(' AND ')}
      ORDER BY g.id LIMIT $3::int`,
      viewer.type,
      viewer.id,
      limit + 1,
      ...values,
    );
    const ids = found.slice(0, limit).map((row) => row.id);
    const rows = await this.prisma.grant.findMany({
      where: { id: { in: ids } },
      include: GRANT_INCLUDE,
      orderBy: { id: 'asc' },
    });
    return { items: rows.map(grantRecord), next: found.length > limit ? (ids.at(-1) ?? null) : null };
  }
}

function narrowing(filter: GrantFilter, after: string | undefined): { conditions: string[]; values: unknown[] } {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const value = (of: unknown): string => `$${3 + values.push(of)}::text`;
  const { subject, object } = filter;
  if (subject) {
    conditions.push(
      `g.subject_id = (SELECT id FROM castellan.subjects WHERE type = ${value(subject.type)} AND external_id = ${value(subject.id)})`,
    );
  }
  if (object) {
    conditions.push(`g.object_id = (SELECT fo.id FROM castellan.objects fo JOIN castellan.types ft ON ft.id = fo.type_id
      WHERE ft.name = ${value(object.type)} AND fo.external_id = ${value(object.id)})`);
  }
  if (filter.permission !== undefined) {
    const permission = parsePermission(filter.permission);
    conditions.push(`g.permission_id = (SELECT fp.id FROM castellan.permissions fp JOIN castellan.types ft ON ft.id = fp.type_id
      WHERE ft.name = ${value(permission?.type ?? null)} AND fp.action = ${value(permission?.action ?? null)})`);
  }
  if (after !== undefined) conditions.push(`g.id > ${value(after)}::uuid`);
  return { conditions, values };
}
