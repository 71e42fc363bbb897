import type { SqlExecutor } from '../executor.js';
import { EVERYWHERE, type BatchGrants } from './batch-grants.js';
import type { Reject } from './bulk-rows.js';
import { findObjects, findPermissions, findReaching, findSubjects, KnownIds, partsOf, type Ids } from './names.js';

/** The grants of a batch, with the internal ids of what they refer to, as long as nobody can take any of it away. */
export interface PlacedGrants {
  readonly grants: BatchGrants;
  readonly subjectIds: Ids;
  readonly permissionIds: Ids;
  readonly objectIds: Ids;
  /** The objects that have others below them, by their ids. */
  readonly reaching: ReadonlySet<number>;
  /** The grants of which all is there, in the order of their lines. */
  readonly fit: readonly number[];
  /** The others. */
  readonly rejects: readonly Reject[];
}

/** Looks up what the grants of a batch refer to. */
export async function placeGrants(
  sql: SqlExecutor,
  grants: BatchGrants,
  known = new KnownIds(),
): Promise<PlacedGrants> {
  const subjectIds = await findSubjects(sql, grants.subjects, known);
  const permissionIds = await findPermissions(sql, grants.permissions, known);
  const objectIds = await findObjects(sql, grants.objects);
  const reaching = await findReaching(sql, objectIds);
  const { subjectOf, permissionOf, objectOf } = grants;
  const fit: number[] = [];
  const rejects: Reject[] = [];
  for (let n = 0; n < grants.rows; n += 1) {
    const object = objectOf[n] ?? EVERYWHERE;
    const isHeld = subjectIds[subjectOf[n] ?? -1] !== 0 && permissionIds[permissionOf[n] ?? -1] !== 0;
    if (isHeld && (object === EVERYWHERE || objectIds[object] !== 0)) fit.push(n);
    else rejects.push(unknownReference(n, grants, subjectIds, permissionIds));
  }
  return { grants, subjectIds, permissionIds, objectIds, reaching, fit, rejects };
}

function unknownReference(n: number, grants: BatchGrants, subjectIds: Ids, permissionIds: Ids): Reject {
  const subject = grants.subjectOf[n] ?? -1;
  const permission = grants.permissionOf[n] ?? -1;
  return { line: grants.lines[n] ?? 0, code: 'unknown_reference', reason: missing() };

  function missing(): string {
    if (subjectIds[subject] === 0) {
      const { type, id } = partsOf(grants.subjects.all[subject] ?? '');
      return `subject: there is no ${type} ${id}.`;
    }
    if (permissionIds[permission] === 0)
      return `permission: there is no permission ${grants.permissions.all[permission]}.`;
    return `object: there is no ${grants.objects.all[grants.objectOf[n] ?? -1]}.`;
  }
}
