import { FIELD_NAMES } from './arbitrary-conditions.js';
import { questionOf, type Answers } from './comparison.js';
import type { Asked, Listed } from './oracle.js';
import type { Ref } from './world.js';

/** What is asked before something happens, and once more after it. */
export interface Survey {
  readonly asked: readonly Asked[];
  readonly lists: readonly Listed[];
}

/** What the store answers at one time; of the same shape for the same survey. */
export interface Snapshot {
  /** Whether each is allowed, and then which of the fields. */
  readonly decisions: readonly string[][];
  readonly lists: readonly Ref[][];
}

/** Asks all of it, as it is now. */
export async function snapshotOf(answers: Answers, { asked, lists }: Survey): Promise<Snapshot> {
  const decisions = await answers.decider.decideAll(asked.map(questionOf));
  const pages = lists.map(async ({ subject, type, action, viewable, attributes }) => {
    const page = await answers.lists.list({
      subject,
      permission: { type, action },
      viewable,
      attributes,
      limit: 100,
    });
    return page.items.map((item) => ({ type: item.type, id: item.id }));
  });
  return {
    decisions: decisions.map(({ allowed, fields: { only, except } }) => {
      if (!allowed) return [];
      const isCovered = (field: string): boolean => (only === null || only.includes(field)) && !except.includes(field);
      return ['allowed', ...FIELD_NAMES.filter(isCovered)];
    }),
    lists: await Promise.all(pages),
  };
}

/** How many of the decisions are allowed. */
export function allowedIn({ decisions }: Snapshot): number {
  return decisions.filter(([allowed]) => allowed !== undefined).length;
}

/** The first thing that one snapshot allows and the other does not; undefined when there is none. */
export function lostBetween(
  before: Snapshot,
  after: Snapshot,
): { readonly at: number; readonly lost: string } | undefined {
  for (const [at, allowed] of before.decisions.entries()) {
    const lost = allowed.find((each) => !after.decisions[at]?.includes(each));
    if (lost !== undefined) return { at, lost };
  }
  const name = ({ type, id }: Ref): string => `${type}:${id}`;
  for (const [at, listed] of before.lists.entries()) {
    const still = new Set((after.lists[at] ?? []).map(name));
    const lost = listed.map(name).find((each) => !still.has(each));
    if (lost !== undefined) return { at, lost: `${lost} in a list` };
  }
  return undefined;
}
