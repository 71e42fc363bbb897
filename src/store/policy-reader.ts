import type { Effect, JsonObject, Mode, ObjectRef, SubjectRef } from '../core/model.js';
import type { Database } from './database.js';
import type { SqlExecutor } from './executor.js';
import { inSnapshot } from './snapshot.js';

export interface TypeRow {
  readonly id: string;
  readonly mode: Mode;
  readonly actions: readonly string[];
  readonly creatorActions: readonly string[];
}

export interface UserRow {
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  readonly active: boolean;
  readonly superuser: boolean;
  readonly attributes: JsonObject;
}

export interface ServiceRow {
  readonly id: string;
  readonly active: boolean;
  readonly attributes: JsonObject;
}

export interface GroupRow {
  readonly id: string;
  readonly description: string | null;
  readonly members: readonly SubjectRef[];
}

/** Without a window, as rules of roles are. */
export interface RuleRow {
  readonly permission: string;
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  readonly fields: readonly string[];
}

export interface RoleRow {
  readonly id: string;
  readonly description: string | null;
  readonly rules: readonly RuleRow[];
  readonly includes: readonly string[];
}

/** ISO 8601 in UTC, in milliseconds; null where it is open. */
export interface WindowColumns {
  readonly startsAt: string | null;
  readonly expiresAt: string | null;
}

export interface AssignmentRow extends WindowColumns {
  readonly subject: SubjectRef;
  readonly role: string;
  readonly object: ObjectRef | null;
}

export interface ObjectRow extends ObjectRef {
  readonly parent: ObjectRef | null;
  readonly attributes: JsonObject;
}

export interface GrantRow extends RuleRow, WindowColumns {
  readonly subject: SubjectRef;
  readonly object: ObjectRef | null;
}

/** The rows of each kind, in the order of their names by code points. */
export interface PolicyRows {
  readonly types: TypeRow;
  readonly users: UserRow;
  readonly services: ServiceRow;
  readonly groups: GroupRow;
  readonly roles: RoleRow;
  readonly assignments: AssignmentRow;
  readonly objects: ObjectRow;
  readonly grants: GrantRow;
}

/** What no policy file has a word for. */
export interface BesidePolicy {
  /** Memberships that an identity provider says, and will say again. */
  readonly saidMemberships: number;
}

const ROWS_AT_ONCE = 1000;

const ref = (type: string, id: string): string => `jsonb_build_object('type', ${type}, 'id', ${id})`;
const time = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const PLACE = `CASE WHEN o.id IS NULL THEN NULL ELSE ${ref('ot.name', 'o.external_id')} END AS object`;
const PLACES = `LEFT JOIN castellan.objects o ON o.id = held.object_id LEFT JOIN castellan.types ot ON ot.id = o.type_id`;
const BY_SUBJECT = `s.type COLLATE "C", s.external_id COLLATE "C"`;
const BY_PLACE = `ot.name COLLATE "C" NULLS FIRST, o.external_id COLLATE "C"`;
const WINDOW = `${time('held.starts_at')} AS "startsAt", ${time('held.expires_at')} AS "expiresAt"`;
const BY_WINDOW = `held.starts_at NULLS FIRST, held.expires_at NULLS FIRST`;
const NOT_BUILT_IN = `s.external_id NOT IN ('anyone', 'authenticated')`;

const SELECTS: Readonly<Record<keyof PolicyRows, string>> = {
  types: `SELECT t.name AS id, t.mode, t.creator_actions AS "creatorActions",
      ARRAY(SELECT p.action FROM castellan.permissions p WHERE p.type_id = t.id ORDER BY p.id) AS actions
    FROM castellan.types t WHERE NOT t.built_in ORDER BY t.name COLLATE "C"`,
  users: `SELECT s.external_id AS id, coalesce(s.username, s.external_id) AS username, s.email, s.active, s.superuser, s.attributes
    FROM castellan.subjects s WHERE s.type = 'user' ORDER BY s.external_id COLLATE "C"`,
  services: `SELECT s.external_id AS id, s.active, s.attributes
    FROM castellan.subjects s WHERE s.type = 'service' ORDER BY s.external_id COLLATE "C"`,
  groups: `SELECT s.external_id AS id, s.description,
      (SELECT coalesce(jsonb_agg(${ref('m.type', 'm.external_id')} ORDER BY m.type COLLATE "C", m.external_id COLLATE "C"), '[]')
        FROM castellan.memberships ms JOIN castellan.subjects m ON m.id = ms.member_id
        WHERE ms.group_id = s.id AND NOT ms.from_provider) AS members
    FROM castellan.subjects s WHERE s.type = 'group' AND ${NOT_BUILT_IN} ORDER BY s.external_id COLLATE "C"`,
  roles: `SELECT s.external_id AS id, s.description,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('permission', t.name || ':' || p.action, 'effect', ru.effect,
          'condition', ru.condition, 'fields', ru.fields) ORDER BY ru.id), '[]')
        FROM castellan.rules ru JOIN castellan.permissions p ON p.id = ru.permission_id JOIN castellan.types t ON t.id = p.type_id
        WHERE ru.role_id = s.id) AS rules,
      ARRAY(SELECT i.external_id FROM castellan.role_inclusions ri JOIN castellan.subjects i ON i.id = ri.included_id
        WHERE ri.role_id = s.id ORDER BY i.external_id COLLATE "C") AS includes
    FROM castellan.subjects s WHERE s.type = 'role' ORDER BY s.external_id COLLATE "C"`,
  assignments: `SELECT ${ref('s.type', 's.external_id')} AS subject, r.external_id AS role, ${PLACE}, ${WINDOW}
    FROM castellan.assignments held JOIN castellan.subjects s ON s.id = held.subject_id JOIN castellan.subjects r ON r.id = held.role_id ${PLACES}
    ORDER BY ${BY_SUBJECT}, r.external_id COLLATE "C", ${BY_PLACE}, ${BY_WINDOW}`,
  objects: `SELECT t.name AS type, o.external_id AS id, o.attributes,
      CASE WHEN up.id IS NULL THEN NULL ELSE ${ref('ut.name', 'up.external_id')} END AS parent
    FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id
    LEFT JOIN castellan.objects up ON up.id = o.parent_id LEFT JOIN castellan.types ut ON ut.id = up.type_id
    WHERE NOT t.built_in ORDER BY t.name COLLATE "C", o.external_id COLLATE "C"`,
  grants: `SELECT ${ref('s.type', 's.external_id')} AS subject, t.name || ':' || p.action AS permission, ${PLACE},
      held.effect, held.condition, held.fields, ${WINDOW}
    FROM castellan.grants held JOIN castellan.subjects s ON s.id = held.subject_id
    JOIN castellan.permissions p ON p.id = held.permission_id JOIN castellan.types t ON t.id = p.type_id ${PLACES}
    ORDER BY ${BY_SUBJECT}, t.name COLLATE "C", p.action COLLATE "C", ${BY_PLACE}, held.effect COLLATE "C",
      held.condition::text COLLATE "C" NULLS FIRST, held.fields, ${BY_WINDOW}`,
};

const BESIDE = `SELECT count(*)::int AS "saidMemberships" FROM castellan.memberships WHERE from_provider`;

/** All that a policy file has words for, as one instant held it. */
export class PolicySnapshot {
  constructor(private readonly sql: SqlExecutor) {}

  /** A thousand rows at a time, whatever there are. Of the kinds, only one is read at a time. */
  async *rowsOf<Kind extends keyof PolicyRows>(kind: Kind): AsyncGenerator<PolicyRows[Kind][]> {
    const cursor = `castellan_policy_${kind}`;
    await this.sql.query({ text: `DECLARE ${cursor} NO SCROLL CURSOR FOR ${SELECTS[kind]}` }, []);
    for (;;) {
      const rows = await this.sql.query<PolicyRows[Kind]>({ text: `FETCH ${ROWS_AT_ONCE} FROM ${cursor}` }, []);
      if (rows.length > 0) yield rows;
      if (rows.length < ROWS_AT_ONCE) break;
    }
    await this.sql.query({ text: `CLOSE ${cursor}` }, []);
  }

  async beside(): Promise<BesidePolicy> {
    const [row] = await this.sql.query<BesidePolicy>({ text: BESIDE }, []);
    return row ?? { saidMemberships: 0 };
  }
}

/** Reads all that a policy file has words for in one snapshot. @throws CastellanError `database_unavailable`, `overloaded`. */
export function readPolicy<Result>(
  { pool }: Pick<Database, 'pool'>,
  work: (snapshot: PolicySnapshot) => Promise<Result>,
): Promise<Result> {
  return inSnapshot(pool, (sql) => work(new PolicySnapshot(sql)));
}
