import { isIdentity } from '../core/conditions/condition.js';
import type { Comparison, Condition, Operand, Path, Truth } from '../core/conditions/condition.js';
import type { Json } from '../core/model.js';
import type { SqlValues } from './sql-values.js';

export { necessarySql } from './necessary-sql.js';
export { Values } from './sql-values.js';
export type { SqlValues } from './sql-values.js';

/** SQL expressions for what a condition is about: its attributes (jsonb), its id and its type (text). */
export interface SqlRow {
  readonly attributes: string;
  readonly id: string;
  readonly type: string;
}

type RemainingRoot = 'resource' | 'subject';

/**
 * A boolean SQL expression with the very meaning of the condition: true, false, or NULL for unknown. Whatever a caller wrote is
 * bound, so the text depends on the condition's shape alone.
 *
 * @throws Error where another root remains: fold the condition with those first.
 * @example
 * const values = new Values();
 * const row = { attributes: 'o.attributes', id: 'o.external_id', type: 't.name' };
 * conditionSql(parseCondition({ 'resource.status': 'draft' }), 'resource', row, values); // (o.attributes -> $1::text) = $2::jsonb
 */
export function conditionSql(condition: Condition, root: RemainingRoot, row: SqlRow, values: SqlValues): string {
  return sqlOf(condition, new Operands(root, row, values));
}

function sqlOf(condition: Condition, operands: Operands): string {
  switch (condition.kind) {
    case 'constant':
      return truthSql(condition.truth);
    case 'exists':
      return `(${operands.json(condition.path)} IS ${condition.exists ? 'NOT NULL' : 'NULL'})`;
    case 'compare':
      return comparisonSql(condition.operator, condition.left, condition.right, operands);
    case 'not':
      return `(NOT ${sqlOf(condition.part, operands)})`;
    default:
      return `(${condition.parts.map((part) => sqlOf(part, operands)).join(condition.kind === 'and' ? ' AND ' : ' OR ')})`;
  }
}

function truthSql(truth: Truth): string {
  return truth === undefined ? 'NULL::boolean' : String(truth);
}

function comparisonSql(operator: Comparison, left: Operand, right: Operand, operands: Operands): string {
  if (left.kind === 'missing' || right.kind === 'missing') return truthSql(undefined);
  switch (operator) {
    case '$eq':
      return `(${operands.json(left)} = ${operands.json(right)})`;
    case '$ne':
      return `(${operands.json(left)} <> ${operands.json(right)})`;
    case '$in':
      return operands.firstOf({ when: [[right, 'array']], sql: () => memberSql(left, right, operands) });
    case '$nin':
      return `(NOT ${comparisonSql('$in', left, right, operands)})`;
    case '$contains':
      return operands.firstOf(
        { when: [[left, 'array']], sql: () => memberSql(right, left, operands) },
        {
          when: bothAre('string'),
          sql: () => `position(${operands.bytes(right)} IN ${operands.bytes(left)}) > 0`,
        },
      );
    case '$startsWith':
      return operands.firstOf({
        when: bothAre('string'),
        sql: () => `starts_with(${operands.text(left)}, ${operands.text(right)})`,
      });
    default:
      return operands.firstOf(
        { when: bothAre('number'), sql: () => `${operands.json(left)} ${SIGNS[operator]} ${operands.json(right)}` },
        { when: bothAre('string'), sql: () => `${operands.text(left)} ${SIGNS[operator]} ${operands.text(right)}` },
      );
  }

  function bothAre(type: JsonType): Way['when'] {
    return [
      [left, type],
      [right, type],
    ];
  }
}

const SIGNS = { $lt: '<', $lte: '<=', $gt: '>', $gte: '>=' } as const;

/** Whether the list, which is an array where this is asked, has the element. */
function memberSql(element: Operand, list: Operand, operands: Operands): string {
  // @> would find an array or an object also in one that has more in it.
  if (element.kind === 'value' && !isComposite(element.value) && list.kind === 'path') {
    return `${operands.json(list)} @> ${operands.values.add(JSON.stringify([element.value]), 'jsonb')}`;
  }
  // = ANY of no elements is false, also where there is nothing to compare.
  return operands.firstOf({
    when: [[element, 'any']],
    sql: () => `${operands.json(element)} = ANY(${operands.elements(list)})`,
  });
}

type JsonType = 'array' | 'string' | 'number';

/** One of the ways in which a comparison can be known: when its operands are of these types. */
interface Way {
  readonly when: readonly (readonly [Operand, JsonType | 'any'])[];
  /** Called only where it is used: Postgres refuses values that a statement does not use. */
  readonly sql: () => string;
}

/** The operands of one condition as SQL. */
class Operands {
  private readonly paths = new Map<string, string>();

  constructor(
    private readonly root: RemainingRoot,
    private readonly row: SqlRow,
    readonly values: SqlValues,
  ) {}

  /** As jsonb; NULL where it is missing. */
  json(operand: Operand): string {
    switch (operand.kind) {
      case 'missing':
        return 'NULL::jsonb';
      case 'value':
        return this.values.add(JSON.stringify(operand.value), 'jsonb');
      default:
        return this.path(operand);
    }
  }

  /** A text as text, in the order of its code points. */
  text(operand: Operand): string {
    if (operand.kind === 'value') return `${this.values.add(operand.value, 'text')} COLLATE "C"`;
    return `(${this.json(operand)} #>> '{}') COLLATE "C"`;
  }

  /**
   * The bytes of a text, in which it is looked for another: that takes a few milliseconds for the longest, where the search in texts
   * can be made to take the product of both lengths.
   */
  bytes(operand: Operand): string {
    if (operand.kind === 'value') return `convert_to(${this.values.add(operand.value, 'text')}, 'UTF8')`;
    return `convert_to(${this.json(operand)} #>> '{}', 'UTF8')`;
  }

  /** The elements of an array, as an array of jsonb. */
  elements(operand: Operand): string {
    if (operand.kind !== 'value') return `ARRAY(SELECT jsonb_array_elements(${this.json(operand)}))`;
    const elements = Array.isArray(operand.value) ? operand.value : [];
    return this.values.add(
      elements.map((element) => JSON.stringify(element)),
      'jsonb[]',
    );
  }

  /** The first way whose types fit; unknown where none does. */
  firstOf(...ways: Way[]): string {
    const cases: string[] = [];
    for (const { when, sql } of ways) {
      if (!when.every(([operand, type]) => canBe(operand, type))) continue;
      const guards = when.flatMap(([operand, type]) => this.guardSql(operand, type) ?? []);
      if (guards.length === 0) return `(${sql()})`;
      // Only CASE keeps what is guarded from being evaluated without its guard: AND may be evaluated in any order.
      cases.push(`WHEN ${guards.join(' AND ')} THEN ${sql()}`);
    }
    return cases.length === 0 ? truthSql(undefined) : `(CASE ${cases.join(' ')} END)`;
  }

  private guardSql(operand: Operand, type: JsonType | 'any'): string | undefined {
    if (operand.kind !== 'path') return undefined;
    return type === 'any' ? `${this.json(operand)} IS NOT NULL` : `jsonb_typeof(${this.json(operand)}) = '${type}'`;
  }

  private path(path: Path): string {
    if (path.root !== this.root) throw new Error(`The condition still asks for the ${path.root}.`);
    const name = JSON.stringify(path.steps);
    const sql = this.paths.get(name) ?? this.stepsSql(path);
    this.paths.set(name, sql);
    return sql;
  }

  // Step by step: a text after -> is the name of a member and nothing else, while #> would lead into arrays as well.
  private stepsSql({ root, steps }: Path): string {
    const [first, ...further] = steps;
    if (!isIdentity(root, first)) {
      return `(${this.row.attributes}${steps.map((step) => ` -> ${this.values.add(step, 'text')}`).join('')})`;
    }
    if (further.length > 0) return 'NULL::jsonb';
    return `to_jsonb(${first === 'id' ? this.row.id : this.row.type})`;
  }
}

function canBe(operand: Operand, type: JsonType | 'any'): boolean {
  if (operand.kind !== 'value' || type === 'any') return operand.kind !== 'missing';
  return (Array.isArray(operand.value) ? 'array' : typeof operand.value) === type;
}

function isComposite(value: Json): boolean {
  return typeof value === 'object' && value !== null;
}
