import { setTimeout as pause } from 'node:timers/promises';
import type { BlogApp } from './blog-app.js';
import type { AppTransaction, Driver } from './drivers.js';

/** Something that others wait for. */
export function gate(): { opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Returns once this many transactions wait for a lock of another. */
export async function untilWaiting(app: BlogApp, count = 1): Promise<void> {
  const waiting = `SELECT count(*)::int AS waiting FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while (Number((await app.rows(waiting))[0]?.['waiting']) < count) await pause(5);
}

/** A transaction that has begun, and ends when it is let. */
export interface Begun {
  /** Once its work is done, or has failed. */
  readonly done: Promise<unknown>;
  /** What the work answered, or what it threw. */
  end(): Promise<unknown>;
}

/** Begins a transaction of the app that does this much; it fails in the end where an error is named for that. */
export function begin(
  app: BlogApp,
  driver: Driver,
  work: (tx: AppTransaction) => Promise<unknown>,
  ending?: Error,
): Begun {
  const [worked, ends] = [gate(), gate()];
  const outcome = driver.transaction(app, async (tx) => {
    const result = await work(tx).finally(() => worked.open());
    await ends.opened;
    if (ending) throw ending;
    return result;
  });
  const settled = outcome.catch((error: unknown) => error);
  return {
    done: worked.opened,
    end: () => {
      ends.open();
      return settled;
    },
  };
}
