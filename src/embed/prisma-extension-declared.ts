import { sameRef, type ObjectRef } from '../core/model.js';
import type { ObjectRecord } from '../core/ports/objects.js';
import { canonicalJson } from '../core/rule-key.js';
import type { Part } from './prisma-extension-call.js';
import type { RowColumns } from './prisma-extension-models.js';
import { DeclaredModel, type RowIdentity } from './prisma-extension-rows.js';
import { readAttributes, readParent, type AppObjectChange, type RefLike } from './transaction-input.js';
import type { AuthzTransaction } from './transaction.js';

/** How the rows of a model are objects. A row holds all columns, and none of its relations. */
export interface ModelDeclaration<Row extends object = Part> extends RowIdentity<Row> {
  /** The resource type. */
  readonly type: string;
  /** What the object is below; nothing when it is left out. A row that changes may move its object. */
  parent?(this: void, row: Row): RefLike | null;
  /** Who gets the creator’s grants (`null`: nobody); whoever makes the request, where it names none. */
  creator?(this: void, row: Row): RefLike | null | undefined;
  /** What conditions may ask of the object; nothing when it is left out. */
  attributes?(this: void, row: Row): Readonly<Record<string, unknown>>;
  /** Whether the objects below go along when a row is deleted, as their rows do where the database cascades. */
  readonly cascade?: boolean | undefined;
}

/** A model whose rows are objects. */
export class DeclaredObjects extends DeclaredModel {
  constructor(
    name: string,
    columns: RowColumns,
    private readonly declaration: ModelDeclaration,
  ) {
    super(name, columns, declaration.type, declaration);
  }

  override get follows(): boolean {
    const { id, parent, attributes } = this.declaration;
    return id !== undefined || parent !== undefined || attributes !== undefined;
  }

  override async register(authz: AuthzTransaction, row: Part): Promise<void> {
    const { parent, attributes, creator } = this.declaration;
    const object = { ...this.refOf(row), parent: parent?.(row) ?? null, attributes: attributes?.(row) };
    await authz.objects.create(object, { creator: creator?.(row) });
  }

  override async follow(authz: AuthzTransaction, row: Part): Promise<void> {
    const ref = this.refOf(row);
    const object = await authz.objects.find(ref);
    const change = object && this.#changeOf(row, object);
    if (change) await authz.objects.update(ref, change);
  }

  override async unregister(authz: AuthzTransaction, row: Part): Promise<void> {
    await authz.objects.delete(this.refOf(row), { cascade: this.declaration.cascade === true });
  }

  /** What of the object is otherwise than its row says; null when nothing is. */
  #changeOf(row: Part, object: ObjectRecord): AppObjectChange | null {
    const { parent, attributes } = this.declaration;
    const wanted = parent && readParent(parent(row));
    const asked = attributes && readAttributes(attributes(row));
    const moves = wanted !== undefined && !sameParent(wanted, object.parent);
    const changes = asked !== undefined && canonicalJson(asked) !== canonicalJson(object.attributes);
    if (!moves && !changes) return null;
    return { ...(moves ? { parent: wanted } : {}), ...(changes ? { attributes: asked } : {}) };
  }
}

function sameParent(one: ObjectRef | null, other: ObjectRef | null): boolean {
  return one === null || other === null ? one === other : sameRef(one, other);
}
