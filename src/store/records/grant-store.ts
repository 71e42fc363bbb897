import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { CastellanError, notFound, unknownReference } from '../../core/errors.js';
import { refName } from '../../core/model.js';
import type { GrantRecord, GrantWriter, NewGrant } from '../../core/ports/grants.js';
import { ruleKey } from '../../core/rule-key.js';
import type { Statement } from '../executor.js';
import { permissionIds } from '../permission-ids.js';
import type { SqlTransaction } from '../transaction.js';
import { findGrant, PARTS_COLUMNS, partsOfRow, type GrantParts, type GrantPartsRow } from './grant-rows.js';

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
  text: `SELECT q.n::int AS n, g.id::text AS id, ${PARTS_COLUMNS}
    FROM unnest($1::int[], $2::int[], $3::bigint[], $4::text[]) WITH ORDINALITY AS q(subject_id, permission_id, object_id, variant, n)
    JOIN castellan.grants g ON g.subject_id = q.subject_id AND g.permission_id = q.permission_id
      AND g.place_id = coalesce(q.object_id, 0) AND g.variant = q.variant`,
};

const DELETE: Statement = {
  name: 'castellan_delete_grant',
  text: 'DELETE FROM castellan.grants WHERE id = $1::uuid',
};

/** What tells grants apart, each part in the order of the grants. */
interface Keys {
  readonly subjectIds: readonly number[];
  readonly permissions: readonly number[];
  readonly objectIds: readonly (string | null)[];
  readonly parts: readonly GrantParts[];
  readonly variants: readonly string[];
}

/** Writes grants in the transaction that it is given, be it the store's own or an app's. */
export class SqlGrantWriter implements GrantWriter {
  constructor(private readonly tx: SqlTransaction) {}

  find(id: string): Promise<GrantRecord | null> {
    return findGrant(this.tx.sql, id);
  }

  async create(grants: readonly NewGrant[]): Promise<{ record: GrantRecord; created: boolean }[]> {
    const keys = await this.#keysOf(grants);
    const { parts } = keys;
    const ids = grants.map(() => uuidv7());
    const inserted = await this.tx.sql.query<{ id: string }>(INSERT, [
      ids,
      keys.subjectIds,
      keys.permissions,
      keys.objectIds,
      keys.variants,
      parts.map(({ effect }) => effect),
      parts.map(({ condition }) => condition && JSON.stringify(condition)),
      parts.map(({ fields }) => JSON.stringify(fields ?? [])),
      parts.map(({ startsAt }) => startsAt),
      parts.map(({ expiresAt }) => expiresAt),
    ]);
    const created = new Set(inserted.map((row) => row.id));
    const standing = await this.#standing(keys);
    return grants.map(({ subject, permission, object }, index) => {
      const row = standing.get(index);
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

  /** The id of the grant that says the same; null when there is none. @throws CastellanError `unknown_reference`. */
  async findSame(grant: NewGrant): Promise<string | null> {
    return (await this.#standing(await this.#keysOf([grant]))).get(0)?.id ?? null;
  }

  async delete(id: string): Promise<void> {
    const before = await this.find(id);
    if (!before) throw notFound();
    await this.tx.sql.query(DELETE, [id]);
    this.tx.changes.add({ action: 'grant.delete', target: { type: 'grant', id }, before, after: null });
  }

  async #keysOf(grants: readonly NewGrant[]): Promise<Keys> {
    const { subjectIds, objectIds } = await this.#resolve(grants);
    const permissions = await permissionIds(
      this.tx,
      grants.map((grant) => grant.permission),
      (index) => `${index}.permission`,
    );
    const parts = grants.map(partsOf);
    return { subjectIds, objectIds, permissions, parts, variants: parts.map(variantOf) };
  }

  /** Of grants that have these keys, those that stand, by their places in the list. */
  async #standing({ subjectIds, permissions, objectIds, variants }: Keys): Promise<Map<number, GrantPartsRow>> {
    const values = [subjectIds, permissions, objectIds, variants];
    const rows = await this.tx.sql.query<GrantPartsRow & { n: number }>(STANDING, values);
    return new Map(rows.map((row) => [row.n - 1, row]));
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

function partsOf({ effect = 'allow', condition = null, fields = null, startsAt, expiresAt }: NewGrant): GrantParts {
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
export function variantOf(parts: GrantParts): string {
  const key = ruleKey(parts);
  return key === PLAIN ? '' : createHash('sha256').update(key).digest('base64url');
}
