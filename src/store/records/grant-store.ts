import { v7 as uuidv7 } from 'uuid';
import { notFound, notSupported, unknownReference } from '../../core/errors.js';
import { parsePermission } from '../../core/identifiers.js';
import { refName, type Effect, type JsonObject, type ObjectRef } from '../../core/model.js';
import type { GrantRecord, GrantWriter, NewGrant } from '../../core/ports/grants.js';
import type { Statement } from '../executor.js';
import type { Prisma } from '../generated/client.js';
import { permissionIds } from '../permission-ids.js';
import type { Transaction } from '../transaction.js';
import { isUuid } from './uuid.js';

export const GRANT_INCLUDE = {
  subject: { select: { type: true, externalId: true } },
  permission: { select: { action: true, type: { select: { name: true } } } },
  object: { select: { externalId: true, type: { select: { name: true } } } },
} as const satisfies Prisma.GrantInclude;
export type GrantRow = Prisma.GrantGetPayload<{ include: typeof GRANT_INCLUDE }>;

const RESOLVE: Statement = {
  name: 'castellan_resolve_grants',
  text: `SELECT q.n::int AS n, s.id AS subject_id, o.id::text AS object_id
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS q(subject_type, subject_id, object_type, object_id, n)
    LEFT JOIN castellan.subjects s ON s.type = q.subject_type AND s.external_id = q.subject_id
    LEFT JOIN castellan.types t ON t.name = q.object_type
    LEFT JOIN castellan.objects o ON o.type_id = t.id AND o.external_id = q.object_id
    ORDER BY q.n`,
};

const INSERT: Statement = {
  name: 'castellan_insert_grants',
  text: `INSERT INTO castellan.grants (id, subject_id, permission_id, object_id)
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::bigint[])
    ON CONFLICT (subject_id, permission_id, place_id, variant) DO NOTHING
    RETURNING id::text AS id`,
};

// A plain grant on the same place is the same grant, whichever id was proposed for it.
const STANDING: Statement = {
  name: 'castellan_standing_grants',
  text: `SELECT g.id::text AS id FROM unnest($1::int[], $2::int[], $3::bigint[]) WITH ORDINALITY AS q(subject_id, permission_id, object_id, n)
    JOIN castellan.grants g ON g.subject_id = q.subject_id AND g.permission_id = q.permission_id AND g.place_id = coalesce(q.object_id, 0) AND g.variant = ''
    ORDER BY q.n`,
};

export class PrismaGrantWriter implements GrantWriter {
  constructor(private readonly tx: Transaction) {}

  find(id: string): Promise<GrantRecord | null> {
    return findGrant(this.tx.prisma, id);
  }

  async create(grants: readonly NewGrant[]): Promise<{ record: GrantRecord; created: boolean }[]> {
    const { subjectIds, objectIds } = await this.#resolve(grants);
    const permissions = await permissionIds(
      this.tx,
      grants.map((grant) => grant.permission),
      (index) => `${index}.permission`,
    );
    const ids = grants.map(() => uuidv7());
    const inserted = await this.tx.sql.query<{ id: string }>(INSERT, [ids, subjectIds, permissions, objectIds]);
    const created = new Set(inserted.map((row) => row.id));
    const standing = await this.tx.sql.query<{ id: string }>(STANDING, [subjectIds, permissions, objectIds]);
    return grants.map((grant, index) => {
      const record = plainRecord(standing[index]?.id ?? '', grant);
      // Where one batch asks for the same grant twice, the first is the one that made it.
      const isNew = created.delete(record.id);
      if (isNew)
        this.tx.changes.add({
          action: 'grant.create',
          target: { type: 'grant', id: record.id },
          before: null,
          after: record,
        });
      return { record, created: isNew };
    });
  }

  async delete(id: string): Promise<void> {
    const before = await this.find(id);
    if (!before) throw notFound();
    await this.tx.prisma.grant.delete({ where: { id } });
    this.tx.changes.add({ action: 'grant.delete', target: { type: 'grant', id }, before, after: null });
  }

  async #resolve(grants: readonly NewGrant[]): Promise<{ subjectIds: number[]; objectIds: (string | null)[] }> {
    const rows = await this.tx.sql.query<{ subject_id: number | null; object_id: string | null }>(RESOLVE, [
      grants.map((grant) => grant.subject.type),
      grants.map((grant) => grant.subject.id),
      grants.map((grant) => grant.object?.type ?? null),
      grants.map((grant) => grant.object?.id ?? null),
    ]);
    const subjectIds: number[] = [];
    const objectIds: (string | null)[] = [];
    for (const [index, grant] of grants.entries()) {
      const row = rows[index];
      if (!row || row.subject_id === null)
        throw unknownReference(`${index}.subject`, `${grant.subject.type} ${grant.subject.id}`);
      if (grant.object && row.object_id === null) throw unknownReference(`${index}.object`, refName(grant.object));
      requireSameType(index, grant.permission, grant.object);
      subjectIds.push(row.subject_id);
      objectIds.push(row.object_id);
    }
    return { subjectIds, objectIds };
  }
}

export async function findGrant(prisma: Prisma.TransactionClient, id: string): Promise<GrantRecord | null> {
  if (!isUuid(id)) return null;
  const row = await prisma.grant.findUnique({ where: { id }, include: GRANT_INCLUDE });
  return row && grantRecord(row);
}

export function grantRecord(row: GrantRow): GrantRecord {
  return {
    id: row.id,
    subject: { type: row.subject.type, id: row.subject.externalId },
    permission: `${row.permission.type.name}:${row.permission.action}`,
    object: row.object && { type: row.object.type.name, id: row.object.externalId },
    effect: row.effect as Effect,
    condition: row.condition as JsonObject | null,
    fields: row.fields.length > 0 ? row.fields : null,
    startsAt: row.startsAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
  };
}

function plainRecord(id: string, grant: NewGrant): GrantRecord {
  const { subject, permission, object } = grant;
  return {
    id,
    subject,
    permission,
    object,
    effect: 'allow',
    condition: null,
    fields: null,
    startsAt: null,
    expiresAt: null,
  };
}

// Such a grant would count for the objects below this one only, and there is no below yet.
function requireSameType(index: number, permission: string, object: ObjectRef | null): void {
  if (object && parsePermission(permission)?.type !== object.type) {
    throw notSupported(`${index}.permission`, `a permission of another type than the object's (${object.type}) is`);
  }
}
