import type { TypeRule } from '../core/casl-ability.js';
import type { JsonObject, SubjectRef } from '../core/model.js';
import { permits } from '../core/narrowing.js';
import { SubjectRulesSource, type SubjectRules } from '../core/ports/subject-rules.js';
import type { SqlExecutor, Statement } from './executor.js';
import { STANDS } from './placed-rules-sql.js';
import { principalsOf, rolesOf } from './principals-sql.js';

// A type that asks for a rule on the object is not served by an allow that is held everywhere; one that denies is enough in each mode.
const IS_ENOUGH = `(rule.effect = 'deny' OR t.mode = 'union' OR s.superuser)`;

/** One row for each rule, and one without a rule where there is none. Values: subject type, subject id. */
const RULES_EVERYWHERE: Statement = {
  name: 'castellan_rules_everywhere',
  text: `
SELECT s.attributes AS subject_attributes, held.*
FROM (SELECT) one
LEFT JOIN castellan.subjects s ON s.type = $1::text AND s.external_id = $2::text
LEFT JOIN LATERAL (
  SELECT rule.permission_id, t.name AS type, p.action, rule.effect, rule.condition, rule.fields
  FROM (
    SELECT given.* FROM
      (SELECT ${principalsOf({ id: 's.id', active: 's.active' })} AS principals OFFSET 0) w
      CROSS JOIN LATERAL (SELECT ${rolesOf('w.principals')} AS roles OFFSET 0) h
      CROSS JOIN LATERAL (
        SELECT g.permission_id, g.effect, g.condition, g.fields FROM castellan.permissions every
        JOIN castellan.grants g ON g.subject_id = ANY(w.principals || h.roles) AND g.permission_id = every.id AND g.place_id = 0
        WHERE ${STANDS}
        UNION SELECT ru.permission_id, ru.effect, ru.condition, ru.fields FROM castellan.rules ru WHERE ru.role_id = ANY(h.roles)
      ) given
    WHERE NOT coalesce(s.superuser, false)
    UNION ALL SELECT every.id, 'allow', NULL, '{}' FROM castellan.permissions every WHERE s.superuser
  ) rule
  JOIN castellan.permissions p ON p.id = rule.permission_id
  JOIN castellan.types t ON t.id = p.type_id
  WHERE coalesce(s.active, true) AND ${IS_ENOUGH}
) held ON true
ORDER BY held.permission_id, held.effect, held.condition NULLS FIRST, held.fields`,
};

interface RuleRow {
  readonly subject_attributes: JsonObject | null;
  readonly permission_id: number | null;
  readonly type: string;
  readonly action: string;
  readonly effect: TypeRule['effect'];
  readonly condition: JsonObject | null;
  readonly fields: string[];
}

/** Reads what a subject holds everywhere from one database, in one statement, as it is now. */
export class TypeRules extends SubjectRulesSource {
  constructor(private readonly sql: SqlExecutor) {
    super();
  }

  async of(subject: SubjectRef): Promise<SubjectRules> {
    const rows = await this.sql.query<RuleRow>(RULES_EVERYWHERE, [subject.type, subject.id]);
    const rules = rows.flatMap((row) => (row.permission_id === null ? [] : [ruleOf(row)]));
    return {
      rules: rules.filter(({ permission }) => permits(subject, permission)),
      subjectAttributes: rows[0]?.subject_attributes ?? null,
    };
  }
}

function ruleOf({ type, action, effect, condition, fields }: RuleRow): TypeRule {
  return { permission: { type, action }, effect, condition, fields: fields.length > 0 ? fields : null };
}
