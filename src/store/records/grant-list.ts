import type { Decider } from '../../core/decider.js';
import { parsePermission } from '../../core/identifiers.js';
import type { Question, SubjectRef } from '../../core/model.js';
import { isNarrowed } from '../../core/narrowing.js';
import { GrantReader, type GrantFilter, type GrantRecord } from '../../core/ports/grants.js';
import type { Page } from '../../core/ports/lists.js';
import { PrismaExecutor } from '../executor.js';
import type { PrismaClient } from '../generated/client.js';
import { FilterSql } from './filter-sql.js';
import { findGrant, findGrants } from './grant-rows.js';
import { heldBy, reachOf, withinHeld, type Reach } from './reach.js';
import { placeOf, visiblePage, type Candidate } from './visible-page.js';

interface GrantCandidate extends Candidate {
  readonly permission_type: string;
}

const GRANTING = `p.action = 'grant'`;

/** Lists grants by their ids, which are in the order they were made. */
export class PostgresGrantReader extends GrantReader {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly decider: Decider,
  ) {
    super();
  }

  find(id: string): Promise<GrantRecord | null> {
    return findGrant(new PrismaExecutor(this.prisma), id);
  }

  async list(question: {
    viewer: SubjectRef;
    filter: GrantFilter;
    limit: number;
    after?: string | undefined;
  }): Promise<Page<GrantRecord>> {
    const { viewer, filter } = question;
    const reach = await reachOf(this.prisma, viewer, GRANTING);
    if (!reach) return { items: [], next: null };
    const page = await visiblePage<GrantCandidate>(
      question,
      this.decider,
      (after, count) => this.#candidates({ viewer, reach, filter, after, count }),
      (row) => (reach.superuser && !isNarrowed(viewer) ? [] : questionsOf(viewer, row)),
    );
    return { items: await findGrants(new PrismaExecutor(this.prisma), page.items), next: page.next };
  }

  #candidates(asked: {
    viewer: SubjectRef;
    reach: Reach;
    filter: GrantFilter;
    after: string | undefined;
    count: number;
  }): Promise<GrantCandidate[]> {
    const { viewer, reach, filter, after, count } = asked;
    const sql = new FilterSql(4);
    if (!reach.superuser) sql.conditions.push(withinReach(reach, sql));
    narrow(sql, filter);
    if (after !== undefined) sql.conditions.push(`g.id > ${sql.value(after)}::uuid`);
    return this.prisma.$queryRawUnsafe<GrantCandidate[]>(
      `WITH ${heldBy(GRANTING)}
      SELECT g.id::text AS id, pt.name AS permission_type, ot.name AS object_type, o.external_id AS object_id
      FROM castellan.grants g
      JOIN castellan.permissions p ON p.id = g.permission_id JOIN castellan.types pt ON pt.id = p.type_id
      LEFT JOIN castellan.objects o ON o.id = g.object_id LEFT JOIN castellan.types ot ON ot.id = o.type_id
      WHERE true${sql.sql}
      ORDER BY g.id LIMIT $3::int`,
      viewer.type,
      viewer.id,
      count,
      ...sql.values,
    );
  }
}

// Walking all grants for the few of some places would never end.
function withinReach({ types, objects }: Reach, sql: FilterSql): string {
  if (types.length === 0 && objects) return `g.object_id = ANY(${sql.value(objects)}::bigint[])`;
  return `(coalesce(o.type_id, p.type_id) = ANY(${sql.value(types)}::int[]) OR ${withinHeld('g.object_id')})`;
}

function narrow(sql: FilterSql, { subject, object, permission }: GrantFilter): void {
  if (subject) sql.conditions.push(`g.subject_id = ${sql.subjectId(subject)}`);
  if (object) sql.conditions.push(`g.object_id = ${sql.objectId(object)}`);
  if (permission === undefined) return;
  const parsed = parsePermission(permission);
  sql.conditions.push(`pt.name = ${sql.value(parsed?.type ?? null)}::text`);
  sql.conditions.push(`p.action = ${sql.value(parsed?.action ?? null)}::text`);
}

// Seeing the grants at a place takes the place's type's `grant` there, and for an object its `view`, as for any act on it.
function questionsOf(viewer: SubjectRef, row: GrantCandidate): Question[] {
  const place = placeOf(row);
  if (!place) return [{ subject: viewer, permission: { type: row.permission_type, action: 'grant' } }];
  return ['view', 'grant'].map((action) => ({
    subject: viewer,
    permission: { type: place.type, action },
    object: place,
  }));
}
