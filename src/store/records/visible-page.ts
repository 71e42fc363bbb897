import type { Decider } from '../../core/decider.js';
import type { ObjectRef, Question } from '../../core/model.js';
import type { Page } from '../../core/ports/lists.js';
import { decidedPage } from '../decided-page.js';

/** A row that a list may hold, by its id and its place (null: everywhere). */
export interface Candidate {
  readonly id: string;
  readonly object_type: string | null;
  readonly object_id: string | null;
}

/**
 * A page of the ids of those candidates of which all their questions are allowed.
 *
 * @throws CastellanError `overloaded` when it takes too long.
 */
export async function visiblePage<Row extends Candidate>(
  page: { limit: number; after?: string | undefined },
  decider: Decider,
  /** The next candidates by id. */
  read: (after: string | undefined, count: number) => Promise<Row[]>,
  /** What it takes to see the candidate; [] when nothing is asked. */
  questionsOf: (row: Row) => readonly Question[],
): Promise<Page<string>> {
  const { items, next } = await decidedPage<Row>(page, {
    read,
    positionOf: ({ id }) => id,
    decide: (rows) => allAllowed(rows, decider, questionsOf),
  });
  return { items: items.map(({ id }) => id), next };
}

async function allAllowed<Row extends Candidate>(
  rows: readonly Row[],
  decider: Decider,
  questionsOf: (row: Row) => readonly Question[],
): Promise<boolean[]> {
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
  return byRow.map((keys) => keys.every((key) => allowed.has(key)));
}

/** The object that the candidate is placed on; null for everywhere. */
export function placeOf(row: Candidate): ObjectRef | null {
  return row.object_type !== null && row.object_id !== null ? { type: row.object_type, id: row.object_id } : null;
}
