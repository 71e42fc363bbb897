import { inParts, subtreeOf, type PlacedRow } from '../ancestry.js';
import type { Statement } from '../executor.js';
import type { SqlTransaction } from '../transaction.js';
import { deleteObjectRows, objectRecord, readObjectRows } from './object-rows.js';

// Taken away at once, so that little is left to do for each single object.
const DELETE_ANCESTRY: Statement = {
  name: 'castellan_delete_ancestry',
  text: 'DELETE FROM castellan.ancestry WHERE descendant_id = ANY($1::bigint[])',
};

/** Removes an object and all that is below it, with every rule placed there; the audit trail gets a row for each object. */
export async function deleteSubtree(tx: SqlTransaction, top: Omit<PlacedRow, 'depth'>): Promise<void> {
  const rows = (await subtreeOf(tx.sql, top)).toReversed();
  await deleteLowestFirst(
    tx,
    rows.map(({ id }) => id),
  );
}

/** Removes objects, with every rule placed on them, of which the lowest come first; the audit trail gets a row for each, as if they were deleted one by one. */
export async function deleteLowestFirst(tx: SqlTransaction, rowIds: readonly string[]): Promise<void> {
  for (const ids of inParts(rowIds)) {
    for (const row of await readObjectRows(tx.sql, ids)) {
      const { type, id } = row;
      tx.changes.add({ action: 'object.delete', target: { type, id }, before: objectRecord(row), after: null });
    }
    await tx.sql.query(DELETE_ANCESTRY, [ids]);
    await deleteObjectRows(tx.sql, ids);
  }
}
