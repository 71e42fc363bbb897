import { invalidField } from '../../core/errors.js';
import { BULK_KINDS } from '../../store/bulk/bulk-rows.js';
import { dump, type DumpRequest } from '../../store/bulk/dump.js';
import type { PreparedDatabase } from '../prepared-database.js';
import { readKind } from './operator-import.js';

/** What an operator asks to be dumped. */
export interface DumpAsked {
  readonly kind?: readonly string[] | undefined;
  readonly format: 'ndjson' | 'csv';
}

/**
 * Reads what is to be dumped: all kinds, unless some are named; in the order in which one refers to another.
 *
 * @throws CastellanError `invalid_request`.
 */
export function readDump({ kind, format }: DumpAsked): Pick<DumpRequest, 'kinds' | 'format'> {
  const named = kind?.map(readKind);
  const kinds = BULK_KINDS.filter((each) => named?.includes(each) ?? true);
  if (format === 'csv' && kinds.length !== 1)
    throw invalidField('--kind', 'must name one kind: a CSV file holds no more');
  return { kinds, format };
}

/** Dumps the database, piece by piece, for as long as each is taken. @throws CastellanError `database_unavailable`, `overloaded`. */
export function dumpAsOperator(
  { url }: Pick<PreparedDatabase, 'url'>,
  request: Pick<DumpRequest, 'kinds' | 'format'>,
  signal: AbortSignal,
  take: (piece: Buffer) => Promise<boolean>,
): Promise<void> {
  return dump({ databaseUrl: url, ...request, signal }, take);
}
