import { v7 as uuidv7 } from 'uuid';
import type { JsonObject, ObjectRef, SubjectRef } from '../../core/model.js';
import { isAnonymous } from '../../core/caller.js';
import { unknownReference } from '../../core/errors.js';
import { joinAncestors, requireChildless, requireParent } from '../ancestry.js';
import type { Transaction } from '../transaction.js';

/** A row of `objects` to be made: of a type that exists, under an id that is free. */
export interface NewObjectRow {
  readonly type: string;
  readonly id: string;
  readonly attributes?: JsonObject;
  readonly parent?: ObjectRef | null | undefined;
}

/** Who made something, and what that gave them on it. */
export interface Creation {
  readonly creator: SubjectRef | null;
  readonly granted: readonly string[];
}

/**
 * Registers an object, and gives its creator what the object's type says a creator gets. Users, groups, roles and types are
 * registered like any other object, so that rules can be placed on one of them.
 *
 * @returns what the audit trail says of it beside the thing itself.
 * @throws CastellanError `unknown_reference` (the type, the parent, or the creator), `too_deep`.
 */
export async function insertObject(
  tx: Transaction,
  object: NewObjectRow,
  creator: SubjectRef | null,
): Promise<Creation> {
  const type = await tx.prisma.resourceType.findUnique({
    where: { name: object.type },
    include: { permissions: true },
  });
  if (!type) throw unknownReference('type', `type ${object.type}`);
  const parentId = object.parent ? await requireParent(tx.sql, object.parent, null) : null;
  const row = await tx.prisma.protectedObject.create({
    data: {
      typeId: type.id,
      externalId: object.id,
      attributes: object.attributes ?? {},
      parentId: parentId === null ? null : BigInt(parentId),
    },
    select: { id: true },
  });
  if (parentId !== null) await joinAncestors(tx.sql, [{ id: String(row.id), typeId: type.id, depth: 0 }], parentId);
  if (creator) {
    const subject = await tx.prisma.subject.findUnique({
      where: { type_externalId: { type: creator.type, externalId: creator.id } },
      select: { id: true },
    });
    if (!subject) throw unknownReference('creator', `${creator.type} ${creator.id}`);
    const permissions = type.permissions.filter((permission) => type.creatorActions.includes(permission.action));
    await tx.prisma.grant.createMany({
      data: permissions.map((permission) => ({
        id: uuidv7(),
        subjectId: subject.id,
        permissionId: permission.id,
        objectId: row.id,
      })),
    });
  }
  return { creator, granted: creator ? type.creatorActions : [] };
}

/**
 * Removes an object, and with it (by cascade) every rule placed on it.
 *
 * @throws CastellanError `has_children`.
 */
export async function deleteObjectRow(tx: Transaction, object: ObjectRef): Promise<void> {
  const row = await tx.prisma.protectedObject.findFirst({
    where: { type: { name: object.type }, externalId: object.id },
    select: { id: true },
  });
  if (!row) return;
  await requireChildless(tx.sql, object, String(row.id));
  await tx.prisma.protectedObject.delete({ where: { id: row.id } });
}

/** Who creates something in this write: the author, unless it is the operator or nobody in particular. */
export function creatorIn(tx: Transaction): SubjectRef | null {
  return tx.author.operator || isAnonymous(tx.author.subject) ? null : tx.author.subject;
}
