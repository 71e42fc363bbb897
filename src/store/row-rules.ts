import { LRUCache } from 'lru-cache';
import { CastellanError } from '../core/errors.js';
import type { Effect, JsonObject, Mode, SubjectRef } from '../core/model.js';
import {
  RowRuleSource,
  type ActionRules,
  type PlacedKind,
  type RowRules,
  type RuleKind,
} from '../core/ports/row-rules.js';
import type { Reach, Way } from '../core/rows/row-filter.js';
import type { SqlExecutor, Statement } from './executor.js';
import { PLAIN_RULE, ruleName } from './access-view.js';
import { STANDS } from './placed-rules-sql.js';
import { HOLDING_SUBJECT, inWindow } from './principals-sql.js';

// Each may become a subquery of an app's statement.
const MOST_KINDS = 100;
/** From how many objects on there are no more few, and many. */
export interface Thresholds {
  readonly some: number;
  readonly many: number;
}

// Up to so many, what rules are placed on is looked up and put in order; then it is looked up, and rows are asked in their order whether they are
// among it; beyond, that would take longer than to ask of each row what is placed on it.
const THRESHOLDS: Thresholds = { some: 2000, many: 20_000 };

// How far rules reach is a hint: it makes a query quicker or slower, and never answers otherwise. So it may be a little old.
const REMEMBERED = { max: 1000, ttl: 5000 };

const kindOf = (row: string): string =>
  `${row}.permission_id, ${row}.effect, ${row}.condition, ${row}.fields <> '{}' AS of_fields, ${ruleName(row)} AS rule`;
const OF_HOLDERS = 'g.subject_id = ANY(held.holders) AND g.permission_id = ANY(held.permissions)';
const OF_ROLES = 'g.subject_id = ANY(held.roles_on_objects) AND g.permission_id = ANY(held.permissions)';

// Of plain grants there may be millions: whether there is one is all that is asked, of each holder by itself.
const holdersOf = (holders: string, plainGrants: string): string => `(
      SELECT coalesce(jsonb_object_agg(p.permission_id, ARRAY(
        SELECT h.id FROM unnest(${holders}) AS h(id) WHERE (
          SELECT true FROM castellan.grants g
          WHERE g.subject_id = h.id AND g.permission_id = p.permission_id AND g.variant = '' AND ${plainGrants} LIMIT 1
        )
      )), '{}') FROM unnest(held.permissions) AS p(permission_id))`;

const ROW_RULES: Statement = {
  name: 'castellan_row_rules',
  text: `SELECT held.*,
    ${holdersOf('held.holders', 'g.place_id > 0')} AS granted,
    ${holdersOf('held.holders', 'g.reaches_below')} AS granted_below,
    ${holdersOf('held.roles_on_objects', 'g.place_id >= 0')} AS granted_to_roles,
    (SELECT coalesce(jsonb_agg(to_jsonb(kind)), '[]') FROM (
      SELECT 'everywhere' AS way, ${kindOf('g')} FROM castellan.grants g WHERE ${OF_HOLDERS} AND g.place_id = 0 AND ${STANDS}
      UNION SELECT 'everywhere', ${kindOf('ru')} FROM castellan.rules ru
      WHERE ru.role_id = ANY(held.roles) AND ru.permission_id = ANY(held.permissions)
      UNION SELECT 'special', ${kindOf('g')} FROM castellan.grants g
      WHERE ${OF_HOLDERS} AND g.place_id > 0 AND g.variant <> '' AND (${inWindow('g')})
      UNION SELECT 'role', ${kindOf('ru')} FROM castellan.rules ru
      WHERE ru.role_id = ANY(held.roles_on_objects) AND ru.permission_id = ANY(held.permissions)
      UNION SELECT 'role_grant', ${kindOf('g')} FROM castellan.grants g
      WHERE ${OF_ROLES} AND g.variant <> '' AND (${inWindow('g')})
      LIMIT ${MOST_KINDS + 1}
    ) kind) AS kinds
  FROM (${HOLDING_SUBJECT}  OFFSET 0) held`,
};

/** On how many objects each permission's rules are placed, counted no further than it matters. */
const placesOf = (most: number): Statement => {
  const counted = (from: string): string => `(SELECT count(*) FROM (SELECT 1 FROM ${from} LIMIT ${most}) counted)`;
  // From each place downwards, whatever the planner makes of how many there may be.
  const below = (places: string): string => `(${places} OFFSET 0) place(id) CROSS JOIN LATERAL (
      SELECT 1 FROM castellan.ancestry an WHERE an.ancestor_id = place.id AND an.descendant_type_id = $4::int LIMIT ${most}) lower`;
  const granted = `SELECT g.place_id FROM castellan.grants g WHERE g.subject_id = ANY($1::int[]) AND g.permission_id = p.permission_id`;
  const assigned = `SELECT a.object_id FROM castellan.assignments a WHERE a.subject_id = ANY($3::int[]) AND a.object_id IS NOT NULL`;
  return {
    name: `castellan_row_places_${most}`,
    text: `SELECT p.permission_id, (${counted(`(${granted} AND g.place_id > 0) placed`)}
      + ${counted(below(`${granted} AND g.reaches_below`))}
      + ${counted(`(${assigned}) placed`)}
      + ${counted(below(assigned))})::int AS places
    FROM unnest($2::int[]) AS p(permission_id)`,
  };
};

type HoldersByPermission = Readonly<Record<number, readonly number[]>>;

interface Row {
  readonly type_id: number;
  readonly mode: Mode;
  readonly superuser: boolean;
  readonly attributes: JsonObject | null;
  readonly principals: number[];
  readonly holders: number[];
  readonly permissions: number[];
  readonly actions: string[];
  readonly granted: HoldersByPermission;
  readonly granted_below: HoldersByPermission;
  readonly granted_to_roles: HoldersByPermission;
  readonly kinds: {
    readonly way: Way | 'everywhere';
    readonly permission_id: number;
    readonly effect: Effect;
    readonly condition: JsonObject | null;
    readonly of_fields: boolean;
    readonly rule: string;
  }[];
}

/**
 * Reads what filters of rows are made of: two look-ups, whose cost does not grow with the plain grants there are. The second one only tells how
 * to ask, and is remembered for some seconds.
 */
export class PostgresRowRules extends RowRuleSource {
  readonly #places: Statement;
  readonly #remembered = new LRUCache<string, ReadonlyMap<number, Reach>>(REMEMBERED);

  constructor(
    private readonly sql: SqlExecutor,
    private readonly thresholds = THRESHOLDS,
  ) {
    super();
    this.#places = placesOf(thresholds.many);
  }

  async rowRulesOf(subject: SubjectRef, type: string, actions: readonly string[]): Promise<RowRules | null> {
    const [row] = await this.sql.query<Row>(ROW_RULES, [subject.type, subject.id, type, actions]);
    if (!row) return null;
    if (row.kinds.length > MOST_KINDS)
      throw new CastellanError(
        'overloaded',
        `More than ${MOST_KINDS} kinds of rules on objects of the type ${type} are held: a filter can not hold them.`,
      );
    const { mode, superuser, attributes: subjectAttributes } = row;
    const ofActions = row.actions.map(
      (action, index) => [action, rulesOf(row, row.permissions[index] as number)] as const,
    );
    const isPlaced = !superuser && ofActions.some(([, { placed }]) => placed.length > 0);
    const reaches = isPlaced ? await this.#reachesOf(row) : new Map<number, Reach>();
    const byAction = ofActions.map(([action, { placed, ...rules }]) => {
      const reach = reaches.get(rules.permissionId) ?? 'few';
      return [action, { ...rules, placed: placed.map((kind) => ({ ...kind, reach })) }] as const;
    });
    return { mode, superuser, subjectAttributes, byAction: new Map(byAction) };
  }

  async #reachesOf({ holders, permissions, principals, type_id }: Row): Promise<ReadonlyMap<number, Reach>> {
    const asked = [holders, permissions, principals, type_id];
    const key = JSON.stringify(asked);
    const remembered = this.#remembered.get(key);
    if (remembered) return remembered;
    const found = await this.sql.query<{ permission_id: number; places: number }>(this.#places, asked);
    const { some, many } = this.thresholds;
    const reachOf = (places: number): Reach => (places < some ? 'few' : places < many ? 'some' : 'many');
    const reaches = new Map(found.map(({ permission_id, places }) => [permission_id, reachOf(places)]));
    this.#remembered.set(key, reaches);
    return reaches;
  }
}

type UnmeasuredRules = Omit<ActionRules, 'placed'> & { readonly placed: Omit<PlacedKind, 'reach'>[] };

function rulesOf(row: Row, permissionId: number): UnmeasuredRules {
  const everywhere: RuleKind[] = [];
  const placed: Omit<PlacedKind, 'reach'>[] = [];
  for (const { way, permission_id, effect, condition, of_fields: ofFields, rule } of row.kinds) {
    if (permission_id !== permissionId) continue;
    const kind = { effect, condition, ofFields };
    if (way === 'everywhere') everywhere.push(kind);
    // An assignment is of a principal; a grant may be held by its roles too.
    else placed.push({ ...kind, way, rule, holders: way === 'special' ? row.holders : row.principals });
  }
  const plain = { effect: 'allow', condition: null, ofFields: false, rule: PLAIN_RULE } as const;
  const add = (way: Way, holders: readonly number[]): void => {
    if (holders.length > 0) placed.push({ ...plain, way, holders });
  };
  add('grant', row.granted[permissionId] ?? []);
  add('below', row.granted_below[permissionId] ?? []);
  if ((row.granted_to_roles[permissionId] ?? []).length > 0) add('role_grant', row.principals);
  return { permissionId, everywhere, placed };
}
