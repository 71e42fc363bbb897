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
}

export abstract class ObjectReader {
  abstract find(ref: ObjectRef): Promise<ObjectRecord | null>;
}

export interface ObjectWriter {
  find(ref: ObjectRef): Promise<ObjectRecord | null>;
  /**
   * Registers the object, and gives its creator (if any) what its type says a creator gets.
   *
   * @throws CastellanError `unknown_reference` (the type, or the creator), `already_exists`, `built_in` (a type with routes of its own).
   */
  create(object: NewObject, creator: SubjectRef | null): Promise<ObjectRecord>;
  /** Replaces the attributes. @throws CastellanError `not_found`. */
  update(ref: ObjectRef, attributes: JsonObject): Promise<ObjectRecord>;
  /** @throws CastellanError `not_found`. */
  delete(ref: ObjectRef): Promise<void>;
}
