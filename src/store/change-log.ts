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

/** Collects what one write did, and adds it to the audit trail in the same transaction. */
export class ChangeLog {
  readonly #entries: ChangeEntry[] = [];

  constructor(private readonly author: Author) {}

  add(entry: ChangeEntry): void {
    this.#entries.push(entry);
  }

  async flush(transaction: Prisma.TransactionClient): Promise<void> {
    if (this.#entries.length === 0) return;
    const { subject, requestId } = this.author;
    await transaction.change.createMany({
      data: this.#entries.map(({ action, target, before, after }) => ({
        actorType: subject.type,
        actorId: subject.id,
        action,
        targetType: target.type,
        targetId: target.id,
        before: before === null ? Prisma.DbNull : (before as Prisma.InputJsonObject),
        after: after === null ? Prisma.DbNull : (after as Prisma.InputJsonObject),
        requestId,
      })),
    });
  }
}
