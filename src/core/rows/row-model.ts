import { CastellanError } from '../errors.js';

/** What a column holds: `text` and `uuid` as JSON text, `texts` as an array of them, `date` as ISO 8601 text in UTC with milliseconds. */
export type ColumnType = 'text' | 'uuid' | 'integer' | 'number' | 'boolean' | 'date' | 'texts';

/** A column as it is declared; `'text?'` for one that may be null. */
export type ColumnDeclaration =
  | ColumnType
  | `${ColumnType}?`
  | {
      readonly type: ColumnType | `${ColumnType}?`;
      /** The model's field, where it is not called as the attribute is. */
      readonly field?: string | undefined;
      /** The table's column, where it is not called as the field is; for SQL alone. */
      readonly column?: string | undefined;
      /** The values there are, of a column whose type is an enum. */
      readonly oneOf?: readonly string[] | undefined;
    };

/** How ids are held that are numbers there, and texts as ids. */
export type IdColumnType = 'int id' | 'bigint id';

/** A column of an app's own table that stands for an attribute of the resource, or for its id. */
export interface RowColumn {
  readonly type: ColumnType | IdColumnType;
  readonly nullable: boolean;
  readonly field: string;
  readonly column: string;
  readonly oneOf: readonly string[] | null;
}

/** What conditions of rules may ask the rows of a table about: the attributes that columns stand for, and the id. */
export interface RowModel {
  readonly type: string;
  readonly id: RowColumn;
  /** By attribute. */
  readonly columns: ReadonlyMap<string, RowColumn>;
}

const TYPES: readonly string[] = [
  'text',
  'uuid',
  'integer',
  'number',
  'boolean',
  'date',
  'texts',
] satisfies ColumnType[];

/** Reads a declaration. @throws CastellanError `invalid_request` for a type of column that there is not. */
export function rowColumn(attribute: string, declared: ColumnDeclaration): RowColumn {
  const {
    type: written,
    field = attribute,
    column = field,
    oneOf = null,
  } = typeof declared === 'string' ? { type: declared } : declared;
  const nullable = written.endsWith('?');
  const type = nullable ? written.slice(0, -1) : written;
  // Prisma reads a list that is null as an empty one: whether it is there could not be told.
  if (!TYPES.includes(type) || (nullable && type === 'texts'))
    throw new CastellanError(
      'invalid_request',
      `The column of ${attribute} is declared as ${written}; there are ${TYPES.join(', ')}, each but texts with a ? where it may be null.`,
    );
  if (oneOf && type !== 'text')
    throw new CastellanError(
      'invalid_request',
      `The column of ${attribute} has oneOf: that is for an enum, which is declared as text.`,
    );
  return { type: type as ColumnType, nullable, field, column, oneOf };
}
