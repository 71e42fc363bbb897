import type { RowColumn } from './row-model.js';

/** A value that a column is compared with, as the column holds it. */
export type RowValue = string | number | bigint | boolean | Date;

/** How a column that is not null stands to a value. */
export type RowTest =
  | {
      readonly operator: 'equals' | 'less' | 'lessOrSame' | 'startsWith' | 'includes' | 'has';
      readonly value: RowValue;
    }
  | { readonly operator: 'in'; readonly values: readonly RowValue[] }
  | { readonly operator: 'hasExactly'; readonly values: readonly RowValue[] };

/** Rows whose column, which is not null, passes the test; or (`holds` false) does not. */
export interface ColumnFilter {
  readonly kind: 'column';
  readonly column: RowColumn;
  readonly test: RowTest;
  readonly holds: boolean;
}

/** Rows whose column is null, or (`isNull` false) is not. */
export interface NullFilter {
  readonly kind: 'null';
  readonly column: RowColumn;
  readonly isNull: boolean;
}

/** How a rule comes to an object: what a row of the view of access says of itself. */
export type Way = 'grant' | 'below' | 'special' | 'role' | 'role_grant';

/** On how many objects rules are placed: so few that they are looked up first, so many that rows are asked one by one, or between. */
export type Reach = 'few' | 'some' | 'many';

/** Rows on whose object, or above it, one of these rules is placed (`placed` false: none is). */
export interface PlacedFilter {
  readonly kind: 'placed';
  readonly placed: boolean;
  readonly permissionId: number;
  readonly holders: readonly number[];
  readonly ways: readonly Way[];
  /** What the view calls the rules: 'allow' is each that allows and says no more. */
  readonly rules: readonly string[];
  readonly reach: Reach;
}

/** Which rows of an app's own table: true or false of each, never unknown. */
export type RowFilter =
  | { readonly kind: 'constant'; readonly holds: boolean }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly RowFilter[] }
  | ColumnFilter
  | NullFilter
  | PlacedFilter;

export const EVERY_ROW: RowFilter = { kind: 'constant', holds: true };
export const NO_ROW: RowFilter = { kind: 'constant', holds: false };

/** Rows whose column passes the test, or does not; a null does neither. */
export function onColumn(column: RowColumn, test: RowTest, holds: boolean): RowFilter {
  return allOf([{ kind: 'column', column, test, holds }, theNotNull(column)]);
}

/** Rows whose column is null. */
export function theNulls(column: RowColumn): RowFilter {
  return column.nullable ? { kind: 'null', column, isNull: true } : NO_ROW;
}

/** Rows whose column is not null. */
export function theNotNull(column: RowColumn): RowFilter {
  return column.nullable ? { kind: 'null', column, isNull: false } : EVERY_ROW;
}

/** Rows that all of the filters hold for. */
export function allOf(parts: readonly RowFilter[]): RowFilter {
  return joined('and', parts);
}

/** Rows that one of the filters holds for. */
export function anyOf(parts: readonly RowFilter[]): RowFilter {
  return joined('or', parts);
}

function joined(kind: 'and' | 'or', parts: readonly RowFilter[]): RowFilter {
  const decides = kind === 'or';
  const remaining = parts
    .flatMap((part) => (part.kind === kind ? part.parts : [part]))
    .filter((part) => part.kind !== 'constant' || part.holds === decides);
  if (remaining.some((part) => part.kind === 'constant')) return decides ? EVERY_ROW : NO_ROW;
  const [only, ...others] = remaining;
  if (!only) return decides ? NO_ROW : EVERY_ROW;
  return others.length === 0 ? only : { kind, parts: remaining };
}
