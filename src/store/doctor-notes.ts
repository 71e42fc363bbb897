import { isNeverTrue } from '../core/conditions/never-true.js';
import { parseCondition } from '../core/conditions/parse-condition.js';
import type { JsonObject } from '../core/model.js';
import { objectName, run, subjectName } from './doctor-check.js';
import type { SqlExecutor } from './executor.js';

/** What is as it may be, and worth knowing. */
export interface Note {
  /** Stable, for programs. */
  readonly kind: string;
  readonly count: number;
  readonly says: string;
  /** The first of them in words. */
  readonly examples: readonly string[];
}

interface SqlNote {
  readonly kind: string;
  readonly says: string;
  /** SQL: one row for each, with its `id`. */
  readonly rows: string;
  /** SQL: what stands there, by the id of `found`. */
  readonly told: string;
}

const MOST_EXAMPLES = 5;
const PAGE = 5000;
const NOW = 'statement_timestamp()';
const STANDS = (row: string): string => `(${row}.expires_at IS NULL OR ${row}.expires_at > ${NOW})`;

const GRANT_TOLD = `(SELECT 'grant ' || g.id || ' of ' || pt.name || ':' || p.action || ' to ' || ${subjectName('g.subject_id')}
      || CASE WHEN g.object_id IS NULL THEN ' everywhere' ELSE ' on ' || ${objectName('g.object_id')} END
    FROM castellan.grants g JOIN castellan.permissions p ON p.id = g.permission_id JOIN castellan.types pt ON pt.id = p.type_id
    WHERE g.id = found.id)`;
const ASSIGNMENT_TOLD = `(SELECT 'assignment ' || a.id || ' of ' || ${subjectName('a.role_id')} || ' to ' || ${subjectName('a.subject_id')}
    FROM castellan.assignments a WHERE a.id = found.id)`;
const RULE_TOLD = `(SELECT 'rule ' || ru.id || ' of ' || ${subjectName('ru.role_id')} || ', ' || pt.name || ':' || p.action
    FROM castellan.rules ru JOIN castellan.permissions p ON p.id = ru.permission_id JOIN castellan.types pt ON pt.id = p.type_id
    WHERE ru.id = found.id)`;

// Whoever can ask: an active user or service, and each group that has one or is everybody's.
const SOMEBODY = `somebody AS MATERIALIZED (
    SELECT s.id FROM castellan.subjects s
    WHERE (s.type NOT IN ('group', 'role') AND s.active) OR (s.type = 'group' AND s.external_id IN ('anyone', 'authenticated'))
    UNION
    SELECT em.group_id FROM castellan.effective_memberships em JOIN castellan.subjects m ON m.id = em.member_id
    WHERE m.active AND m.type NOT IN ('group', 'role')
  )`;
const HELD = `${SOMEBODY}, held AS MATERIALIZED (
    SELECT DISTINCT ei.included_id AS id FROM castellan.assignments a JOIN somebody ON somebody.id = a.subject_id
    JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id WHERE ${STANDS('a')}
  )`;

const toNobody = (type: string, without: string): string => `WITH ${without === 'held' ? HELD : SOMEBODY}
  SELECT g.id FROM castellan.grants g JOIN castellan.subjects s ON s.id = g.subject_id AND s.type ${type}
  WHERE ${STANDS('g')} AND NOT EXISTS (SELECT 1 FROM ${without} WHERE ${without}.id = s.id)`;

// Of all fields, and whatever the case may be.
const DENIES = `denies AS MATERIALIZED (
    SELECT d.subject_id, d.permission_id, d.place_id, d.starts_at, d.expires_at FROM castellan.grants d
    WHERE d.effect = 'deny' AND d.condition IS NULL AND d.fields = '{}' AND ${STANDS('d')}
  ), anyone AS MATERIALIZED (SELECT s.id FROM castellan.subjects s WHERE s.type = 'group' AND s.external_id = 'anyone')`;

// Joined by equality alone, each way by itself: on a million grants, anything else takes hours.
const outdoneGrants = (holder: string, place: string): string => `SELECT g.id FROM denies d
  JOIN castellan.grants g ON g.permission_id = d.permission_id AND d.subject_id = ${holder} AND d.place_id = ${place}
  WHERE g.effect = 'allow' AND ${STANDS('g')}
    AND (d.starts_at IS NULL OR d.starts_at <= coalesce(g.starts_at, ${NOW})) AND (d.expires_at IS NULL OR d.expires_at >= g.expires_at)`;
const ANYONE = '(SELECT id FROM anyone)';
const OUTDONE_GRANTS = [
  outdoneGrants('g.subject_id', 'g.place_id'),
  outdoneGrants('g.subject_id', '0'),
  outdoneGrants(ANYONE, 'g.place_id'),
  outdoneGrants(ANYONE, '0'),
].join(' UNION ');

const ALWAYS_EVERYWHERE = `d.place_id = 0 AND (d.starts_at IS NULL OR d.starts_at <= ${NOW}) AND d.expires_at IS NULL`;

const NOTES: readonly SqlNote[] = [
  {
    kind: 'expired_grants',
    says: 'grants have expired',
    rows: `SELECT g.id FROM castellan.grants g WHERE g.expires_at <= ${NOW}`,
    told: GRANT_TOLD,
  },
  {
    kind: 'expired_assignments',
    says: 'assignments have expired',
    rows: `SELECT a.id FROM castellan.assignments a WHERE a.expires_at <= ${NOW}`,
    told: ASSIGNMENT_TOLD,
  },
  {
    kind: 'expired_tokens',
    says: 'tokens have expired',
    rows: `SELECT t.id FROM castellan.tokens t WHERE t.expires_at <= ${NOW}`,
    told: `(SELECT 'token ' || t.id || ' of ' || ${subjectName('t.subject_id')} FROM castellan.tokens t WHERE t.id = found.id)`,
  },
  {
    kind: 'grants_to_inactive',
    says: 'grants are of no use, as their users are not active',
    rows: toNobody("NOT IN ('group', 'role') AND NOT s.active", 'somebody'),
    told: GRANT_TOLD,
  },
  {
    kind: 'grants_to_empty_groups',
    says: 'grants are of no use, as nobody active is in their groups',
    rows: toNobody("= 'group'", 'somebody'),
    told: GRANT_TOLD,
  },
  {
    kind: 'grants_to_unheld_roles',
    says: 'grants are of no use, as nobody holds their roles',
    rows: toNobody("= 'role'", 'held'),
    told: GRANT_TOLD,
  },
  {
    kind: 'unheld_roles',
    says: 'roles are held by nobody',
    rows: `WITH ${HELD} SELECT r.id FROM castellan.roles r WHERE NOT EXISTS (SELECT 1 FROM held WHERE held.id = r.id)`,
    told: `(SELECT ${subjectName('r.id')} || ', rules: ' || (SELECT count(*) FROM castellan.rules ru WHERE ru.role_id = r.id)
      FROM castellan.roles r WHERE r.id = found.id)`,
  },
  {
    kind: 'outdone_grants',
    says: 'grants allow what another one of the same holder, or of anyone, always denies there',
    rows: `WITH ${DENIES} ${OUTDONE_GRANTS}`,
    told: GRANT_TOLD,
  },
  {
    kind: 'outdone_rules',
    says: 'rules allow what another rule of the same role, or of one that it includes, always denies',
    rows: `WITH ${DENIES} SELECT ru.id FROM castellan.rules ru WHERE ru.effect = 'allow' AND (EXISTS (
        SELECT 1 FROM castellan.effective_inclusions ei JOIN castellan.rules d ON d.role_id = ei.included_id
        WHERE ei.role_id = ru.role_id AND d.permission_id = ru.permission_id AND d.effect = 'deny' AND d.condition IS NULL AND d.fields = '{}'
      ) OR (ru.role_id, ru.permission_id) IN (
        SELECT d.subject_id, d.permission_id FROM denies d WHERE ${ALWAYS_EVERYWHERE}) OR ru.permission_id IN (
        SELECT d.permission_id FROM denies d JOIN anyone ON anyone.id = d.subject_id WHERE ${ALWAYS_EVERYWHERE}))`,
    told: RULE_TOLD,
  },
  {
    kind: 'unallowed_actions',
    says: 'actions are allowed by no rule and no grant: only superusers may do them',
    rows: `SELECT p.id FROM castellan.permissions p JOIN castellan.types t ON t.id = p.type_id AND NOT t.built_in
      WHERE NOT EXISTS (SELECT 1 FROM castellan.rules ru WHERE ru.permission_id = p.id AND ru.effect = 'allow')
        AND NOT EXISTS (SELECT 1 FROM castellan.grants g WHERE g.permission_id = p.id AND g.effect = 'allow' AND ${STANDS('g')})`,
    told: `(SELECT t.name || ':' || p.action FROM castellan.permissions p JOIN castellan.types t ON t.id = p.type_id WHERE p.id = found.id)`,
  },
];

/** What is no fault, and worth knowing: what has expired, and what comes to nothing. */
export async function notesOn(sql: SqlExecutor): Promise<Note[]> {
  const notes: Note[] = [];
  for (const { kind, says, rows, told } of NOTES) {
    const [found] = await run<Pick<Note, 'count' | 'examples'>>(
      sql,
      `WITH all_found AS MATERIALIZED (${rows})
       SELECT (SELECT count(*) FROM all_found)::int AS count,
         ARRAY(SELECT ${told} FROM (SELECT id FROM all_found ORDER BY id LIMIT ${MOST_EXAMPLES}) found ORDER BY found.id) AS examples`,
    );
    if (found && found.count > 0) notes.push({ kind, says, ...found });
  }
  const never = await neverTrue(sql);
  return never.count > 0 ? [...notes, never] : notes;
}

interface ConditionRow {
  readonly id: string;
  readonly told: string;
  readonly type: string;
  readonly action: string;
  readonly condition: JsonObject;
}

const pageOf = (
  table: string,
  cast: string,
  nothing: string,
  told: string,
): string => `SELECT found.id::text AS id, ${told} AS told,
    t.name AS type, p.action, found.condition
  FROM castellan.${table} found JOIN castellan.permissions p ON p.id = found.permission_id JOIN castellan.types t ON t.id = p.type_id
  WHERE found.condition IS NOT NULL AND found.effect = 'allow' AND found.id > coalesce($1::${cast}, ${nothing}) ORDER BY found.id LIMIT ${PAGE}`;

const CONDITIONS = [
  pageOf(
    'grants',
    'uuid',
    "'00000000-0000-0000-0000-000000000000'",
    `'grant ' || found.id || ' to ' || ${subjectName('found.subject_id')}`,
  ),
  pageOf('rules', 'int', '0', `'rule ' || found.id || ' of ' || ${subjectName('found.role_id')}`),
];

async function neverTrue(sql: SqlExecutor): Promise<Note> {
  const examples: string[] = [];
  let count = 0;
  for (const statement of CONDITIONS) {
    let after: string | null = null;
    for (;;) {
      const rows: ConditionRow[] = await run<ConditionRow>(sql, statement, [after]);
      for (const row of rows) {
        if (!comesToNothing(row)) continue;
        count += 1;
        if (examples.length < MOST_EXAMPLES) examples.push(`${row.told}: ${JSON.stringify(row.condition)}`);
      }
      if (rows.length < PAGE) break;
      after = rows.at(-1)?.id ?? null;
    }
  }
  return { kind: 'never_true', says: 'rules that allow have a condition that can never be true', count, examples };
}

function comesToNothing({ condition, type, action }: ConditionRow): boolean {
  try {
    return isNeverTrue(parseCondition(condition), { type, action });
  } catch {
    // One that can't be read is a fault, and told there.
    return false;
  }
}
