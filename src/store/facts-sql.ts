import type { JsonObject } from '../core/model.js';
import type { Statement } from './executor.js';
import { rulesEverywhereAndOnPlaces } from './placed-rules-sql.js';
import { placesOf, principalsOf, rolesAt, rolesOf } from './principals-sql.js';

/** What {@link FactsRow.flags} is made of: one small number is read much faster than a column for each. */
export const FLAGS = {
  /** The two lowest bits: 0 unknown, 1 inactive, 2 active, 3 active superuser. */
  subject: 3,
  actionKnown: 4,
  objectKnown: 8,
  allow: 16,
  everywhere: 32,
  grant: 64,
  /** Of a pair: the other action is known; the rule is about the first one, or about the other. */
  otherActionKnown: 128,
  aboutFirst: 256,
  aboutOther: 512,
} as const;

const flagged = (flags: Readonly<Partial<Record<Exclude<keyof typeof FLAGS, 'subject'>, string>>>): string =>
  [
    `CASE WHEN s.id IS NULL THEN 0 WHEN NOT s.active THEN 1 WHEN s.superuser THEN 3 ELSE 2 END`,
    ...Object.entries(flags).map(
      ([flag, condition]) => `CASE WHEN ${condition} THEN ${FLAGS[flag as keyof typeof FLAGS]} ELSE 0 END`,
    ),
  ].join(' + ');

const OF_QUESTION = {
  actionKnown: 'p.id IS NOT NULL',
  objectKnown: 'o.id IS NOT NULL',
  allow: 'r.allow',
  everywhere: 'r.everywhere',
  grant: `r.source = 'grant'`,
};
const OF_PAIR = {
  ...OF_QUESTION,
  otherActionKnown: 'p2.id IS NOT NULL',
  aboutFirst: 'r.permission_id = p.id',
  aboutOther: 'r.permission_id = p2.id',
};

const columns = (flags: Parameters<typeof flagged>[0]): string => `
  ${flagged(flags)} AS flags, t.mode, r.id, r.condition, nullif(r.fields, '{}') AS fields,
  CASE WHEN r.condition IS NOT NULL THEN s.attributes END AS subject_attributes,
  CASE WHEN r.condition IS NOT NULL THEN o.attributes END AS object_attributes`;

const SUBJECT_AND_TYPE = `
LEFT JOIN castellan.subjects s ON s.type = q.subject_type AND s.external_id = q.subject_id
LEFT JOIN castellan.types t ON t.name = q.type`;

const OBJECT = `
LEFT JOIN castellan.objects o ON o.external_id = q.object_id AND o.type_id =
  CASE WHEN q.object_type = q.type THEN t.id ELSE (SELECT ot.id FROM castellan.types ot WHERE ot.name = q.object_type) END`;

const permissionOf = (alias: string, action: string): string => `
LEFT JOIN castellan.permissions ${alias} ON ${alias}.type_id = t.id AND ${alias}.action = ${action}`;

/** Where the object is, and who the subject acts as there. */
const HELD = `
    (SELECT ${placesOf('o.id')} AS places OFFSET 0) pl
    CROSS JOIN LATERAL
    (SELECT ${principalsOf({ id: 's.id', active: 's.active' })} AS principals OFFSET 0) w
    CROSS JOIN LATERAL (SELECT ${rolesOf('w.principals')} AS roles, ${rolesAt('w.principals', 'pl.places')} AS roles_here OFFSET 0) h`;

/**
 * What the database knows about questions `q(n, subject_type, subject_id, type, action, object_type, object_id)`:
 * one row for each rule that a question's subject holds for the permission, everywhere, on the object or above it;
 * one row with no rule where there is none. All of it is one statement, so one snapshot.
 */
function factsFrom(questions: string): string {
  return `
SELECT q.n, ${columns(OF_QUESTION)}
FROM ${questions} ${SUBJECT_AND_TYPE} ${permissionOf('p', 'q.action')} ${OBJECT} ${rulesHeld('p.id')}`;
}

const rulesHeld = (permission: string): string => `
LEFT JOIN LATERAL (
  SELECT rule.* FROM ${HELD}
    CROSS JOIN LATERAL (
      ${rulesEverywhereAndOnPlaces({
        holders: '(w.principals || h.roles)',
        roles: 'h.roles',
        rolesHere: 'h.roles_here',
        permission,
        places: 'pl.places',
      })}
    ) rule
) r ON NOT coalesce(s.superuser, false)`;

/** One question. Values: subject type, subject id, type, action, object type, object id. */
export const FACTS_OF_ONE: Statement = {
  name: 'castellan_facts_of_one',
  text: factsFrom(
    `(SELECT 1 AS n, $1::text AS subject_type, $2::text AS subject_id, $3::text AS type, $4::text AS action, $5::text AS object_type, $6::text AS object_id) q`,
  ),
};

/** One question about an object and, from the same snapshot, the object itself. Values: as of one question. */
export const FACTS_WITH_OBJECT: Statement = {
  name: 'castellan_facts_with_object',
  text: `SELECT facts.*, stored.attributes AS stored, parent_type.name AS parent_type, parent.external_id AS parent_id
    FROM (${FACTS_OF_ONE.text}) facts
    LEFT JOIN castellan.types object_type ON object_type.name = $5::text
    LEFT JOIN castellan.objects stored ON stored.type_id = object_type.id AND stored.external_id = $6::text
    LEFT JOIN castellan.objects parent ON parent.id = stored.parent_id
    LEFT JOIN castellan.types parent_type ON parent_type.id = parent.type_id`,
};

/** A row of {@link FACTS_WITH_OBJECT}. */
export interface FactsWithObjectRow extends FactsRow {
  /** Null where there is no such object. */
  readonly stored: Record<string, never> | null;
  readonly parent_type: string | null;
  readonly parent_id: string | null;
}

/** Many questions. Values: an array for each of the columns that one question has. */
export const FACTS_OF_MANY: Statement = {
  name: 'castellan_facts_of_many',
  text: factsFrom(
    `unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
     WITH ORDINALITY AS q(subject_type, subject_id, type, action, object_type, object_id, n)`,
  ),
};

/**
 * Many pairs of questions that differ in their action only: what is held for either is found at once. Values: as of many questions, and the
 * other action, or null where there is none.
 */
export const FACTS_OF_PAIRS: Statement = {
  name: 'castellan_facts_of_pairs',
  text: `
SELECT q.n, ${columns(OF_PAIR)}
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
     WITH ORDINALITY AS q(subject_type, subject_id, type, action, object_type, object_id, other_action, n)
     ${SUBJECT_AND_TYPE} ${permissionOf('p', 'q.action')} ${permissionOf('p2', 'q.other_action')} ${OBJECT} ${rulesHeld('ANY(ARRAY[p.id, p2.id])')}`,
};

/** A row of any of these statements. */
export interface FactsRow {
  readonly n: number | string;
  /** As {@link FLAGS} says. */
  readonly flags: number;
  /** Null for an unknown type. */
  readonly mode: string | null;
  /** Null where no rule is held. */
  readonly id: string | null;
  readonly condition: JsonObject | null;
  readonly fields: string[] | null;
  readonly subject_attributes: JsonObject | null;
  readonly object_attributes: JsonObject | null;
}
