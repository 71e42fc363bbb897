import { to as copyTo } from 'pg-copy-streams';
import { translatingDatabaseErrors } from '../database-errors.js';
import { breakOff, openBulkConnection } from './bulk-connection.js';
import type { BulkKind } from './bulk-rows.js';
import { dumpCsv, dumpNdjson } from './dump-sql.js';

/** What is dumped, and how. */
export interface DumpRequest {
  readonly databaseUrl: string;
  readonly kinds: readonly BulkKind[];
  readonly format: 'ndjson' | 'csv';
  readonly signal: AbortSignal;
}

/**
 * Reads all rows of these kinds, as one instant held them, in pieces of text that break anywhere. Nothing is read ahead of who takes them: `take`
 * is waited for, and false from it ends the dump.
 *
 * @throws CastellanError `database_unavailable`, `overloaded`.
 */
export function dump(
  { databaseUrl, kinds, format, signal }: DumpRequest,
  take: (piece: Buffer) => Promise<boolean>,
): Promise<void> {
  return translatingDatabaseErrors(async () => {
    const client = await openBulkConnection(databaseUrl, 'castellan dump', signal);
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off');
      for (const kind of kinds) {
        const stream = client.query(copyTo(format === 'csv' ? dumpCsv(kind) : dumpNdjson(kind)));
        for await (const piece of stream as AsyncIterable<Buffer>) if (!(await take(piece))) return;
      }
      await client.query('COMMIT');
    } finally {
      // In the middle of a COPY it has no other end.
      await breakOff(client);
    }
  });
}
