import type { IdForm } from '../core/id-forms.js';
import type { JsonObject } from '../core/model.js';
import type { AppId } from '../nest/object-source.js';
import { asJson, textOf } from './object-argument.js';
import { rowColumn, type ColumnDeclaration, type RowColumn, type RowModel } from '../core/rows/row-model.js';

/** How an app's own model stands to a resource type. */
export interface AccessModelOptions {
  /** The resource type whose objects the rows are. */
  readonly type: string;
  /** What the ids are, as given to `castellan prisma view --id`; `uuid` when absent. */
  readonly id?: IdForm | undefined;
  /** The model's field with the id, when it is not `id`. */
  readonly idField?: string | undefined;
  /** The table's column with the id, when it is not called as the field; for SQL alone. */
  readonly idColumn?: string | undefined;
  /** The model's field with its rows of the view of access, when it is not `access`. */
  readonly relation?: string | undefined;
  /** The view, in SQL; needed by `sql` alone. */
  readonly view?:
    { readonly schema?: string | undefined; readonly name: string; readonly idColumn: string } | undefined;
  /** The attributes that conditions may ask about, and the columns that hold them. */
  readonly columns?: Readonly<Record<string, ColumnDeclaration>> | undefined;
}

/**
 * Declares how rows of an app's own model stand for objects of a resource type.
 *
 * @throws CastellanError `invalid_request` for a type of column that there is not.
 * @example
 * export const documents = accessModel({ type: 'document', id: 'uuid', columns: { status: 'text', archivedAt: 'date?' } });
 */
export function accessModel(options: AccessModelOptions): AccessModel {
  return new AccessModel(options);
}

/** An app's own model whose rows are objects of a resource type; made by `accessModel`. */
export class AccessModel implements RowModel {
  readonly type: string;
  readonly id: RowColumn;
  readonly relation: string;
  readonly columns: ReadonlyMap<string, RowColumn>;
  readonly view: { readonly schema: string; readonly name: string; readonly idColumn: string } | null;

  constructor({
    type,
    id = 'uuid',
    idField = 'id',
    idColumn,
    relation = 'access',
    view,
    columns = {},
  }: AccessModelOptions) {
    this.type = type;
    this.relation = relation;
    this.id = { type: ID_TYPES[id], nullable: false, field: idField, column: idColumn ?? idField, oneOf: null };
    this.columns = new Map(
      Object.entries(columns).map(([attribute, declared]) => [attribute, rowColumn(attribute, declared)]),
    );
    this.view = view ? { schema: view.schema ?? 'public', name: view.name, idColumn: view.idColumn } : null;
  }

  /**
   * The object that a row stands for, with the attributes that its columns hold: given to `@ObjectFrom` or `check`, one row is decided as it
   * is in a list. Null for no row.
   *
   * @throws TypeError for a row that was read without one of these columns, or that holds something else than a number where one is declared.
   * @example
   * \@ObjectFrom(async ({ params }) => documents.objectOf(await prisma.document.findUnique({ where: { id: params.id } })))
   */
  objectOf(row: object | null): RowObject | null {
    if (!row) return null;
    const attributes = [...this.columns].map(
      ([attribute, column]) => [attribute, this.#readColumn(row, column)] as const,
    );
    return {
      type: this.type,
      id: textOf(this.#read(row, this.id.field) as AppId),
      attributes: asJson(Object.fromEntries(attributes)),
    };
  }

  #readColumn(row: object, { type, nullable, field }: RowColumn): unknown {
    const value = this.#read(row, field);
    // As a text, which a Decimal would become, it would be another value than the one that lists ask about.
    if (NUMERIC.has(type) && typeof value !== 'number' && !(nullable && value === null))
      throw new TypeError(
        `The row of a ${this.type} holds no number of JavaScript in ${field}, which is declared as ${type}: number is for double precision, and integer for int.`,
      );
    return value;
  }

  #read(row: object, field: string): unknown {
    const value = (row as Readonly<Record<string, unknown>>)[field];
    if (value === undefined)
      throw new TypeError(`The row of a ${this.type} was read without ${field}, which rules may ask about.`);
    return value;
  }
}

/** A row as an object, with its attributes. */
export interface RowObject {
  readonly type: string;
  readonly id: string;
  readonly attributes: JsonObject;
}

const NUMERIC: ReadonlySet<string> = new Set(['number', 'integer']);

const ID_TYPES = { uuid: 'uuid', int: 'int id', bigint: 'bigint id', text: 'text' } as const;
