import type { Asked, Verdict } from './oracle.js';
import { groupsOf, isRegistered, modeOf, same, type World } from './world.js';

/** What occurred, by name, over all that was asked: a test in which something never happens compares nothing of it. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].toSorted(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** Counts what a decision hung on, as the plain reading has it. */
  decision(world: World, asked: Asked, verdict: Verdict): void {
    this.add('decisions');
    this.add(verdict.reason);
    for (const { truth, rule } of verdict.weighed)
      if (rule.condition) this.add(`condition ${truth === undefined ? 'unknown' : String(truth)}`);
    if (!verdict.allowed || verdict.reason !== 'rule_allows') return;
    const { object } = asked;
    const counting = verdict.weighed.filter(({ counts, rule }) => counts && rule.effect === 'allow');
    const every = (name: string, is: (held: (typeof counting)[number]) => boolean): void => {
      if (counting.every(is)) this.add(`allowed ${name}`);
    };
    every('from above', ({ places }) => places.length > 0 && places.every((place) => !object || !same(place, object)));
    every('on the object', ({ places }) => places.some((place) => object && same(place, object)));
    every('everywhere', ({ places }) => places.length === 0);
    every('by a role on an object', ({ assignment }) => assignment?.object !== undefined && assignment.object !== null);
    every('by a grant to a role', ({ source, assignment }) => source === 'grant' && assignment !== undefined);
    every('by an included role', ({ assignment, holder }) => assignment !== undefined && assignment.role !== holder.id);
    every('by a condition', ({ rule }) => rule.condition !== null);
    every('on some fields', ({ rule }) => rule.fields !== null);
    every('within a window', ({ windows }) => windows.some(({ startsAt, expiresAt }) => startsAt ?? expiresAt));
    const nested = groupsOf(world, asked.subject).filter(
      ({ id }) => !world.groups.find((group) => group.id === id)?.members.some((member) => same(member, asked.subject)),
    );
    every('through a group in a group', ({ holder, assignment }) =>
      nested.some((group) => same(group, assignment?.subject ?? holder)),
    );
    if (object && isRegistered(world, object)) this.add(`allowed by mode ${modeOf(world, asked.type)}`);
    if (asked.proposed) this.add('allowed of what is proposed');
    if (asked.supplied) this.add('allowed with properties supplied');
  }
}
