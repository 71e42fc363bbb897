import type { JsonObject, ObjectRef, SubjectRef } from '../model.js';

export interface ObjectRecord {
  readonly type: string;
  readonly id: string;
  readonly parent: ObjectRef | null;
  readonly attributes: JsonObject;
}

export interface NewObject {
  readonly type: string;
  readonly id: string;
  readonly attributes: JsonObject;
  readonly parent?: ObjectRef | null | undefined;
}

/** The new values; what is absent stays. */
export interface ObjectChange {
  readonly attributes?: JsonObject;
  /** Moves it, with all that is below it; null makes it a root. */
  readonly parent?: ObjectRef | null;
}

export abstract class ObjectReader {
  abstract find(ref: ObjectRef): Promise<ObjectRecord | null>;
}

export interface ObjectWriter {
  find(ref: ObjectRef): Promise<ObjectRecord | null>;
  /** Those of the references that lead to an object, in the order of the references. */
  findMany(refs: readonly ObjectRef[]): Promise<ObjectRecord[]>;
  /**
   * Registers the object, and gives its creator (if any) what its type says a creator gets.
   *
   * @throws CastellanError `unknown_reference` (the type, the parent, or the creator), `already_exists`, `too_deep`, `built_in` (a type with
   *   routes of its own).
   */
  create(object: NewObject, creator: SubjectRef | null): Promise<ObjectRecord>;
  /** The same of many at once, none of which is below another: all of them, or none when it throws. */
  createMany(objects: readonly NewObject[], creators: readonly (SubjectRef | null)[]): Promise<ObjectRecord[]>;
  /** Replaces what the change names. @throws CastellanError `not_found`, `unknown_reference` (the parent), `cycle`, `too_deep`. */
  update(ref: ObjectRef, change: ObjectChange): Promise<ObjectRecord>;
  /**
   * Removes the object and every rule placed on it; with `cascade`, also all that is below it.
   *
   * @throws CastellanError `not_found`, `has_children`.
   */
  delete(ref: ObjectRef, options?: { readonly cascade?: boolean | undefined }): Promise<void>;
}
