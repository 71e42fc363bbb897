/** Takes what a statement is to be run with. */
export interface SqlValues {
  /** Binds the value, and gives the placeholder for it with its cast: `$7::jsonb`. JSON is bound as its text. */
  add(value: unknown, cast: string): string;
}

/** The values of one statement, in the order of their placeholders. */
export class Values implements SqlValues {
  readonly values: unknown[];

  /** Goes on after those that are there. */
  constructor(values: readonly unknown[] = []) {
    this.values = [...values];
  }

  add(value: unknown, cast: string): string {
    return `$${this.values.push(value)}::${cast}`;
  }
}
