import type { SubjectRef } from '../core/model.js';
import { RefMap } from './ref-map.js';

/** What is given to subjects, by whom it is given to. */
export class HeldBy<Held extends { readonly subject: SubjectRef }> {
  #byHolder = new RefMap<readonly Held[]>();

  of(holder: SubjectRef): readonly Held[] {
    return this.#byHolder.get(holder) ?? [];
  }

  add(held: Held): void {
    this.#byHolder.set(held.subject, [...this.of(held.subject), held]);
  }

  /** Takes away what is given to the holder and found by the predicate; whether there was any. */
  takeFrom(holder: SubjectRef, isTaken: (held: Held) => boolean): boolean {
    const before = this.of(holder);
    const rest = before.filter((held) => !isTaken(held));
    this.#byHolder.set(holder, rest);
    return rest.length < before.length;
  }

  /** Takes it away from whomever it is given to. */
  takeAll(isTaken: (held: Held) => boolean): void {
    const rest = new RefMap<readonly Held[]>();
    for (const held of this.#byHolder.values()) {
      const kept = held.filter((each) => !isTaken(each));
      if (kept[0]) rest.set(kept[0].subject, kept);
    }
    this.#byHolder = rest;
  }

  /** Holds what the other holds, and nothing else. */
  become(other: HeldBy<Held>): void {
    this.#byHolder.become(other.#byHolder);
  }
}
