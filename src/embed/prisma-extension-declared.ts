import { canonicalJson } from '../core/rule-key.js';
import { sameRef, type ObjectRef } from '../core/model.js';
import type { ObjectRecord } from '../core/ports/objects.js';
import { misuse } from '../store/app-executor.js';
import type { Part } from './prisma-extension-call.js';
import { lowerFirst, type WatchedModel } from './prisma-extension-nested.js';
import { readAttributes, readParent, type AppObject, type AppObjectChange, type RefLike } from './transaction-input.js';

/** How the rows of a model are objects. A row holds all columns, and none of its relations. */
export interface ModelDeclaration<Row extends object = Part> {
  /** The resource type. */
  readonly type: string;
  /** The fields of the primary key; `id` when it is left out. */
  readonly key?: string | readonly string[] | undefined;
  /** The object's id; the key, where that is one field. It must stay the same for as long as there is the row. */
  id?(this: void, row: Row): string;
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
export class DeclaredModel implements WatchedModel {
  readonly #key: readonly string[];

  constructor(
    readonly name: string,
    readonly columns: readonly string[],
    private readonly declaration: ModelDeclaration,
  ) {
    const { key = 'id', id } = declaration;
    this.#key = typeof key === 'string' ? [key] : [...key];
    const missing = this.#key.find((field) => !columns.includes(field));
    if (missing !== undefined)
      throw misuse(`castellan(): ${name} has no field ${missing}: name those of its primary key as key.`);
    if (this.#key.length !== 1 && !id)
      throw misuse(`castellan(): the key of ${name} is not one field: say by id(row) what the object's id is.`);
  }

  get cascade(): boolean {
    return this.declaration.cascade === true;
  }

  /** Whether an update of a row may be one of its object. */
  get follows(): boolean {
    const { id, parent, attributes } = this.declaration;
    return id !== undefined || parent !== undefined || attributes !== undefined;
  }

  /** Whether a row may get another id by an update with this data. */
  mayRename(data: unknown): boolean {
    if (this.declaration.id) return true;
    return typeof data === 'object' && data !== null && this.#key.some((field) => (data as Part)[field] !== undefined);
  }

  /** @throws CastellanError `internal` when the row does not say its id. */
  refOf(row: Part): ObjectRef {
    const { type, id } = this.declaration;
    const [field = ''] = this.#key;
    const value = id ? id(row) : row[field];
    if (typeof value === 'string') return { type, id: value };
    if (!id && (typeof value === 'number' || typeof value === 'bigint')) return { type, id: String(value) };
    throw misuse(`castellan(): a row of ${this.name} does not say its id as a text or a number: say it by id(row).`);
  }

  /** The row as an object to be registered. */
  objectOf(row: Part): AppObject {
    const { parent, attributes } = this.declaration;
    return { ...this.refOf(row), parent: parent?.(row) ?? null, attributes: attributes?.(row) };
  }

  /** Whom the declaration names as the creator; undefined where it names none. */
  creatorOf(row: Part): RefLike | null | undefined {
    return this.declaration.creator?.(row);
  }

  /** What of the object is otherwise than its row says; null when nothing is. */
  changeOf(row: Part, object: ObjectRecord): AppObjectChange | null {
    const { parent, attributes } = this.declaration;
    const wanted = parent && readParent(parent(row));
    const asked = attributes && readAttributes(attributes(row));
    const moves = wanted !== undefined && !sameParent(wanted, object.parent);
    const changes = asked !== undefined && canonicalJson(asked) !== canonicalJson(object.attributes);
    if (!moves && !changes) return null;
    return { ...(moves ? { parent: wanted } : {}), ...(changes ? { attributes: asked } : {}) };
  }

  /** A condition for exactly these rows. */
  where(rows: readonly Part[]): Part {
    const [field] = this.#key;
    if (this.#key.length === 1 && field !== undefined) return { [field]: { in: rows.map((row) => row[field]) } };
    return { OR: rows.map((row) => Object.fromEntries(this.#key.map((name) => [name, row[name]]))) };
  }

  /** A text that is the same for the same row. */
  keyOf(row: Part): string {
    return JSON.stringify(this.#key.map((field) => String(row[field])));
  }

  /** All columns. */
  get select(): Part {
    return Object.fromEntries(this.columns.map((field) => [field, true]));
  }

  /** The arguments with every column asked for, and the columns to be taken out of the rows again. */
  widened(args: Part): { readonly args: Part; readonly extra: ReadonlySet<string> } {
    const { select, omit, ...rest } = args;
    if (isPart(select))
      return {
        args: { ...rest, select: { ...select, ...this.select } },
        extra: this.#where((field) => !select[field]),
      };
    if (isPart(omit)) {
      const kept = Object.fromEntries(this.columns.map((field) => [field, false]));
      return { args: { ...rest, omit: { ...omit, ...kept } }, extra: this.#where((field) => Boolean(omit[field])) };
    }
    return { args, extra: new Set() };
  }

  /** How the app writes to the model, for what it is told. */
  call(operation: string): string {
    return `${lowerFirst(this.name)}.${operation}()`;
  }

  #where(condition: (field: string) => boolean): Set<string> {
    return new Set(this.columns.filter(condition));
  }
}

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null;
}

function sameParent(one: ObjectRef | null, other: ObjectRef | null): boolean {
  return one === null || other === null ? one === other : sameRef(one, other);
}
