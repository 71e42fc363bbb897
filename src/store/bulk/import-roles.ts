import { CastellanError } from '../../core/errors.js';
import type { Effect, JsonObject } from '../../core/model.js';
import { ruleKey } from '../../core/rule-key.js';
import { INCLUSIONS, recomputeClosure, requireEdgeFits } from '../closures.js';
import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import { jsonText, type BulkRowOf, type BulkRule, type Outcome, type PlacedRow, type Reject } from './bulk-rows.js';
import { sameNames, standsWith } from './import-types.js';
import { faultsOfIds } from './unfit-ids.js';

interface Standing {
  readonly description: string | null;
  readonly rules: {
    readonly permission: string;
    readonly effect: Effect;
    readonly condition: JsonObject | null;
    readonly fields: string[];
  }[];
  readonly includes: string[];
}

const FIND = `SELECT s.description,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('permission', t.name || ':' || p.action, 'effect', ru.effect, 'condition', ru.condition,
      'fields', ru.fields)), '[]')
      FROM castellan.rules ru JOIN castellan.permissions p ON p.id = ru.permission_id JOIN castellan.types t ON t.id = p.type_id
      WHERE ru.role_id = s.id) AS rules,
    (SELECT coalesce(jsonb_agg(i.external_id), '[]') FROM castellan.role_inclusions ri JOIN castellan.subjects i ON i.id = ri.included_id
      WHERE ri.role_id = s.id) AS includes
  FROM castellan.subjects s WHERE s.type = 'role' AND s.external_id = $1`;

const PERMISSIONS = `SELECT q.name, p.id FROM jsonb_array_elements_text($1::jsonb) AS q(name)
  LEFT JOIN castellan.types t ON t.name = split_part(q.name, ':', 1)
  LEFT JOIN castellan.permissions p ON p.type_id = t.id AND p.action = split_part(q.name, ':', 2)`;

const INCLUDED = `SELECT q.name, s.id FROM jsonb_array_elements_text($1::jsonb) AS q(name)
  LEFT JOIN castellan.subjects s ON s.type = 'role' AND s.external_id = q.name`;

const INSERT = `WITH made AS (
    INSERT INTO castellan.subjects (type, external_id, description) VALUES ('role', $1, $2) RETURNING id, external_id
  ), object AS (
    INSERT INTO castellan.objects (type_id, external_id)
    SELECT t.id, made.external_id FROM made JOIN castellan.types t ON t.name = 'role' AND t.built_in
  )
  INSERT INTO castellan.roles (id) SELECT id FROM made RETURNING id`;

const INSERT_RULE = `INSERT INTO castellan.rules (role_id, permission_id, effect, condition, fields)
  VALUES ($1, $2, $3, $4::jsonb, ARRAY(SELECT jsonb_array_elements_text($5::jsonb)))`;

/** Makes the roles of a batch, one by one: they are few, and each may include those before it. */
export async function importRoles(sql: SqlExecutor, rows: readonly PlacedRow<BulkRowOf<'role'>>[]): Promise<Outcome> {
  const rejects: Reject[] = [];
  let created = 0;
  const faultOf = await faultsOfIds(sql, 'role');
  for (const { line, row } of rows) {
    const [standing] = await run<Standing>(sql, FIND, [row.id]);
    const fault = standing ? difference(row, standing) : (faultOf(row.id) ?? (await create(sql, row)));
    if (fault) rejects.push({ line, ...fault });
    else if (!standing) created += 1;
  }
  return { created, rejects };
}

async function create(
  sql: SqlExecutor,
  { id, description = null, rules = [], includes = [] }: BulkRowOf<'role'>,
): Promise<Omit<Reject, 'line'> | undefined> {
  const permissions = await idsOf(sql, PERMISSIONS, [...new Set(rules.map(({ permission }) => permission))]);
  const roles = await idsOf(sql, INCLUDED, [...new Set(includes)]);
  for (const [index, { permission }] of rules.entries())
    if (!permissions.has(permission)) return missing(`rules.${index}.permission`, `permission ${permission}`);
  for (const [index, name] of includes.entries())
    if (!roles.has(name)) return missing(`includes.${index}`, `role ${name}`);
  // Undone as a whole where one of those that it includes does not fit.
  await run(sql, 'SAVEPOINT before_role');
  try {
    const [role] = await run<{ id: number }>(sql, INSERT, [id, description]);
    if (!role) throw new CastellanError('internal', 'A role was made, and has no id.');
    for (const rule of new Map(rules.map((each) => [`${each.permission} ${keyOf(each)}`, each])).values())
      await run(sql, INSERT_RULE, [
        role.id,
        permissions.get(rule.permission),
        rule.effect ?? 'allow',
        jsonText(rule.condition),
        JSON.stringify([...new Set(rule.fields ?? [])]),
      ]);
    for (const [name, included] of roles) {
      const edge = { lower: role.id, upper: included, name: `role:${name} in role:${id}` };
      await requireEdgeFits(sql, INCLUSIONS, edge);
      await run(sql, 'INSERT INTO castellan.role_inclusions (role_id, included_id) VALUES ($1, $2)', [
        role.id,
        included,
      ]);
    }
    await recomputeClosure(sql, INCLUSIONS, [role.id]);
    await run(sql, 'RELEASE SAVEPOINT before_role');
    return undefined;
  } catch (error) {
    if (!(error instanceof CastellanError) || (error.code !== 'cycle' && error.code !== 'too_deep')) throw error;
    await run(sql, 'ROLLBACK TO SAVEPOINT before_role');
    return { code: error.code, reason: error.detail };
  }
}

async function idsOf(sql: SqlExecutor, statement: string, names: readonly string[]): Promise<Map<string, number>> {
  const rows = await run<{ name: string; id: number | null }>(sql, statement, [JSON.stringify(names)]);
  return new Map(rows.flatMap(({ name, id }) => (id === null ? [] : [[name, id] as const])));
}

function missing(path: string, name: string): Omit<Reject, 'line'> {
  return { code: 'unknown_reference', reason: `${path}: there is no ${name}.` };
}

function difference(
  { id, description, rules, includes }: BulkRowOf<'role'>,
  standing: Standing,
): Omit<Reject, 'line'> | undefined {
  const keys = (of: readonly BulkRule[]): string[] => of.map((rule) => `${rule.permission} ${keyOf(rule)}`);
  const other = [
    ...(typeof description === 'string' && description !== standing.description ? ['description'] : []),
    ...(rules && !sameNames(keys(rules), keys(standing.rules)) ? ['rules'] : []),
    ...(includes && !sameNames(includes, standing.includes) ? ['includes'] : []),
  ];
  return other.length === 0 ? undefined : { code: 'already_exists', reason: standsWith(`role ${id}`, other) };
}

function keyOf({ effect = 'allow', condition = null, fields = null }: BulkRule): string {
  return ruleKey({ effect, condition, fields: fields && fields.length > 0 ? fields : null });
}
