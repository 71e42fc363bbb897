import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import type { BulkCounts, BulkKind } from './bulk-rows.js';

// A user or a group is an object too, and each closure goes with what it is of.
const GROWING: Readonly<Partial<Record<BulkKind, readonly string[]>>> = {
  user: ['subjects', 'objects'],
  service: ['subjects'],
  group: ['subjects', 'objects'],
  role: ['subjects', 'objects'],
  object: ['objects', 'ancestry'],
  membership: ['memberships', 'effective_memberships'],
  grant: ['grants'],
};

/** Counts how many rows the tables have that grew, for the planner; after a large import it is to know of them all. Not of those that are just being vacuumed. */
export async function analyze(sql: SqlExecutor, counts: BulkCounts): Promise<void> {
  const grown = (Object.keys(counts) as BulkKind[]).filter((kind) => (counts[kind]?.created ?? 0) > 0);
  const tables = new Set(grown.flatMap((kind) => GROWING[kind] ?? []));
  if (tables.size > 0)
    await run(sql, `ANALYZE (SKIP_LOCKED) ${[...tables].map((name) => `castellan.${name}`).join(', ')}`);
}
