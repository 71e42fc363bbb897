import type { ObjectRef, SubjectRef } from '../core/model.js';

/** Values by what they belong to, in the order in which they came. */
export class RefMap<Value> {
  readonly #entries = new Map<string, Value>();

  get(ref: SubjectRef | ObjectRef): Value | undefined {
    return this.#entries.get(keyOf(ref));
  }

  has(ref: SubjectRef | ObjectRef): boolean {
    return this.#entries.has(keyOf(ref));
  }

  set(ref: SubjectRef | ObjectRef, value: Value): void {
    this.#entries.set(keyOf(ref), value);
  }

  delete(ref: SubjectRef | ObjectRef): void {
    this.#entries.delete(keyOf(ref));
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Holds what the other holds, and nothing else. */
  become(other: RefMap<Value>): void {
    this.#entries.clear();
    for (const [key, value] of other.#entries) this.#entries.set(key, value);
  }

  values(): IterableIterator<Value> {
    return this.#entries.values();
  }
}

// A question may name a type with a colon in it: the two parts must not run into each other.
function keyOf({ type, id }: SubjectRef | ObjectRef): string {
  return `${type.length}:${type}:${id}`;
}
