import { foldCondition } from '../core/conditions/fold-condition.js';
import { conditionOf } from '../core/conditions/parse-condition.js';
import type { Condition } from '../core/conditions/condition.js';
import { entitiesButResource } from '../core/entities.js';
import type { JsonObject, SubjectRef, Supplied } from '../core/model.js';
import { conditionSql, necessarySql, type SqlRow, type SqlValues } from './condition-sql.js';
import type { HeldRule, HeldRules } from './held-rules.js';
import { placedRules } from './placed-rules-sql.js';

/** Who asks about objects, and what is known of that before any object is looked at. */
export interface Asker {
  readonly subject: SubjectRef;
  readonly supplied: Supplied | undefined;
  readonly held: HeldRules;
}

/** SQL for one action on objects that a row `o` of `castellan.objects` stands for; `acting` must be in scope (`principals`, `holders`). */
export interface ObjectCheck {
  /** A condition: the action is allowed. */
  readonly allowed: string;
  /** Whether some rule placed everywhere could allow it: a condition on the row, or a constant. */
  readonly everywhere: string | boolean;
  /** A condition that an index on the attributes serves, and that holds wherever `everywhere` does; null where there is none. */
  readonly everywhereIndexed: string | null;
  /** The conditions of rules placed on objects that allow, and what an index can serve of each. */
  readonly placedConditions: readonly { readonly condition: JsonObject; readonly indexed: string | null }[];
}

/** A rule's condition as far as it is still open: what remains to be asked about the row. */
interface OpenRule {
  readonly rule: HeldRule;
  readonly condition: Condition;
}

/**
 * Puts together the check of one action, from the rules that the subject holds for it. With a field, it is decided among the rules
 * that name the field or name none.
 *
 * @returns null where the type has no such action.
 */
export function objectCheck(
  { subject, supplied, held }: Asker,
  action: string,
  row: SqlRow,
  values: SqlValues,
  field?: string,
): ObjectCheck | null {
  const permissionId = held.permissionIds.get(action);
  if (permissionId === undefined) return null;
  if (held.superuser) return { allowed: 'true', everywhere: true, everywhereIndexed: null, placedConditions: [] };
  const known = entitiesButResource(
    { subject, permission: { type: row.type, action }, supplied },
    held.subjectAttributes,
  );
  const open = held.rules
    .filter((rule) => rule.permissionId === permissionId && isAbout(rule, field))
    .map((rule): OpenRule => ({
      rule,
      condition: rule.condition ? foldCondition(conditionOf(rule.condition), known) : { kind: 'constant', truth: true },
    }));
  const sql = (condition: Condition): string => conditionSql(condition, 'resource', row, values);
  const of = (effect: HeldRule['effect']): Condition[] =>
    open.filter(({ rule }) => rule.everywhere && rule.effect === effect).map(({ condition }) => condition);
  const everywhere = anyOf(of('allow').map((condition) => truthSql(condition, sql, 'IS TRUE')));
  const denied = anyOf(of('deny').map((condition) => truthSql(condition, sql, 'IS NOT FALSE')));
  const isPlaced = held.assignedOnObjects || held.grantedOnObjects.includes(permissionId);
  const placed = isPlaced ? placedCheck(open, { permissionId, field, sql, values }) : null;
  const indexed = supplied?.resource
    ? () => null
    : (condition: Condition) => necessarySql(condition, 'resource', 'o.attributes', values);
  return {
    allowed: combined(held.mode, everywhere, denied, placed),
    everywhere,
    everywhereIndexed: orOfAll(of('allow').filter(mayBeTrue).map(indexed)),
    placedConditions: open.flatMap(({ rule, condition }) =>
      !rule.everywhere && rule.effect === 'allow' && rule.condition && mayBeTrue(condition)
        ? [{ condition: rule.condition, indexed: condition.kind === 'constant' ? null : indexed(condition) }]
        : [],
    ),
  };
}

/** More than this many conditions are not told apart in one statement: candidates are decided one by one. */
export const MOST_CONDITIONS = 50;

/** Instead of a check, where there are too many conditions for one statement: whatever a rule might allow is a candidate. */
export function uncheckedObjects({ held }: Asker, action: string): ObjectCheck | null {
  const permissionId = held.permissionIds.get(action);
  if (permissionId === undefined) return null;
  const everywhere =
    held.superuser ||
    held.rules.some((rule) => rule.permissionId === permissionId && rule.everywhere && rule.effect === 'allow');
  return { allowed: 'true', everywhere, everywhereIndexed: null, placedConditions: [] };
}

/** How many different conditions a statement would have to tell apart. */
export function conditionsOf({ rules }: HeldRules): number {
  return new Set(rules.flatMap(({ condition }) => (condition ? [JSON.stringify(condition)] : []))).size;
}

// For the question without a field, a rule that denies some fields does not count.
function isAbout({ effect, fields }: HeldRule, field: string | undefined): boolean {
  if (fields.length === 0) return true;
  return field === undefined ? effect === 'allow' : fields.includes(field);
}

function mayBeTrue(condition: Condition): boolean {
  return condition.kind !== 'constant' || condition.truth === true;
}

function truthSql(condition: Condition, sql: (condition: Condition) => string, test: string): string | boolean {
  if (condition.kind !== 'constant') return `(${sql(condition)}) ${test}`;
  return test === 'IS TRUE' ? condition.truth === true : condition.truth !== false;
}

function anyOf(parts: readonly (string | boolean)[]): string | boolean {
  if (parts.includes(true)) return true;
  const open = parts.filter((part) => typeof part === 'string');
  return open.length > 0 && `(${open.join(' OR ')})`;
}

function orOfAll(parts: readonly (string | null)[]): string | null {
  return parts.length === 0 || parts.includes(null) ? null : `(${parts.join(' OR ')})`;
}

function combined(
  mode: HeldRules['mode'],
  everywhere: string | boolean,
  denied: string | boolean,
  placed: string | null,
): string {
  if (placed === null) return mode === 'union' ? `NOT ${String(denied)} AND ${String(everywhere)}` : 'false';
  const allowed =
    mode === 'object' ? 'placed.allows' : `(${String(everywhere)} ${mode === 'union' ? 'OR' : 'AND'} placed.allows)`;
  return `NOT ${String(denied)} AND EXISTS (SELECT 1 FROM (${placed}) placed WHERE NOT placed.denies AND ${allowed})`;
}

// What the rules placed on the object and above it say together.
function placedCheck(
  open: readonly OpenRule[],
  parts: { permissionId: number; field: string | undefined; sql: (condition: Condition) => string; values: SqlValues },
): string {
  const { field, sql, values } = parts;
  const permission = values.add(parts.permissionId, 'int');
  const branches = new Map<string, string>();
  for (const { rule, condition } of open) {
    if (rule.everywhere || rule.condition === null) continue;
    const key = JSON.stringify(rule.condition);
    if (branches.has(key)) continue;
    const truth = condition.kind === 'constant' ? String(condition.truth ?? null) : sql(condition);
    branches.set(key, `WHEN r.condition = ${values.add(key, 'jsonb')} THEN ${truth}`);
  }
  // A condition that is none of these is unknown: it allows nothing.
  const holds = `(CASE WHEN r.condition IS NULL THEN true ${[...branches.values()].join(' ')} END)`;
  const named = field === undefined ? undefined : `(r.fields = '{}' OR ${values.add(field, 'text')} = ANY(r.fields))`;
  return `SELECT coalesce(bool_or(r.allow AND ${holds} IS TRUE${named ? ` AND ${named}` : ''}), false) AS allows,
      coalesce(bool_or(NOT r.allow AND ${holds} IS NOT FALSE AND ${named ?? "r.fields = '{}'"}), false) AS denies
    FROM acting, ${placedRules('o.id', permission)} r`;
}
