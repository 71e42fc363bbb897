import type { Decider } from '../../core/decider.js';
import type { ObjectRef, Question } from '../../core/model.js';
import type { Page } from '../../core/ports/lists.js';

/** A row that a list may hold, by its id and its place (null: everywhere). */
export interface Candidate {
  readonly id: string;
  readonly object_type: string | null;
  readonly object_id: string | null;
}

const MOST_AT_ONCE = 500;

/**
 * A page of the ids of those candidates of which all their questions are allowed. It reads on for as long as it takes: what is
 * left out costs time, and is never taken for the end.
 */
export async function visiblePage<Row extends Candidate>(
  page: { limit: number; after?: string | undefined },
  decider: Decider,
  /** The next candidates by id. */
  read: (after: string | undefined, count: number) => Promise<Row[]>,
  /** What it takes to see the candidate; [] when nothing is asked. */
  questionsOf: (row: Row) => readonly Question[],
): Promise<Page<string>> {
  const visible: string[] = [];
  let after = page.after;
  for (let count = page.limit + 1; ; count = Math.max(count, MOST_AT_ONCE)) {
    const rows = await read(after, count);
    visible.push(...(await allowedAmong(rows, decider, questionsOf)));
    if (visible.length > page.limit) break;
    if (rows.length < count) return { items: visible, next: null };
    after = rows.at(-1)?.id;
  }
  const items = visible.slice(0, page.limit);
  return { items, next: items.at(-1) ?? null };
}

async function allowedAmong<Row extends Candidate>(
  rows: readonly Row[],
  decider: Decider,
  questionsOf: (row: Row) => readonly Question[],
): Promise<string[]> {
  // Many are at the same place: each question is asked once.
  const asked = new Map<string, Question>();
  const byRow = rows.map((row) =>
    questionsOf(row).map((question) => {
      const key = JSON.stringify([question.permission, question.object ?? null]);
      if (!asked.has(key)) asked.set(key, question);
      return key;
    }),
  );
  const decisions = asked.size === 0 ? [] : await decider.decideAll([...asked.values()]);
  const allowed = new Set([...asked.keys()].filter((_, index) => decisions[index]?.allowed === true));
  return rows.filter((_, index) => byRow[index]?.every((key) => allowed.has(key))).map((row) => row.id);
}

/** The object that the candidate is placed on; null for everywhere. */
export function placeOf(row: Candidate): ObjectRef | null {
  return row.object_type !== null && row.object_id !== null ? { type: row.object_type, id: row.object_id } : null;
}
