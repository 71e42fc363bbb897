import { Values } from './sql-values.js';

/** The values of a statement that is put together piece by piece, some of which it may come out without. */
export class BoundValues extends Values {
  /** Every placeholder with its cast, in their order. */
  readonly placeholders: string[] = [];

  override add(value: unknown, cast: string): string {
    const placeholder = super.add(value, cast);
    this.placeholders.push(placeholder);
    return placeholder;
  }
}
