import { unknownReference } from '../core/errors.js';
import { parsePermission } from '../core/identifiers.js';
import type { Transaction } from './transaction.js';

/**
 * The internal ids of permissions as they are written (`document:view`), in their order.
 *
 * @throws CastellanError `unknown_reference`, naming the path that `pathOf` gives for its place in the list.
 */
export async function permissionIds(
  tx: Transaction,
  names: readonly string[],
  pathOf: (index: number) => string,
): Promise<number[]> {
  const parsed = names.map(parsePermission);
  const types = [...new Set(parsed.flatMap((permission) => permission?.type ?? []))];
  const rows = await tx.prisma.permission.findMany({
    where: { type: { name: { in: types } } },
    include: { type: { select: { name: true } } },
  });
  const ids = new Map(rows.map((row) => [`${row.type.name}:${row.action}`, row.id]));
  return names.map((name, index) => {
    const id = ids.get(name);
    if (id === undefined) throw unknownReference(pathOf(index), `permission ${name}`);
    return id;
  });
}
