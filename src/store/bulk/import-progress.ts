import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import type { BulkCounts } from './bulk-rows.js';

/** How far the import of a file has come. */
export interface ImportProgress {
  /** The whole path of the file. */
  readonly source: string;
  /** Of the file, in bytes. */
  readonly size: number;
  /** How many were read. */
  readonly rows: number;
  /** The SHA-256 of all of these, in hexadecimal. */
  readonly digest: string;
  readonly rejected: number;
  /** Of the rejects file, in bytes. */
  readonly rejectsSize: number;
  readonly counts: BulkCounts;
}

// As doubles, which hold all that are counted here.
const FIND = `SELECT source, size::float8, rows::float8, digest, rejected::float8, rejects_size::float8 AS "rejectsSize", counts
  FROM castellan.imports WHERE source = $1`;

const SAVE = `INSERT INTO castellan.imports AS i (source, size, rows, digest, rejected, rejects_size, counts)
  VALUES ($1, $2::bigint, $3::bigint, $4, $5::bigint, $6::bigint, $7::jsonb)
  ON CONFLICT (source) DO UPDATE SET size = excluded.size, rows = excluded.rows, digest = excluded.digest, rejected = excluded.rejected,
    rejects_size = excluded.rejects_size, counts = excluded.counts, updated_at = statement_timestamp(),
    started_at = CASE WHEN excluded.rows > i.rows THEN i.started_at ELSE statement_timestamp() END`;

/** How far the import of a file had come when it was broken off; null where none was. */
export async function findProgress(sql: SqlExecutor, source: string): Promise<ImportProgress | null> {
  const [row] = await run<ImportProgress>(sql, FIND, [source]);
  return row ?? null;
}

/** Remembers how far the import of a file has come. */
export async function saveProgress(sql: SqlExecutor, progress: ImportProgress): Promise<void> {
  const { source, size, rows, digest, rejected, rejectsSize, counts } = progress;
  await run(sql, SAVE, [source, size, rows, digest, rejected, rejectsSize, JSON.stringify(counts)]);
}

/** Forgets the import of a file: it is at its end, or is to begin anew. */
export async function forgetProgress(sql: SqlExecutor, source: string): Promise<void> {
  await run(sql, 'DELETE FROM castellan.imports WHERE source = $1', [source]);
}
