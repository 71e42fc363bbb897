import type { BulkCount, BulkCounts, BulkKind, Outcome } from './bulk-rows.js';

const NONE: BulkCount = { created: 0, updated: 0, unchanged: 0, rejected: 0 };

/** How many of the rows of one kind became what. */
export function countOf(rows: number, { created, updated = 0, rejects }: Outcome): BulkCount {
  const rejected = rejects.length;
  return { created, updated, unchanged: rows - created - updated - rejected, rejected };
}

/** Counts, and others added to them. */
export function sumOf(counts: BulkCounts, more: BulkCounts): BulkCounts {
  const sum = { ...counts };
  for (const [kind, count] of Object.entries(more) as [BulkKind, BulkCount][]) {
    const { created, updated, unchanged, rejected } = sum[kind] ?? NONE;
    sum[kind] = {
      created: created + count.created,
      updated: updated + count.updated,
      unchanged: unchanged + count.unchanged,
      rejected: rejected + count.rejected,
    };
  }
  return sum;
}

/** The counts, with so many of the grants that were counted as created found to have stood. */
export function withStanding(counts: BulkCounts, rows: number): BulkCounts {
  const { grant } = counts;
  if (!grant || rows === 0) return counts;
  return { ...counts, grant: { ...grant, created: grant.created - rows, unchanged: grant.unchanged + rows } };
}
