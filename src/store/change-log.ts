import type { Author } from '../core/caller.js';
import type { SubjectRef } from '../core/model.js';
import { Prisma } from './generated/client.js';

/** One thing that a write did: to what, and how that was before and is after (JSON; null where it was or is not there). */
export interface ChangeEntry {
  readonly action: string;
  readonly target: SubjectRef;
  readonly before: object | null;
  readonly after: object | null;
}

const AT_ONCE = 1000;

/** Collects what one write did, and adds it to the audit trail in the same transaction. */
export class ChangeLog {
  readonly #entries: ChangeEntry[] = [];

  constructor(private readonly author: Author) {}

  add(entry: ChangeEntry): void {
    this.#entries.push(entry);
  }

  async flush(transaction: Prisma.TransactionClient): Promise<void> {
    // Prisma takes its time to write many rows at once, and Postgres ends a transaction that is idle for too long.
    for (let start = 0; start < this.#entries.length; start += AT_ONCE) {
      await transaction.change.createMany({
        data: this.#entries.slice(start, start + AT_ONCE).map((entry) => this.#row(entry)),
      });
    }
  }

  #row({ action, target, before, after }: ChangeEntry): Prisma.ChangeCreateManyInput {
    const { subject, requestId } = this.author;
    return {
      actorType: subject.type,
      actorId: subject.id,
      action,
      targetType: target.type,
      targetId: target.id,
      before: before === null ? Prisma.DbNull : before,
      after: after === null ? Prisma.DbNull : after,
      requestId,
    };
  }
}
