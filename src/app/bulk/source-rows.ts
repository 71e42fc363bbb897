/** A row as a file has it. */
export interface SourceRow {
  /** Where it begins, from 1. */
  readonly line: number;
  /** Its text: of CSV, its values as a JSON object. */
  readonly text: string;
  /** Why it can not be read at all, where that is so. */
  readonly fault?: string;
}

/** Rows that were read at once, and how many bytes of the file were read by then. */
export interface SourceBlock {
  readonly rows: readonly SourceRow[];
  readonly bytes: number;
}

/** The fault of a row that is no text: whatever was read of it has other letters than the file. */
export const NOT_UTF8 = 'is not UTF-8';

/**
 * The longest row, in bytes; what is longer is no row, and not kept. It has room for what a dump makes of the largest attributes: Postgres writes out
 * numbers (1e300 takes 301 digits), so that 64 KiB become up to 3 MiB.
 */
export const MOST_ROW_BYTES = 4 * 1024 * 1024;

/** Of a row that is too long or no text at all, this much is told. */
export const MOST_TOLD = 200;
