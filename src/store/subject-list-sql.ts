import { conditionOf } from '../core/conditions/parse-condition.js';
import { foldCondition } from '../core/conditions/fold-condition.js';
import type { Entities } from '../core/conditions/condition.js';
import type { JsonObject, Mode } from '../core/model.js';
import { BoundValues } from './bound-values.js';
import { conditionSql, type SqlRow } from './condition-sql.js';
import type { BoundStatement } from './conditional-list-sql.js';
import type { Statement } from './executor.js';
import { rulesEverywhereAndOnPlaces, STANDS } from './placed-rules-sql.js';
import { ANYONE_ID, AUTHENTICATED_ID, inWindow, placesOf, principalsOf, rolesAt, rolesOf } from './principals-sql.js';

/** What is asked about, as the database knows it. No row where the type has no such action. Values: type, action, object type, object id. */
export const ASKED_OBJECT: Statement = {
  name: 'castellan_asked_object',
  text: `SELECT asked.mode, asked.permission_id, asked.attributes, asked.places::text[] AS places, ARRAY(
      SELECT g.condition::text FROM castellan.grants g
      WHERE g.permission_id = asked.permission_id AND (g.object_id IS NULL OR g.object_id = ANY(asked.places)) AND g.condition IS NOT NULL
      UNION SELECT ru.condition::text FROM castellan.rules ru WHERE ru.permission_id = asked.permission_id AND ru.condition IS NOT NULL
    ) AS conditions
  FROM (
    SELECT t.mode, p.id AS permission_id, o.attributes, ${placesOf('o.id')} AS places
    FROM castellan.types t
    JOIN castellan.permissions p ON p.type_id = t.id AND p.action = $2
    LEFT JOIN castellan.types ot ON ot.name = $3
    LEFT JOIN castellan.objects o ON o.type_id = ot.id AND o.external_id = $4
    WHERE t.name = $1
  ) asked`,
};

/** A row of {@link ASKED_OBJECT}. */
export interface AskedObjectRow {
  readonly mode: Mode;
  readonly permission_id: number;
  /** Null for an object that is not registered. */
  readonly attributes: JsonObject | null;
  readonly places: string[];
  readonly conditions: string[];
}

/** What a search for subjects is asked for. */
export interface SubjectSpec {
  readonly subjectType: string;
  readonly asked: AskedObjectRow;
  /** All that is known before any subject is looked at. */
  readonly known: Entities;
  /** Lists candidates only: each is yet to be decided. */
  readonly unchecked: boolean;
  /** Properties over those of every subject. */
  readonly supplied: JsonObject | undefined;
  readonly after: string;
  readonly limit: number;
}

/**
 * Finds the subjects who may do an action on an object: candidates are whoever holds a rule that allows it there, straight, over a
 * role or over a group, in the order of their ids, every one of them checked.
 */
export class SubjectList {
  readonly #values = new BoundValues();
  readonly #permission: string;
  readonly #places: string;
  readonly #type: string;
  readonly #allowed: string;

  constructor(private readonly spec: SubjectSpec) {
    this.#permission = this.#values.add(spec.asked.permission_id, 'int');
    this.#places = this.#values.add(spec.asked.places, 'bigint[]');
    this.#type = this.#values.add(spec.subjectType, 'text');
    this.#allowed = spec.unchecked ? 's.active' : this.#allowedSql();
  }

  /** One page of rows with `position` and `id`; one more than the limit where there are more. */
  page(): BoundStatement {
    const limit = this.#values.add(this.spec.limit + 1, 'int');
    const found = this.#sources(this.#values.add(this.spec.after, 'int'), limit);
    return this.#bound(`SELECT s.id::text AS position, s.external_id AS id FROM (
    SELECT found.id FROM (${found}) found ORDER BY found.id LIMIT ${limit}
  ) page JOIN castellan.subjects s ON s.id = page.id ORDER BY s.id`);
  }

  /** One row with `count`. */
  count(): BoundStatement {
    const found = this.#sources(this.#values.add('0', 'int'), 'ALL');
    return this.#bound(`SELECT count(*)::text AS count FROM (${found}) found`);
  }

  #bound(body: string): BoundStatement {
    const [permission, places] = [this.#permission, this.#places];
    const text = `WITH ${this.#values.typed},
holders AS MATERIALIZED (
  SELECT g.subject_id AS id FROM castellan.grants g
  WHERE g.permission_id = ${permission} AND (g.object_id IS NULL OR g.object_id = ANY(${places})) AND g.effect = 'allow' AND ${STANDS}
  UNION SELECT ru.role_id FROM castellan.rules ru WHERE ru.permission_id = ${permission} AND ru.effect = 'allow'
),
holding_roles AS MATERIALIZED (
  SELECT DISTINCT ei.role_id AS id FROM holders JOIN castellan.effective_inclusions ei ON ei.included_id = holders.id
),
holding AS MATERIALIZED (
  SELECT id FROM holders UNION SELECT id FROM holding_roles
  UNION SELECT a.subject_id FROM holding_roles r JOIN castellan.assignments a ON a.role_id = r.id
  WHERE (a.object_id IS NULL OR a.object_id = ANY(${places})) AND ${inWindow('a')}
)
${body}`;
    return { statement: { text }, values: this.#values.values };
  }

  #sources(after: string, limit: string): string {
    const isWanted = `s.type = ${this.#type} AND s.id > ${after} AND ${this.#allowed}`;
    return [
      `(SELECT s.id FROM castellan.subjects s WHERE s.superuser AND ${isWanted} ORDER BY s.id LIMIT ${limit})`,
      `(SELECT s.id FROM castellan.subjects s
      WHERE EXISTS (SELECT 1 FROM holding WHERE holding.id IN (${ANYONE_ID}, ${AUTHENTICATED_ID})) AND ${isWanted}
      ORDER BY s.type, s.id LIMIT ${limit})`,
      `(SELECT s.id FROM holding JOIN castellan.subjects s ON s.id = holding.id WHERE ${isWanted} ORDER BY s.id LIMIT ${limit})`,
      `(SELECT member.id FROM holding CROSS JOIN LATERAL (
      SELECT s.id FROM castellan.effective_memberships em JOIN castellan.subjects s ON s.id = em.member_id
      WHERE em.group_id = holding.id AND em.member_id > ${after} AND ${isWanted} ORDER BY em.member_id LIMIT ${limit}
    ) member)`,
    ].join('\n    UNION\n    ');
  }

  // A condition on a row `s` of subjects: it may do the action on the object.
  #allowedSql(): string {
    const { mode, places } = this.spec.asked;
    const combined = {
      union: 'said.everywhere OR said.here',
      both: 'said.everywhere AND said.here',
      object: 'said.here',
    }[mode];
    const holds = this.#conditionsSql();
    return `s.active AND (s.superuser OR EXISTS (SELECT 1 FROM (
      SELECT coalesce(bool_or(r.allow AND r.everywhere AND ${holds} IS TRUE), false) AS everywhere,
        coalesce(bool_or(r.allow AND NOT r.everywhere AND ${holds} IS TRUE), false) AS here,
        coalesce(bool_or(NOT r.allow AND r.fields = '{}' AND ${holds} IS NOT FALSE), false) AS denied
      FROM (SELECT ${principalsOf({ id: 's.id', active: 's.active' })} AS principals OFFSET 0) w
      CROSS JOIN LATERAL (SELECT ${rolesOf('w.principals')} AS roles, ${
        places.length === 0 ? 'ARRAY[]::int[]' : rolesAt('w.principals', this.#places)
      } AS roles_here OFFSET 0) h
      CROSS JOIN LATERAL (
        ${rulesEverywhereAndOnPlaces({
          holders: '(w.principals || h.roles)',
          roles: 'h.roles',
          rolesHere: 'h.roles_here',
          permission: this.#permission,
          places: this.#places,
        })}
      ) r
    ) said WHERE NOT said.denied AND (${combined})))`;
  }

  #conditionsSql(): string {
    const { asked, known, supplied } = this.spec;
    const row: SqlRow = {
      attributes: supplied
        ? `(s.attributes || ${this.#values.add(JSON.stringify(supplied), 'jsonb')})`
        : 's.attributes',
      id: 's.external_id',
      type: this.#type,
    };
    const branches = asked.conditions.map((text) => {
      const condition = foldCondition(conditionOf(JSON.parse(text) as JsonObject), known);
      const truth =
        condition.kind === 'constant'
          ? String(condition.truth ?? null)
          : conditionSql(condition, 'subject', row, this.#values);
      return `WHEN r.condition = ${this.#values.add(text, 'jsonb')} THEN ${truth}`;
    });
    // A condition that is none of these is unknown: it allows nothing.
    return `(CASE WHEN r.condition IS NULL THEN true ${branches.join(' ')} END)`;
  }
}
