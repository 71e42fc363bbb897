import { CastellanError } from '../core/errors.js';
import type { Page } from '../core/ports/lists.js';

const AT_ONCE = 500;
const MOST_MS = 3000;

/** Where a page begins, and how much it holds. */
export interface PageAsked {
  readonly limit: number;
  readonly after?: string | undefined;
}

/** Candidates in their order, and which of them belong on the page. */
export interface Candidates<Row> {
  /** The next ones after a position; fewer than asked for only at the end. */
  read(after: string | undefined, count: number): Promise<Row[]>;
  positionOf(row: Row): string;
  /** For each of the rows, in their order. */
  decide(rows: readonly Row[]): Promise<boolean[]>;
}

/**
 * A page of those candidates that are decided to belong on it. It reads on past those that are not, and never takes a long row of these for
 * the end.
 *
 * @throws CastellanError `overloaded` when that takes too long.
 */
export async function decidedPage<Row>({ limit, after }: PageAsked, candidates: Candidates<Row>): Promise<Page<Row>> {
  const found: Row[] = [];
  for await (const rows of decided(candidates, after, limit + 1)) {
    found.push(...rows);
    if (found.length > limit) break;
  }
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? candidates.positionOf(last) : null };
}

/** How many of all candidates are decided to belong. @throws CastellanError `overloaded` when that takes too long. */
export async function decidedCount<Row>(candidates: Candidates<Row>): Promise<number> {
  let count = 0;
  for await (const rows of decided(candidates, undefined, AT_ONCE)) count += rows.length;
  return count;
}

async function* decided<Row>(
  candidates: Candidates<Row>,
  from: string | undefined,
  first: number,
): AsyncGenerator<Row[]> {
  const deadline = performance.now() + MOST_MS;
  let after = from;
  for (let count = first; ; count = Math.max(count, AT_ONCE)) {
    const rows = await candidates.read(after, count);
    const belong = rows.length === 0 ? [] : await candidates.decide(rows);
    yield rows.filter((_, index) => belong[index] === true);
    const last = rows.at(-1);
    if (rows.length < count || last === undefined) return;
    if (performance.now() > deadline)
      throw new CastellanError('overloaded', 'This list takes too long to make; ask for a smaller part of it.');
    after = candidates.positionOf(last);
  }
}
