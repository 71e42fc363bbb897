import type { Author } from '../../core/caller.js';
import { Writes, type WriteScope, type WriteUnit } from '../../core/ports/writes.js';

/** What a write came to that is to be undone. */
class Undone extends Error {
  constructor(readonly result: unknown) {
    super('Undone.');
  }
}

/** Runs writes to their end, answers what they came to, and has each transaction undone: nothing of it stands. */
export class TrialWrites extends Writes {
  constructor(private readonly writes: Writes) {
    super();
  }

  /** @throws CastellanError as the write would. */
  async write<Result>(author: Author, scope: WriteScope, work: (unit: WriteUnit) => Promise<Result>): Promise<Result> {
    try {
      return await this.writes.write<never>(author, scope, async (unit) => {
        throw new Undone(await work(unit));
      });
    } catch (error) {
      if (error instanceof Undone) return error.result as Result;
      throw error;
    }
  }
}
