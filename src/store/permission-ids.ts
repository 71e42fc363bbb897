import { unknownReference } from '../core/errors.js';
import { parsePermission } from '../core/identifiers.js';
import type { Statement } from './executor.js';
import type { SqlTransaction } from './transaction.js';

const IDS: Statement = {
  name: 'castellan_permission_ids',
  text: `SELECT p.id FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS q(type, action, n)
    LEFT JOIN castellan.types t ON t.name = q.type
    LEFT JOIN castellan.permissions p ON p.type_id = t.id AND p.action = q.action
    ORDER BY q.n`,
};

/**
 * The internal ids of permissions as they are written (`document:view`), in their order.
 *
 * @throws CastellanError `unknown_reference`, naming the path that `pathOf` gives for its place in the list.
 */
export async function permissionIds(
  tx: SqlTransaction,
  names: readonly string[],
  pathOf: (index: number) => string,
): Promise<number[]> {
  const parsed = names.map(parsePermission);
  const rows = await tx.sql.query<{ id: number | null }>(IDS, [
    parsed.map((permission) => permission?.type ?? null),
    parsed.map((permission) => permission?.action ?? null),
  ]);
  return names.map((name, index) => {
    const id = rows[index]?.id ?? null;
    if (id === null) throw unknownReference(pathOf(index), `permission ${name}`);
    return id;
  });
}
