import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { CastellanError, notFound, unknownReference } from '../../core/errors.js';
import { refName, type Effect, type JsonObject } from '../../core/model.js';
import type { GrantRecord, GrantWriter, NewGrant } from '../../core/ports/grants.js';
import { ruleKey } from '../../core/rule-key.js';
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
  text: `INSERT INTO castellan.grants
      (id, subject_id, permission_id, object_id, variant, effect, condition, fields, starts_at, expires_at, reaches_below)
    SELECT q.id, q.subject_id, q.permission_id, q.object_id, q.variant, q.effect, q.condition::jsonb,
      ARRAY(SELECT jsonb_array_elements_text(q.fields::jsonb)), q.starts_at, q.expires_at,
      EXISTS (SELECT 1 FROM castellan.objects c WHERE c.parent_id = q.object_id)
    FROM unnest($1::uuid[], $2::int[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::timestamptz[])
      AS q(id, subject_id, permission_id, object_id, variant, effect, condition, fields, starts_at, expires_at)
    ON CONFLICT (subject_id, permission_id, place_id, variant) DO NOTHING
    RETURNING id::text AS id`,
};

// The same rule at the same place is the same grant, whichever id was proposed for it.
const STANDING: Statement = {
  name: 'castellan_standing_grants',
  text: `SELECT g.id::text AS id, g.effect, g.condition, g.fields, g.starts_at AS "startsAt", g.expires_at AS "expiresAt"
    FROM unnest($1::int[], $2::int[], $3::bigint[], $4::text[]) WITH ORDINALITY AS q(subject_id, permission_id, object_id, variant, n)
    JOIN castellan.grants g ON g.subject_id = q.subject_id AND g.permission_id = q.permission_id
      AND g.place_id = coalesce(q.object_id, 0) AND g.variant = q.variant
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
    const parts = grants.map(partsOf);
    const variants = parts.map(variantOf);
    const ids = grants.map(() => uuidv7());
    const inserted = await this.tx.sql.query<{ id: string }>(INSERT, [
      ids,
      subjectIds,
      permissions,
      objectIds,
      variants,
      parts.map(({ effect }) => effect),
      parts.map(({ condition }) => condition && JSON.stringify(condition)),
      parts.map(({ fields }) => JSON.stringify(fields ?? [])),
      parts.map(({ startsAt }) => startsAt),
      parts.map(({ expiresAt }) => expiresAt),
    ]);
    const created = new Set(inserted.map((row) => row.id));
    const standing = await this.tx.sql.query<PartsRow>(STANDING, [subjectIds, permissions, objectIds, variants]);
    return grants.map(({ subject, permission, object }, index) => {
      const row = standing[index];
      if (!row) throw new CastellanError('internal', 'A grant was given, and does not stand.');
      const record: GrantRecord = { id: row.id, subject, permission, object, ...partsOfRow(row) };
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
    ...partsOfRow(row),
  };
}

type Parts = Pick<GrantRecord, 'effect' | 'condition' | 'fields' | 'startsAt' | 'expiresAt'>;
type PartsRow = Pick<GrantRow, 'id' | 'effect' | 'condition' | 'fields' | 'startsAt' | 'expiresAt'>;

function partsOfRow(row: PartsRow): Parts {
  return {
    effect: row.effect as Effect,
    condition: row.condition as JsonObject | null,
    fields: row.fields.length > 0 ? row.fields : null,
    startsAt: row.startsAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
  };
}

function partsOf({ effect = 'allow', condition = null, fields = null, startsAt, expiresAt }: NewGrant): Parts {
  return {
    effect,
    condition,
    fields: fields && [...new Set(fields)],
    startsAt: inUtc(startsAt),
    expiresAt: inUtc(expiresAt),
  };
}

function inUtc(time: string | null | undefined): string | null {
  return time ? new Date(time).toISOString() : null;
}

const PLAIN = ruleKey({ effect: 'allow', condition: null, fields: null });

/** What tells apart grants to the same subject, of the same permission, at the same place. */
export function variantOf(parts: Parts): string {
  const key = ruleKey(parts);
  return key === PLAIN ? '' : createHash('sha256').update(key).digest('base64url');
}
