import { Values } from './sql-values.js';

/** The values of a statement that is put together piece by piece: each is bound once, and some of them it may come out without. */
export class BoundValues extends Values {
  readonly #placeholders = new Map<string, string>();

  override add(value: unknown, cast: string): string {
    const key = JSON.stringify([cast, value]);
    const known = this.#placeholders.get(key);
    if (known !== undefined) return known;
    const placeholder = super.add(value, cast);
    this.#placeholders.set(key, placeholder);
    return placeholder;
  }

  /** A common table expression that tells Postgres the type of each value, as it wants to know also of one that the statement came out without. */
  get typed(): string {
    const mentions = [...this.#placeholders.values()].map((placeholder) => `${placeholder} IS NULL`);
    return `bound AS (SELECT 1 WHERE ${mentions.join(' OR ')})`;
  }
}
