import type { Effect, JsonObject } from '../../core/model.js';
import type { GrantRecord } from '../../core/ports/grants.js';
import type { SqlExecutor, Statement } from '../executor.js';
import { isUuid } from './uuid.js';

/** What a grant says beside its permission, its holder and its place. */
export type GrantParts = Pick<GrantRecord, 'effect' | 'condition' | 'fields' | 'startsAt' | 'expiresAt'>;

/** The parts of a grant `g`, in the values that every driver reads alike. */
export interface GrantPartsRow {
  readonly id: string;
  readonly effect: string;
  readonly condition: JsonObject | null;
  readonly fields: string[];
  readonly starts_at: string | null;
  readonly expires_at: string | null;
}

/** A time as ISO 8601 in UTC, in milliseconds. */
export const inUtc = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Reads {@link GrantPartsRow} but its id. */
export const PARTS_COLUMNS = `g.effect, g.condition, to_jsonb(g.fields) AS fields,
    ${inUtc('g.starts_at')} AS starts_at, ${inUtc('g.expires_at')} AS expires_at`;

interface GrantRow extends GrantPartsRow {
  readonly subject_type: string;
  readonly subject_id: string;
  readonly permission: string;
  readonly object_type: string | null;
  readonly object_id: string | null;
}

const FIND: Statement = {
  name: 'castellan_find_grants',
  text: `SELECT g.id::text AS id, ${PARTS_COLUMNS}, s.type AS subject_type, s.external_id AS subject_id,
      pt.name || ':' || p.action AS permission, ot.name AS object_type, o.external_id AS object_id
    FROM unnest($1::uuid[]) AS q(id)
    JOIN castellan.grants g ON g.id = q.id
    JOIN castellan.subjects s ON s.id = g.subject_id
    JOIN castellan.permissions p ON p.id = g.permission_id JOIN castellan.types pt ON pt.id = p.type_id
    LEFT JOIN castellan.objects o ON o.id = g.object_id LEFT JOIN castellan.types ot ON ot.id = o.type_id
    ORDER BY g.id`,
};

/** The grants of those of the ids that exist, in the order of the ids. */
export async function findGrants(sql: SqlExecutor, ids: readonly string[]): Promise<GrantRecord[]> {
  const possible = ids.filter(isUuid);
  if (possible.length === 0) return [];
  return (await sql.query<GrantRow>(FIND, [possible])).map(grantRecord);
}

export async function findGrant(sql: SqlExecutor, id: string): Promise<GrantRecord | null> {
  const [record] = await findGrants(sql, [id]);
  return record ?? null;
}

function grantRecord(row: GrantRow): GrantRecord {
  const { object_type, object_id } = row;
  return {
    id: row.id,
    subject: { type: row.subject_type, id: row.subject_id },
    permission: row.permission,
    object: object_type !== null && object_id !== null ? { type: object_type, id: object_id } : null,
    ...partsOfRow(row),
  };
}

export function partsOfRow(row: GrantPartsRow): GrantParts {
  return {
    effect: row.effect as Effect,
    condition: row.condition,
    fields: row.fields.length > 0 ? row.fields : null,
    startsAt: row.starts_at,
    expiresAt: row.expires_at,
  };
}
