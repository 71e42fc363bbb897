/** Draws that come out the same whenever they start from the same number (mulberry32). */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to below the end. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  }

  /** True one time in so many. */
  once(inSoMany: number): boolean {
    return this.below(inSoMany) === 0;
  }

  /** A whole number that is on average so many: 0.25 is one time in four. */
  about(count: number): number {
    return Math.floor(count) + (this.below(1000) < (count % 1) * 1000 ? 1 : 0);
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  times<Item>(count: number, make: () => Item): Item[] {
    return Array.from({ length: count }, make);
  }
}
