import type { JsonObject } from '../../core/model.js';
import type { ObjectRecord } from '../../core/ports/objects.js';
import { inParts, subtreeOf, type PlacedRow } from '../ancestry.js';
import type { Statement } from '../executor.js';
import type { Transaction } from '../transaction.js';

interface ObjectRow {
  readonly type: string;
  readonly id: string;
  readonly attributes: JsonObject;
  readonly parent_type: string | null;
  readonly parent_id: string | null;
}

const READ: Statement = {
  name: 'castellan_read_objects',
  text: `SELECT t.name AS type, o.external_id AS id, o.attributes, pt.name AS parent_type, p.external_id AS parent_id
    FROM unnest($1::bigint[]) WITH ORDINALITY AS q(id, n)
    JOIN castellan.objects o ON o.id = q.id
    JOIN castellan.types t ON t.id = o.type_id
    LEFT JOIN castellan.objects p ON p.id = o.parent_id
    LEFT JOIN castellan.types pt ON pt.id = p.type_id
    ORDER BY q.n`,
};

// Taken away at once, so that little is left to do for each single object.
const DELETE_ANCESTRY: Statement = {
  name: 'castellan_delete_ancestry',
  text: 'DELETE FROM castellan.ancestry WHERE descendant_id = ANY($1::bigint[])',
};

const DELETE: Statement = {
  name: 'castellan_delete_objects',
  text: 'DELETE FROM castellan.objects WHERE id = ANY($1::bigint[])',
};

/** Removes an object and all that is below it, with every rule placed there; the audit trail gets a row for each object. */
export async function deleteSubtree(tx: Transaction, top: Omit<PlacedRow, 'depth'>): Promise<void> {
  // The lowest first, as if they were deleted one by one.
  for (const part of inParts((await subtreeOf(tx.sql, top)).toReversed())) {
    const ids = part.map(({ id }) => id);
    for (const row of await tx.sql.query<ObjectRow>(READ, [ids])) {
      const { type, id } = row;
      tx.changes.add({ action: 'object.delete', target: { type, id }, before: recordOf(row), after: null });
    }
    await tx.sql.query(DELETE_ANCESTRY, [ids]);
    await tx.sql.query(DELETE, [ids]);
  }
}

function recordOf({ type, id, attributes, parent_type, parent_id }: ObjectRow): ObjectRecord {
  const parent = parent_type !== null && parent_id !== null ? { type: parent_type, id: parent_id } : null;
  return { type, id, parent, attributes };
}
