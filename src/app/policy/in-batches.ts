import { CastellanError } from '../../core/errors.js';

const AT_ONCE = 1000;

/** How entries are done: those that may be in a batch with their neighbours, and each other one by itself. */
export interface BatchWork<Entry> {
  mayBatch(entry: Entry): boolean;
  /** Does all of them, or none when it throws a CastellanError. */
  many(entries: readonly Entry[]): Promise<void>;
  one(entry: Entry): Promise<void>;
}

/** Does entries in their order, many at once where that can be. What is wrong with a batch is found out by doing each of it by itself. */
export async function inBatches<Entry>(entries: readonly Entry[], work: BatchWork<Entry>): Promise<void> {
  let waiting: Entry[] = [];
  const flush = async (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    if (batch.length > 1 && (await wasTaken(() => work.many(batch)))) return;
    for (const entry of batch) await work.one(entry);
  };
  for (const entry of entries) {
    if (work.mayBatch(entry)) waiting.push(entry);
    else {
      await flush();
      await work.one(entry);
    }
    if (waiting.length === AT_ONCE) await flush();
  }
  await flush();
}

async function wasTaken(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof CastellanError && error.status < 500) return false;
    throw error;
  }
}
