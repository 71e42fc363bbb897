import type { ColumnFilter, PlacedFilter, RowFilter, RowTest, RowValue } from '../core/rows/row-filter.js';
import type { RowColumn } from '../core/rows/row-model.js';

/** A condition for a WHERE, and the values of its placeholders in their order. */
export interface SqlFragment {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What a fragment is put into. */
export interface SqlNames {
  /** The view of access, quoted: `"public"."document_access"`. */
  readonly view: string;
  /** The view's column with the row's id, quoted. */
  readonly viewId: string;
  /** The table's column with the row's id. */
  readonly id: RowColumn;
  /** What the table is called in the statement, quoted where it has to be: `d` for `d."id"`. An inner column must not be taken for it. */
  readonly table: string;
  /** The number of the first placeholder. */
  readonly from: number;
}

const SQL_TYPES: Readonly<Record<RowColumn['type'], string>> = {
  'int id': 'int',
  'bigint id': 'bigint',
  text: 'text',
  uuid: 'uuid',
  integer: 'int',
  number: 'float8',
  boolean: 'bool',
  date: 'numeric',
  texts: 'text[]',
};

/** The filter as SQL for Postgres: every value is bound, and names are quoted. */
export function sqlFragment(filter: RowFilter, names: SqlNames): SqlFragment {
  const printer = new SqlPrinter(names);
  return { text: printer.print(filter), values: printer.values };
}

// Of the other kinds (real, numeric), 0.1 would be another number than the one that the same rules see when a row is decided: the statement fails.
function aNumber(name: string): string {
  return `(CASE WHEN pg_typeof(${name}) IN ('float8'::regtype, 'int4'::regtype, 'int2'::regtype) THEN ${name}::float8
    ELSE (pg_typeof(${name}) || ' is no number of double precision')::float8 END)`;
}

class SqlPrinter {
  readonly values: unknown[] = [];

  constructor(private readonly names: SqlNames) {}

  print(filter: RowFilter): string {
    switch (filter.kind) {
      case 'constant':
        return filter.holds ? 'true' : 'false';
      case 'and':
      case 'or':
        return `(${filter.parts.map((part) => this.print(part)).join(filter.kind === 'and' ? ' AND ' : ' OR ')})`;
      case 'null':
        return `(${this.#column(filter.column)} IS ${filter.isNull ? '' : 'NOT '}NULL)`;
      case 'column':
        return this.#columnFilter(filter);
      default:
        return this.#placed(filter);
    }
  }

  #columnFilter({ column, test, holds }: ColumnFilter): string {
    const passes = this.#test(column, test);
    return holds ? passes : `(NOT ${passes})`;
  }

  #test(column: RowColumn, test: RowTest): string {
    const compared = this.#compared(column);
    const type = SQL_TYPES[column.type];
    switch (test.operator) {
      case 'equals':
        return `(${compared} = ${this.#bound(test.value, type)})`;
      case 'in':
        return `(${compared} = ANY(${this.#bound(test.values, `${type}[]`)}))`;
      case 'less':
        return `(${this.#ordered(column)} < ${this.#order(test.value, type)})`;
      case 'lessOrSame':
        return `(${this.#ordered(column)} <= ${this.#order(test.value, type)})`;
      case 'startsWith':
        return `starts_with(${compared}, ${this.#bound(test.value, type)})`;
      case 'includes':
        return `(position(${this.#bound(test.value, type)} in ${compared}) > 0)`;
      case 'has':
        return `(${this.#bound(test.value, 'text')} = ANY(${compared}))`;
      default:
        return `(${compared} = ${this.#bound(test.values, type)})`;
    }
  }

  #compared(column: RowColumn): string {
    const name = this.#column(column);
    // An enum is compared as the text it is written as.
    if (column.oneOf) return `${name}::text`;
    return column.type === 'number' ? aNumber(name) : name;
  }

  // Seconds, whether the column has a time zone or stands for UTC: of the two kinds, one would be read in the time zone of the session.
  #ordered(column: RowColumn): string {
    return column.type === 'date' ? `EXTRACT(EPOCH FROM ${this.#column(column)})` : this.#compared(column);
  }

  #order(value: RowValue, type: string): string {
    return value instanceof Date ? this.#bound(`${value.getTime()}e-3`, 'numeric') : this.#bound(value, type);
  }

  #placed({ placed, permissionId, holders, ways, rules, reach }: PlacedFilter): string {
    const { view, viewId, id } = this.names;
    const exists = `EXISTS (SELECT 1 FROM ${view} castellan_access WHERE castellan_access.${viewId} = ${this.#column(id)}
      AND castellan_access.permission_id = ${this.#bound(permissionId, 'int')} AND castellan_access.holder_id = ANY(${this.#bound(holders, 'int[]')})
      AND castellan_access.way = ANY(${this.#bound(ways, 'text[]')}) AND castellan_access.rule = ANY(${this.#bound(rules, 'text[]')})
      AND castellan_access."by" = ${this.#bound(reach === 'many' ? 'row' : 'rule', 'text')})`;
    // In an OR, Postgres asks each row as it comes to it; alone, it begins with what the rules are placed on.
    const filter = reach !== 'few' || !placed ? `(${exists} OR false)` : exists;
    return placed ? filter : `(NOT ${filter})`;
  }

  #column({ column }: RowColumn): string {
    return `${this.names.table}."${column.replaceAll('"', '""')}"`;
  }

  #bound(value: RowValue | readonly unknown[], type: string): string {
    this.values.push(value);
    return `$${this.names.from + this.values.length - 1}::${type}`;
  }
}
