import { setTimeout as pause } from 'node:timers/promises';
import type { ChangeFilter, ChangeReader, ChangeRecord } from '../core/ports/changes.js';
import { readRef } from './operator-questions.js';
import { readTime } from './read-time.js';

export type { ChangeRecord } from '../core/ports/changes.js';

const LOOK_EVERY_MS = 500;
const PAGE = 1000;
// Before the id of any change.
const NONE = '0';

/** What `changes` is asked to keep, as it is written on the command line. */
export interface ChangesAsked {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly object?: string;
  readonly from?: string;
  readonly to?: string;
}

/** Reads what is to be kept. @throws CastellanError `invalid_request`. */
export function readChanges({ actor, action, subject, object, from, to }: ChangesAsked): ChangeFilter {
  return {
    actor: actor === undefined ? undefined : readRef('--actor', actor),
    action,
    subject: subject === undefined ? undefined : readRef('--subject', subject),
    object: object === undefined ? undefined : readRef('--object', object),
    from: from === undefined ? undefined : readTime('--from', from),
    to: to === undefined ? undefined : readTime('--to', to),
  };
}

/** The newest changes, in the order in which they were made. */
export async function lastChanges(reader: ChangeReader, filter: ChangeFilter, limit: number): Promise<ChangeRecord[]> {
  if (limit === 0) return [];
  return (await reader.list({ filter, order: 'newest', limit })).items.toReversed();
}

/** The newest changes, and then each that comes, for as long as somebody reads. */
export async function* followChanges(
  reader: ChangeReader,
  filter: ChangeFilter,
  limit: number,
): AsyncGenerator<ChangeRecord[]> {
  let after = await lastOfAll(reader);
  // None is told while a write is open for long; where there are some, that is no reason to begin with the first.
  while (after === NONE && (await lastChanges(reader, {}, 1)).length > 0) after = await lastOfAll(reader);
  const until = BigInt(after);
  yield (await lastChanges(reader, filter, limit)).filter(({ id }) => BigInt(id) <= until);
  for (;;) {
    // Read before what is kept of them: so whatever is not among those comes later than it.
    const last = await lastOfAll(reader);
    const { items } = await reader.list({ filter, order: 'oldest', limit: PAGE, after });
    yield items;
    const told = items.at(-1)?.id ?? after;
    after = items.length === PAGE || BigInt(told) > BigInt(last) ? told : last;
    if (items.length < PAGE) await pause(LOOK_EVERY_MS);
  }
}

/** The id of the last change that nothing earlier can come to any more; `NONE` where none can be told yet. */
async function lastOfAll(reader: ChangeReader): Promise<string> {
  const { items } = await reader.list({ filter: {}, order: 'newest', settled: true, limit: 1 });
  return items[0]?.id ?? NONE;
}
