import type { Effect, JsonObject, Mode, SubjectRef } from '../core/model.js';
import type { SqlExecutor, Statement } from './executor.js';
import { STANDS } from './placed-rules-sql.js';
import { HOLDING_SUBJECT } from './principals-sql.js';

/** What a subject's rules for some actions of a type are tied to: all that are placed everywhere, and of the others those not plain. */
export interface HeldRules {
  readonly typeId: number;
  readonly mode: Mode;
  readonly superuser: boolean;
  readonly subjectAttributes: JsonObject | null;
  readonly principals: readonly number[];
  /** The principals, and the roles they hold everywhere. */
  readonly holders: readonly number[];
  /** By action. */
  readonly permissionIds: ReadonlyMap<string, number>;
  readonly rules: readonly HeldRule[];
  /** Permissions for which the holders have grants on objects. */
  readonly grantedOnObjects: readonly number[];
  /** Whether the principals hold a role on an object. */
  readonly assignedOnObjects: boolean;
}

/** A kind of rule that is held, however often. */
export interface HeldRule {
  readonly permissionId: number;
  readonly everywhere: boolean;
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  readonly fields: readonly string[];
}

const GRANT = 'g.permission_id, g.effect, g.condition, g.fields';
const RULE = 'ru.permission_id, ru.effect, ru.condition, ru.fields';
const OF_HOLDERS = `g.subject_id = ANY(held.holders) AND g.permission_id = ANY(held.permissions)`;

const HELD: Statement = {
  name: 'castellan_held_rules_of',
  text: `SELECT held.*,
    ARRAY(SELECT p.permission_id FROM unnest(held.permissions) AS p(permission_id) WHERE EXISTS (
      SELECT 1 FROM castellan.grants g WHERE g.subject_id = ANY(held.holders) AND g.permission_id = p.permission_id AND g.place_id > 0
    )) AS granted_on_objects,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('permissionId', kind.permission_id, 'everywhere', kind.everywhere,
      'effect', kind.effect, 'condition', kind.condition, 'fields', kind.fields)), '[]')
    FROM (
      SELECT ${GRANT}, true AS everywhere FROM castellan.grants g WHERE ${OF_HOLDERS} AND g.place_id = 0 AND ${STANDS}
      UNION SELECT ${RULE}, true FROM castellan.rules ru
      WHERE ru.role_id = ANY(held.roles) AND ru.permission_id = ANY(held.permissions)
      UNION SELECT ${GRANT}, false FROM castellan.grants g WHERE ${OF_HOLDERS} AND g.place_id > 0 AND g.variant <> '' AND ${STANDS}
      UNION SELECT ${RULE}, false FROM castellan.rules ru
      WHERE ru.role_id = ANY(held.roles_on_objects) AND ru.permission_id = ANY(held.permissions)
      UNION SELECT ${GRANT}, false FROM castellan.grants g
      WHERE g.subject_id = ANY(held.roles_on_objects) AND g.permission_id = ANY(held.permissions) AND ${STANDS}
    ) kind) AS rules
  FROM (${HOLDING_SUBJECT}  OFFSET 0) held`,
};

interface HeldRow {
  readonly type_id: number;
  readonly mode: Mode;
  readonly superuser: boolean;
  readonly attributes: JsonObject | null;
  readonly principals: number[];
  readonly holders: number[];
  readonly roles_on_objects: number[];
  readonly permissions: number[];
  readonly actions: string[];
  readonly rules: HeldRule[];
  readonly granted_on_objects: number[];
}

/** What the subject's rules are tied to; null where the type is unknown, or the subject inactive. */
export async function findHeldRules(
  sql: SqlExecutor,
  subject: SubjectRef,
  type: string,
  actions: readonly string[],
): Promise<HeldRules | null> {
  const [row] = await sql.query<HeldRow>(HELD, [subject.type, subject.id, type, actions]);
  if (!row) return null;
  return {
    typeId: row.type_id,
    mode: row.mode,
    superuser: row.superuser,
    subjectAttributes: row.attributes,
    principals: row.principals,
    holders: row.holders,
    permissionIds: new Map(row.actions.map((action, index) => [action, row.permissions[index] as number])),
    rules: row.rules,
    grantedOnObjects: row.granted_on_objects,
    assignedOnObjects: row.roles_on_objects.length > 0,
  };
}
